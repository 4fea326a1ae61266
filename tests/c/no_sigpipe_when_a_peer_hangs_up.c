/* A peer may reset its connection at any byte of what is sent and answered, to the client and to the listener: the
 * host, for which SIGPIPE is deadly, lives on, and the next request or trigger is served.
 *
 * With https the handshake up to the server's first byte is tried here; what follows it has a program of its own. */

#include <signal.h>
#include <sys/wait.h>

#include "server.h"

static struct {
    /* Read so much of the request; -1 is all of it. */
    long read;
    /* Then write so much of the answer, and reset. */
    long write;
    size_t request_bytes;
} plan;

static void follow_the_plan(int connection, void *data) {
    (void)data;
    if (plan.read < 0) {
        plan.request_bytes = receive_message(connection);
        send_all(connection, ACCEPTED, (size_t)plan.write);
    } else {
        receive(connection, (size_t)plan.read);
    }
    reset_on_close(connection);
}

static omnize_client *client_of(const char *url) {
    const char *options[] = {"base_url", url, "timeout", "20000", NULL};
    return client_with(options);
}

/* Sends, whatever becomes of it: the connection is gone sooner or later. */
static omnize_status say(omnize_client *client, const char *text, int64_t length) {
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

/* Without this the rest would prove nothing. */
static void a_broken_pipe_is_deadly_here(void) {
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

static void the_service_resets_at_every_byte_of_request_and_answer(void) {
    struct server server;
    omnize_client *client;
    long at;

    server_open(&server, follow_the_plan, NULL);
    client = client_of(server.url);
    plan.read = -1;
    plan.write = (long)strlen(ACCEPTED);
    say(client, "oi", -1);
    EXPECT(plan.request_bytes > 100);
    for (at = 0; at < (long)plan.request_bytes; at++) {
        plan.read = at;
        EXPECT(say(client, "oi", -1) != OMNIZE_OK);
    }
    plan.read = -1;
    for (plan.write = 0; plan.write < (long)strlen(ACCEPTED); plan.write++) EXPECT(say(client, "oi", -1) != OMNIZE_OK);
    omnize_client_free(client);
    server_close(&server);
}

/* A request that does not fit into the buffers between the two is still being written when the reset comes. */
static void the_service_resets_while_a_long_request_is_written(void) {
    const int64_t length = 8 * 1024 * 1024;
    char *text = malloc((size_t)length);
    struct server server;
    omnize_client *client;

    EXPECT(text != NULL);
    memset(text, 'x', (size_t)length);
    server_open(&server, follow_the_plan, NULL);
    client = client_of(server.url);
    for (plan.read = 1; plan.read < length; plan.read *= 4) EXPECT(say(client, text, length) != OMNIZE_OK);
    omnize_client_free(client);
    server_close(&server);
    free(text);
}

static void reset_after_the_answer(int connection, void *data) {
    (void)data;
    if (receive_message(connection) > 0) send_all(connection, ACCEPTED, strlen(ACCEPTED));
    /* The client has the whole answer, and keeps the connection, before the reset comes. */
    usleep(200);
    reset_on_close(connection);
}

static void the_service_resets_connections_that_are_kept(void) {
    struct server server;
    omnize_client *client;
    int at;

    server_open(&server, reset_after_the_answer, NULL);
    client = client_of(server.url);
    for (at = 0; at < 300; at++) say(client, "oi", -1);
    omnize_client_free(client);
    server_close(&server);
}

static void the_service_resets_within_the_handshake(void) {
    struct server server;
    omnize_client *client;
    char url[64];

    server_open(&server, follow_the_plan, NULL);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", server.port);
    client = client_of(url);
    for (plan.read = 0; plan.read < 200; plan.read++) {
        omnize_status status = say(client, "oi", -1);
        EXPECT(status == OMNIZE_E_TLS || status == OMNIZE_E_LOST || status == OMNIZE_E_UNREACHABLE);
    }
    omnize_client_free(client);
    server_close(&server);
}

#define TRIGGER "{\"status\":\"typing\",\"clientId\":\"12\"}"

/* Posts a trigger, and returns the HTTP status of its answer. */
static int post(const char *request, int port) {
    char answer[13] = "";
    int connection = connect_to(port);

    send_all(connection, request, strlen(request));
    EXPECT(recv(connection, answer, 12, MSG_WAITALL) == 12);
    close(connection);
    return atoi(answer + 9);
}

static void the_poster_of_a_trigger_resets_at_every_byte(void) {
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
    /* Answers are being written while the reset comes: nobody reads them. */
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
    a_broken_pipe_is_deadly_here();
    the_service_resets_at_every_byte_of_request_and_answer();
    the_service_resets_while_a_long_request_is_written();
    the_service_resets_connections_that_are_kept();
    the_service_resets_within_the_handshake();
    the_poster_of_a_trigger_resets_at_every_byte();
    return 0;
}
