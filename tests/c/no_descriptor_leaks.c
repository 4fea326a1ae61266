/* Each descriptor of the library is closed on exec, and on Windows no child inherits a handle. None remains after
 * 10,000 clients, of which some have a listener, a wake-up descriptor or a request, and some cannot be opened. */

#ifndef _WIN32
#include <fcntl.h>
#endif

#include "process.h"
#include "server.h"

#ifdef _WIN32
/* A client takes longer under wine. */
#define CYCLES 500
#define LISTENERS 50
#define MAX_DESCRIPTORS 16384
#else
#define CYCLES 10000
#define LISTENERS 1000
#define MAX_DESCRIPTORS 1024
#endif

#define OPEN 1
#define INHERITED 2

/* Returns whether the descriptor is open, and whether a program that this process starts has it too. */
static int descriptor_flags(int descriptor) {
#ifdef _WIN32
    DWORD flags = 0;
    /* The values of handles are multiples of four. */
    if (descriptor % 4 != 0 || !GetHandleInformation((HANDLE)(INT_PTR)descriptor, &flags)) return 0;
    return flags & HANDLE_FLAG_INHERIT ? OPEN | INHERITED : OPEN;
#else
    int flags = fcntl(descriptor, F_GETFD);
    if (flags == -1) return 0;
    return flags & FD_CLOEXEC ? OPEN : OPEN | INHERITED;
#endif
}

static int open_wake(omnize_client *client, omnize_error **error) {
#ifdef _WIN32
    void *wake = NULL;
    return omnize_client_wake_handle(client, &wake, error);
#else
    int64_t wake = -1;
    return omnize_client_wake_fd(client, &wake, error);
#endif
}

static void test_close_on_exec(struct server *server) {
    const char *options[] = {"base_url", server->url, "listen", "127.0.0.1:0", NULL};
    static char before[MAX_DESCRIPTORS];
    omnize_client *client;
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    int at, found = 0, connection;

    for (at = 0; at < MAX_DESCRIPTORS; at++) before[at] = descriptor_flags(at) != 0;
    client = client_with(options);
    EXPECT_OK(open_wake(client, &error));
    EXPECT_OK(omnize_conversation_start(client, "1", "12", NULL, NULL, NULL, NULL, &chat, &error));
    /* Connects to the listener. The response shows that the listener has accepted the connection. */
    connection = connect_to(port_of(omnize_client_webhook_url(client, NULL)));
    send_all(connection, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27);
    EXPECT(recv(connection, &at, 1, 0) == 1);
    for (at = 0; at < MAX_DESCRIPTORS; at++) {
        int flags = descriptor_flags(at);
        if (!(flags & OPEN) || before[at]) continue;
        found++;
        if (flags & INHERITED) {
            fprintf(stderr, "descriptor %d is inherited\n", at);
            exit(1);
        }
    }
    /* The wake-up descriptor, the listener's socket and its poller, both ends of two connections. */
    EXPECT(found >= 7);
    close(connection);
    omnize_conversation_free(chat);
    omnize_client_free(client);
}

static void use_client(struct server *server, int number) {
    const char *const listening[] = {"base_url", server->url, "listen", "127.0.0.1:0", NULL};
    const char *const plain[] = {"base_url", server->url, NULL};
    omnize_client *client = client_with(number % (CYCLES / LISTENERS) == 0 ? listening : plain);
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    if (number % 3 == 0) EXPECT_OK(open_wake(client, &error));
    if (number % 25 == 0) {
        EXPECT_OK(omnize_conversation_start(client, "1", "12", NULL, NULL, NULL, NULL, &chat, &error));
    } else {
        EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    }
    if (number % 2 == 0) EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    omnize_conversation_free(chat);
    omnize_client_free(client);
}

/* With a port in use, and with incomplete credentials. */
static void fail_to_open(omnize_config *config) {
    omnize_client *client = NULL;
    omnize_error *error = NULL;

    EXPECT_FAILS(omnize_client_open(config, &client, &error), OMNIZE_E_LISTEN, "127.0.0.1");
    EXPECT_OK(omnize_config_set(config, "token", "", &error));
    EXPECT_FAILS(omnize_client_open(config, &client, &error), OMNIZE_E_TOKEN, "token");
    EXPECT_OK(omnize_config_set(config, "token", "t", &error));
}

int main(void) {
    struct server server;
    omnize_config *config = NULL;
    omnize_error *error = NULL;
    char taken[32];
    int listening, port, before, at;

    server_open(&server, accept_all, NULL);
    test_close_on_exec(&server);
    listening = listen_on_loopback(1, &port);
    snprintf(taken, sizeof taken, "127.0.0.1:%d", port);
    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_OK(omnize_config_set(config, "listen", taken, &error));
    EXPECT_OK(omnize_config_set(config, "token", "t", &error));

    /* This test's server closes its connections a little later. */
    before = count_descriptors();
    use_client(&server, 0);
    EXPECT_SOON(count_descriptors() <= before);
    before = count_descriptors();
    for (at = 0; at < CYCLES; at++) {
        use_client(&server, at);
        if (at % 10 == 0) fail_to_open(config);
    }
    EXPECT_SOON(count_descriptors() <= before);
    EXPECT_SOON(count_threads() == 2);

    omnize_config_free(config);
    close(listening);
    server_close(&server);
    return 0;
}
