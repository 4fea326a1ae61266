/* Sockets of Windows under the names of POSIX, for the C tests. A socket is an int here, as in the tests: Windows
 * documents that the upper half of a handle is not significant. */

#ifndef SYS_SOCKET_H
#define SYS_SOCKET_H

#include <winsock2.h>
#include <ws2tcpip.h>
/* Before `close` is a macro. */
#include <unistd.h>

#define MSG_NOSIGNAL 0
#define SOCK_CLOEXEC 0
#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH

/* Children do not inherit the socket, as with SOCK_CLOEXEC. */
static inline int socket_for_this_process(SOCKET opened) {
    if (opened != INVALID_SOCKET) SetHandleInformation((HANDLE)opened, HANDLE_FLAG_INHERIT, 0);
    return (int)opened;
}

static inline int socket_open(int family, int type, int protocol) {
    WSADATA data;
    return WSAStartup(MAKEWORD(2, 2), &data) == 0 ? socket_for_this_process(socket(family, type, protocol)) : -1;
}

#define socket socket_open
#define accept4(listening, address, size, flags) socket_for_this_process(accept(listening, address, size))
#define send(connection, bytes, length, flags) send(connection, (const char *)(bytes), (int)(length), flags)
#define recv(connection, bytes, length, flags) recv(connection, (char *)(bytes), (int)(length), flags)
#define setsockopt(connection, level, name, value, size)                                                               \
    setsockopt(connection, level, name, (const char *)(value), (int)(size))
#define close closesocket

#endif
