/* Closing a client ends a connect, a blocked read and a blocked write of other threads, within the timeout of the
 * close. No thread of the library remains. */

#include "process.h"

/* Far more than the close may take, and less than the timeout of the requests. */
#define BOUND_MS 10000

static omnize_conversation *chat;
static char *huge;

/* The result of a request that a thread sends. */
struct result {
    omnize_status status;
    int32_t delivery;
};

static DWORD WINAPI send_message(void *data) {
    struct result *result = data;
    omnize_error *error = NULL;

    result->status = omnize_conversation_send(chat, "Oi", -1, &error);
    result->delivery = omnize_error_delivery(error);
    omnize_error_free(error);
    return 0;
}

static DWORD WINAPI send_huge_message(void *data) {
    struct result *result = data;
    omnize_error *error = NULL;

    result->status = omnize_conversation_send(chat, huge, -1, &error);
    result->delivery = omnize_error_delivery(error);
    omnize_error_free(error);
    return 0;
}

/* Sends a request that blocks, waits until it is in progress, and closes the client. */
static struct result close_during(const char *base_url, const char *proxy, DWORD(WINAPI *send)(void *),
                                  SOCKET listening) {
    const char *options[] = {"base_url", base_url,          "proxy",  proxy, "timeout",
                             "600000",   "timeout.connect", "600000", NULL};
    struct result result = {OMNIZE_OK, 0};
    omnize_client *client;
    omnize_error *error = NULL;
    HANDLE thread;
    SOCKET peer = INVALID_SOCKET;
    ULONGLONG begun;
    int64_t requests_left = 0;
    int threads_before = count_threads();
    int64_t in_progress = 0;

    client = client_with(options);
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    thread = start_thread(send, &result);
    if (listening != INVALID_SOCKET) {
        peer = accept(listening, NULL, NULL);
        EXPECT(peer != INVALID_SOCKET);
    }
    /* The thread is in the blocking call, or will be in a moment. Both must end. */
    do EXPECT_OK(omnize_client_statistic(client, "in_progress", &in_progress, &error));
    while (in_progress == 0);
    begun = GetTickCount64();
    EXPECT_OK(omnize_client_close(client, 500, NULL, &requests_left, &error));
    EXPECT(GetTickCount64() - begun < BOUND_MS);
    EXPECT(requests_left == 1);
    join_thread(thread);
    EXPECT(GetTickCount64() - begun < BOUND_MS);
    omnize_conversation_free(chat);
    omnize_client_free(client);
    if (peer != INVALID_SOCKET) closesocket(peer);
    EXPECT_SOON(count_threads() <= threads_before);
    return result;
}

static void test_blocked_read(void) {
    char url[64];
    SOCKET listening = listen_on_loopback(8, url, sizeof url);
    struct result result = close_during(url, "none", send_message, listening);

    EXPECT(result.status != OMNIZE_OK && result.delivery == OMNIZE_DELIVERY_UNKNOWN);
    closesocket(listening);
}

static void test_blocked_write(void) {
    char url[64];
    SOCKET listening = listen_on_loopback(8, url, sizeof url);
    struct result result = close_during(url, "none", send_huge_message, listening);

    EXPECT(result.status != OMNIZE_OK && result.delivery == OMNIZE_DELIVERY_UNKNOWN);
    closesocket(listening);
}

static void test_blocked_handshake(void) {
    char url[64];
    char secure[64];
    SOCKET listening = listen_on_loopback(8, url, sizeof url);
    struct result result;

    snprintf(secure, sizeof secure, "https%s", url + strlen("http"));
    result = close_during(secure, "none", send_message, listening);
    EXPECT(result.status != OMNIZE_OK && result.delivery == OMNIZE_DELIVERY_NOT_SENT);
    closesocket(listening);
}

static void test_blocked_proxy(void) {
    char url[64];
    SOCKET listening = listen_on_loopback(8, url, sizeof url);
    struct result result = close_during("https://chat.example.com/", url, send_message, listening);

    EXPECT(result.status != OMNIZE_OK && result.delivery == OMNIZE_DELIVERY_NOT_SENT);
    closesocket(listening);
}

static void test_connect(void) {
    char url[64];
    SOCKET listening = listen_on_loopback(0, url, sizeof url);
    SOCKET queued[16];
    struct result result;
    u_long yes = 1;
    int at;

    /* A full queue accepts no further connection. */
    for (at = 0; at < 16; at++) {
        struct sockaddr_in address;
        int length = sizeof address;
        queued[at] = socket(AF_INET, SOCK_STREAM, 0);
        ioctlsocket(queued[at], FIONBIO, &yes);
        EXPECT(getsockname(listening, (struct sockaddr *)&address, &length) == 0);
        connect(queued[at], (struct sockaddr *)&address, sizeof address);
    }
    result = close_during(url, "none", send_message, INVALID_SOCKET);
    EXPECT(result.status != OMNIZE_OK && result.delivery == OMNIZE_DELIVERY_NOT_SENT);
    for (at = 0; at < 16; at++) closesocket(queued[at]);
    closesocket(listening);
}

int main(void) {
    WSADATA data;

    EXPECT(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    huge = malloc(40 << 20);
    EXPECT(huge != NULL);
    memset(huge, 'x', (40 << 20) - 1);
    huge[(40 << 20) - 1] = '\0';
    /* The first socket of a process may start threads of the system. */
    closesocket(socket(AF_INET, SOCK_STREAM, 0));
    test_blocked_read();
    test_blocked_write();
    test_blocked_handshake();
    test_blocked_proxy();
    test_connect();
    free(huge);
    return 0;
}
