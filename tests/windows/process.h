/* Threads of the process, and a service and a webhook on loopback. */

#ifndef PROCESS_H
#define PROCESS_H

#include <winsock2.h>
#include <windows.h>

#include <tlhelp32.h>

#include "../c/expect.h"

#define TYPING "{\"status\":\"typing\",\"clientId\":\"12\"}"
#define ACCEPTED "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}"

/* Waits for a condition that another thread makes true. */
#define EXPECT_SOON(condition)                                                                                         \
    do {                                                                                                               \
        ULONGLONG end_ = GetTickCount64() + 20000;                                                                     \
        while (!(condition) && GetTickCount64() < end_) SwitchToThread();                                              \
        EXPECT(condition);                                                                                             \
    } while (0)

static inline int count_threads(void) {
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry;
    int count = 0;

    EXPECT(snapshot != INVALID_HANDLE_VALUE);
    entry.dwSize = sizeof entry;
    if (Thread32First(snapshot, &entry)) do {
            if (entry.th32OwnerProcessID == GetCurrentProcessId()) count++;
        } while (Thread32Next(snapshot, &entry));
    CloseHandle(snapshot);
    return count;
}

static inline HANDLE start_thread(DWORD(WINAPI *body)(void *), void *data) {
    HANDLE thread = CreateThread(NULL, 0, body, data, 0, NULL);
    EXPECT(thread != NULL);
    return thread;
}

static inline void join_thread(HANDLE thread) {
    EXPECT(WaitForSingleObject(thread, 30000) == WAIT_OBJECT_0);
    CloseHandle(thread);
}

/* Listens on loopback at a free port, and writes its URL. */
static inline SOCKET listen_on_loopback(int backlog, char *url, size_t size) {
    struct sockaddr_in address;
    int length = sizeof address;
    WSADATA data;
    SOCKET listening;

    EXPECT(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    listening = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT(bind(listening, (struct sockaddr *)&address, sizeof address) == 0 && listen(listening, backlog) == 0);
    EXPECT(getsockname(listening, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, size, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    return listening;
}

/* Connects to the port of a URL of this machine. */
static inline SOCKET connect_to(const char *url) {
    struct sockaddr_in address;
    SOCKET connection = socket(AF_INET, SOCK_STREAM, 0);
    int port = 0;

    EXPECT(sscanf(url, "http://127.0.0.1:%d", &port) == 1);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((u_short)port);
    EXPECT(connect(connection, (struct sockaddr *)&address, sizeof address) == 0);
    return connection;
}

/* A thread that accepts each request at a listening socket, one connection after the other. */
static inline DWORD WINAPI accept_requests(void *listening) {
    char request[8192];
    SOCKET peer;

    while ((peer = accept(*(SOCKET *)listening, NULL, NULL)) != INVALID_SOCKET) {
        while (recv(peer, request, sizeof request, 0) > 0) send(peer, ACCEPTED, (int)strlen(ACCEPTED), 0);
        closesocket(peer);
    }
    return 0;
}

/* Posts a trigger to a webhook on this machine, which must accept it. */
static inline void post_trigger(const char *url) {
    char request[512], response[13] = "";
    int received = 0;
    SOCKET connection = connect_to(url);

    snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s",
             strchr(url + strlen("http://"), '/'), (int)strlen(TYPING), TYPING);
    EXPECT(send(connection, request, (int)strlen(request), 0) > 0);
    while (received < 12) {
        int got = recv(connection, response + received, 12 - received, 0);
        EXPECT(got > 0);
        received += got;
    }
    EXPECT(strcmp(response + 9, "200") == 0);
    closesocket(connection);
}

#endif
