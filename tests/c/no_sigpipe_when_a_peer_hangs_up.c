/* A peer may reset its connection at any byte of a request or response, to the client and to the listener. SIGPIPE
 * would end the host; it continues, and the next request or trigger succeeds. Windows has no SIGPIPE, and the rest
 * holds.
 *
 * With https, this program tests the handshake up to the server's first byte. Another program tests the rest. */

#ifndef _WIN32
#include <signal.h>
#include <sys/wait.h>
#endif

#include "server.h"

static struct {
    /* The number of bytes of the request to read; -1: all. */
    long read;
    /* The number of bytes of the response to write before the reset. */
    long write;
    size_t request_bytes;
} plan;

static void serve_by_plan(int connection, void *data) {
    (void)data;
    if (plan.read < 0) {
        plan.request_bytes = receive_message(connection);
        send_all(connection, ACCEPTED, (size_t)plan.write);
    } else {
        receive(connection, (size_t)plan.read);
    }
    reset_on_close(connection);
}

static omnize_client *open_client(const char *url) {
    const char *options[] = {"base_url", url, "timeout", "20000", NULL};
    return client_with(options);
}

/* Sends without a check: the connection is reset sooner or later. */
static omnize_status send_message(omnize_client *client, const char *text, int64_t length) {
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    omnize_status status;

    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    status = omnize_conversation_send(chat, text, length, &error);
    EXPECT(status == OMNIZE_OK || omnize_error_delivery(error) != OMNIZE_DELIVERY_NONE);
    omnize_error_free(error);
    omnize_conversation_free(chat);
    return status;
}

#ifndef _WIN32

/* Without this, the rest would prove nothing. */
static void test_sigpipe_ends_this_process(void) {
    int pipes[2], status = 0;
    pid_t child;

    signal(SIGPIPE, SIG_DFL);
    EXPECT(pipe(pipes) == 0);
    close(pipes[0]);
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) _exit(write(pipes[1], "x", 1) == 1);
    EXPECT(waitpid(child, &status, 0) == child);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    close(pipes[1]);
}

#endif

static void test_reset_at_every_byte(void) {
    struct server server;
    omnize_client *client;
    long at;

    server_open(&server, serve_by_plan, NULL);
    client = open_client(server.url);
    plan.read = -1;
    plan.write = (long)strlen(ACCEPTED);
    send_message(client, "oi", -1);
    EXPECT(plan.request_bytes > 100);
    for (at = 0; at < (long)plan.request_bytes; at++) {
        plan.read = at;
        EXPECT(send_message(client, "oi", -1) != OMNIZE_OK);
    }
    plan.read = -1;
    for (plan.write = 0; plan.write < (long)strlen(ACCEPTED); plan.write++)
        EXPECT(send_message(client, "oi", -1) != OMNIZE_OK);
    omnize_client_free(client);
    server_close(&server);
}

/* A request larger than the socket buffers is still being written when the reset comes. */
static void test_reset_during_a_long_request(void) {
    const int64_t length = 8 * 1024 * 1024;
    char *text = malloc((size_t)length);
    struct server server;
    omnize_client *client;

    EXPECT(text != NULL);
    memset(text, 'x', (size_t)length);
    server_open(&server, serve_by_plan, NULL);
    client = open_client(server.url);
    for (plan.read = 1; plan.read < length; plan.read *= 4) EXPECT(send_message(client, text, length) != OMNIZE_OK);
    omnize_client_free(client);
    server_close(&server);
    free(text);
}

static void reset_after_response(int connection, void *data) {
    (void)data;
    if (receive_message(connection) > 0) send_all(connection, ACCEPTED, strlen(ACCEPTED));
    /* The client has the whole response, and pools the connection, before the reset comes. */
    usleep(200);
    reset_on_close(connection);
}

static void test_reset_of_pooled_connections(void) {
    struct server server;
    omnize_client *client;
    int at;

    server_open(&server, reset_after_response, NULL);
    client = open_client(server.url);
    for (at = 0; at < 300; at++) send_message(client, "oi", -1);
    omnize_client_free(client);
    server_close(&server);
}

static void test_reset_during_handshake(void) {
    struct server server;
    omnize_client *client;
    char url[64];

    server_open(&server, serve_by_plan, NULL);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", server.port);
    client = open_client(url);
    for (plan.read = 0; plan.read < 200; plan.read++) {
        omnize_status status = send_message(client, "oi", -1);
        EXPECT(status == OMNIZE_E_TLS || status == OMNIZE_E_LOST || status == OMNIZE_E_UNREACHABLE);
    }
    omnize_client_free(client);
    server_close(&server);
}

#define TRIGGER "{\"status\":\"typing\",\"clientId\":\"12\"}"

/* Posts a trigger, and returns the HTTP status of the response. */
static int post(const char *request, int port) {
    char answer[13] = "";
    int connection = connect_to(port);

    send_all(connection, request, strlen(request));
    EXPECT(recv(connection, answer, 12, MSG_WAITALL) == 12);
    close(connection);
    return atoi(answer + 9);
}

static void test_reset_of_a_trigger_at_every_byte(void) {
    const char *const options[] = {"listen", "127.0.0.1:0", "listen.path", "/hook", NULL};
    omnize_client *client = client_with(options);
    int port = port_of(omnize_client_webhook_url(client, NULL));
    char request[512];
    size_t length, at;
    int many;

    snprintf(request, sizeof request, "POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s",
             (int)strlen(TRIGGER), TRIGGER);
    length = strlen(request);
    for (at = 0; at <= length; at++) {
        int connection = connect_to(port);
        send_all(connection, request, at);
        reset_on_close(connection);
        close(connection);
    }
    /* The listener writes responses while the reset comes: the peer does not read them. */
    for (many = 1; many <= 256; many *= 2) {
        int connection = connect_to(port);
        for (at = 0; at < (size_t)many; at++) send_all(connection, request, length);
        reset_on_close(connection);
        close(connection);
    }
    EXPECT(post(request, port) == 200);
    omnize_client_free(client);
}

int main(void) {
#ifndef _WIN32
    test_sigpipe_ends_this_process();
#endif
    test_reset_at_every_byte();
    test_reset_during_a_long_request();
    test_reset_of_pooled_connections();
    test_reset_during_handshake();
    test_reset_of_a_trigger_at_every_byte();
    return 0;
}
