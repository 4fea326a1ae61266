/* valgrind: no (the child cannot free the memory of its parent's threads) */
/* windows: no (there is no fork) */

/* In a forked child of a process that uses the library, every call fails and none blocks, whatever the parent's
 * threads were doing. The child ends by exit, by _exit, or by exec. The parent continues. */

#include <stdatomic.h>
#include <sys/wait.h>

#include "process.h"
#include "server.h"

#define TYPING "{\"status\":\"typing\",\"clientId\":\"12\"}"
#define FORKS 60

static void count_call(void *count) {
    ++*(int64_t *)count;
}

static void ignore_event(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
}

static void expect_every_call_to_fail(omnize_client *client, omnize_conversation *chat) {
    omnize_config *config = NULL;
    omnize_error *error = NULL;
    omnize_event *event = NULL;
    omnize_snapshot *snapshot = NULL;
    int64_t number = 0;

    alarm(20);
    EXPECT_FAILS(omnize_config_new(&config, &error), OMNIZE_E_FORKED, "forked");
    EXPECT(strcmp(omnize_status_name(OMNIZE_E_FORKED), "OMNIZE_E_FORKED") == 0);
    EXPECT(strcmp(omnize_version(), OMNIZE_VERSION) == 0);
    EXPECT(omnize_client_open(config, &client, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_next(client, 60000, &event, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_poll(client, 0, 60000, NULL, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_dispatch(client, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_wake_fd(client, &number, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_deliver(client, TYPING, -1, NULL, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_unsubscribe(client, 1, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_statistic(client, "received", &number, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_snapshot(client, &snapshot, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_conversation_attach(client, "1", "12", &chat, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_conversation_send(chat, "oi", -1, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_conversation_next(chat, 60000, &event, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_conversation_set_user_data(chat, &number, NULL, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_conversation_user_data(chat) == NULL);
    number = 0;
    EXPECT(omnize_conversation_set_user_data(chat, &number, count_call, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_subscribe(client, OMNIZE_EVENT_ANY, NULL, ignore_event, &number, count_call, NULL, NULL) ==
           OMNIZE_E_FORKED);
    EXPECT(number == 2);
    EXPECT(omnize_client_is_paused(client) == 0);
    EXPECT(strcmp(omnize_state_name(OMNIZE_STATE_ACTIVE), "active") == 0);
    EXPECT(omnize_client_close(client, 60000, NULL, NULL, NULL) == OMNIZE_E_FORKED);
    omnize_conversation_free(chat);
    omnize_client_free(client);
}

static int exit_status(pid_t child) {
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static atomic_int done, requests;
static atomic_int events;

static void *send_repeatedly(void *chat) {
    omnize_error *error = NULL;
    while (!atomic_load(&done)) {
        EXPECT_OK(omnize_conversation_send(chat, "oi", -1, &error));
        atomic_fetch_add(&requests, 1);
    }
    return NULL;
}

static void *use_handles_repeatedly(void *client) {
    omnize_error *error = NULL;
    while (!atomic_load(&done)) {
        omnize_conversation *chat = NULL;
        EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
        omnize_conversation_free(chat);
        deliver(client, TYPING);
        EXPECT_FAILS(omnize_client_unsubscribe(client, 1000, &error), OMNIZE_E_ARGUMENT, "1000");
    }
    return NULL;
}

static void *take_events(void *client) {
    omnize_event *event = NULL;
    while (omnize_client_next(client, -1, &event, NULL) == OMNIZE_OK) {
        EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_TYPING);
        omnize_event_free(event);
        atomic_fetch_add(&events, 1);
    }
    return NULL;
}

int main(void) {
    const char *options[] = {"listen", "127.0.0.1:0", "base_url", NULL, NULL};
    struct server server;
    omnize_client *client;
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    pthread_t sender, user, taker;
    int at, requests_before, events_before;
    pid_t child;

    server_open(&server, accept_all, NULL);
    options[3] = server.url;

    /* A process that forks before it opens a client may use the library in the child. */
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        omnize_client_free(plain_client());
        exit(41);
    }
    EXPECT(exit_status(child) == 41);

    client = client_with(options);
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    EXPECT(pthread_create(&sender, NULL, send_repeatedly, chat) == 0);
    EXPECT(pthread_create(&user, NULL, use_handles_repeatedly, client) == 0);
    EXPECT(pthread_create(&taker, NULL, take_events, client) == 0);
    EXPECT_SOON(atomic_load(&requests) > 0 && atomic_load(&events) > 0);

    for (at = 0; at < FORKS; at++) {
        child = fork();
        EXPECT(child >= 0);
        if (child == 0) {
            expect_every_call_to_fail(client, chat);
            if (at % 3 == 0) exit(42);
            if (at % 3 == 1) _exit(42);
            execl("/bin/sh", "sh", "-c", "exit 42", (char *)NULL);
            _exit(1);
        }
        EXPECT(exit_status(child) == 42);
    }

    /* Calls in a child's child fail too. */
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        child = fork();
        if (child == 0) {
            expect_every_call_to_fail(client, chat);
            exit(43);
        }
        exit(exit_status(child));
    }
    EXPECT(exit_status(child) == 43);

    requests_before = atomic_load(&requests);
    events_before = atomic_load(&events);
    EXPECT_SOON(atomic_load(&requests) > requests_before + 2 && atomic_load(&events) > events_before + 2);
    atomic_store(&done, 1);
    EXPECT(pthread_join(sender, NULL) == 0 && pthread_join(user, NULL) == 0);
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    EXPECT(pthread_join(taker, NULL) == 0);
    omnize_client_free(client);
    server_close(&server);
    return 0;
}
