/* valgrind: no (it does not support floating-point traps) */
/* windows: no (it sets traps with functions of glibc) */

/* A host that turns floating-point errors into signals, as Delphi and Free Pascal do, is safe from numbers in
 * responses. Its settings are restored when a call returns and while a callback runs. */

#include <fenv.h>
#include <pthread.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "expect.h"

#define TRAPS (FE_DIVBYZERO | FE_OVERFLOW | FE_INVALID)

/* A service whose responses contain a number out of the range of double. */
static void *serve(void *listening) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"x\":9e308}";
    static const char huge[] = "HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{\"status\":1e400,\"y\":-9e308}";
    char request[4096];
    int round;

    for (round = 0; round < 2; round++) {
        int peer = accept(*(int *)listening, NULL, NULL);
        const char *text = round == 0 ? answer : huge;
        EXPECT(peer >= 0);
        EXPECT(recv(peer, request, sizeof request, 0) > 0);
        EXPECT(send(peer, text, strlen(text), MSG_NOSIGNAL) > 0);
        EXPECT(shutdown(peer, SHUT_WR) == 0);
        while (recv(peer, request, sizeof request, 0) > 0) continue;
        close(peer);
    }
    return NULL;
}

static int listen_on_loopback(char *url, size_t size) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT(bind(listening, (struct sockaddr *)&address, sizeof address) == 0 && listen(listening, 8) == 0);
    EXPECT(getsockname(listening, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, size, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    return listening;
}

static void on_event(const omnize_event *event, void *user_data) {
    (void)event;
    EXPECT(fegetexcept() == TRAPS);
    ++*(int *)user_data;
}

int main(void) {
    char url[64];
    int listening = listen_on_loopback(url, sizeof url);
    const char *options[] = {"base_url", url, NULL};
    omnize_client *client;
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    pthread_t server;
    int calls = 0;

    EXPECT(pthread_create(&server, NULL, serve, &listening) == 0);
    EXPECT(feenableexcept(TRAPS) >= 0);
    client = client_with(options);
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    EXPECT_OK(omnize_conversation_send(chat, "oi", -1, &error));
    EXPECT_OK(omnize_conversation_send(chat, "oi", -1, &error));
    EXPECT(fegetexcept() == TRAPS);

    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, on_event, &calls, NULL, NULL, &error));
    deliver(client, "{\"status\":1e999,\"clientId\":9e9999,\"x\":-1e400}");
    EXPECT(poll_now(client) == 1 && calls == 1);
    EXPECT(fegetexcept() == TRAPS);

    omnize_conversation_free(chat);
    omnize_client_free(client);
    EXPECT(pthread_join(server, NULL) == 0);
    close(listening);
    return 0;
}
