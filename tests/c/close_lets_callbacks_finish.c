/* windows: no (it forks; the test of the same name in Rust runs there) */

/* A callback that runs when a close starts can still send and post requests. With a store, an event is redelivered
 * if the close timed out during its callback, also if the program is killed right after. A handled event is not. */

#include <pthread.h>
#include <sys/wait.h>

#include "process.h"
#include "server.h"

#define TYPING_12 "{\"status\":\"typing\",\"clientId\":\"12\"}"
#define TYPING_13 "{\"status\":\"typing\",\"clientId\":\"13\"}"

/* A service that counts its messages. */
static int heard;

static void count_and_accept(int connection, void *data) {
    (void)data;
    while (receive_message(connection) > 0) {
        __atomic_fetch_add(&heard, 1, __ATOMIC_SEQ_CST);
        send_all(connection, ACCEPTED, strlen(ACCEPTED));
    }
}

struct reply {
    omnize_client *client;
    omnize_conversation *chat;
    int entered;
    int release;
    omnize_status sent;
    omnize_status posted;
};

/* The queue has room for one event, so the client is full until it rejects triggers. */
static void wait_until_closing(omnize_client *client) {
    omnize_status status;
    while ((status = omnize_client_deliver(client, TYPING_13, -1, NULL, NULL)) == OMNIZE_E_FULL) sched_yield();
    EXPECT(status == OMNIZE_E_CLOSED);
}

static void reply(const omnize_event *event, void *user_data) {
    struct reply *reply = user_data;
    if (strcmp(omnize_event_kind_name(omnize_event_kind(event)), "outcome") == 0) return;
    deliver(reply->client, TYPING_13);
    __atomic_store_n(&reply->entered, 1, __ATOMIC_SEQ_CST);
    wait_until_closing(reply->client);
    reply->sent = omnize_conversation_send(reply->chat, "Bom dia!", -1, NULL);
    reply->posted = omnize_conversation_post(reply->chat, "Como vai?", -1, NULL, NULL);
}

static void *poll_once(void *client) {
    omnize_client_poll(client, 0, -1, NULL, NULL);
    return NULL;
}

static void test_reply_during_close(const char *store, int is_polled) {
    struct server server;
    const char *options[] = {"base_url", server.url, "events.capacity", "1", store ? "store" : NULL, store, NULL};
    struct reply seen = {0};
    omnize_error *error = NULL;
    int64_t events = -1, requests = -1;
    pthread_t polling;

    heard = 0;
    server_open(&server, count_and_accept, NULL);
    seen.client = client_with(options);
    EXPECT_OK(omnize_conversation_attach(seen.client, "1", "12", &seen.chat, &error));
    EXPECT_OK(omnize_client_subscribe(seen.client, 0, "12", reply, &seen, NULL, NULL, &error));
    deliver(seen.client, TYPING_12);
    if (is_polled) {
        EXPECT(pthread_create(&polling, NULL, poll_once, seen.client) == 0);
    } else {
        EXPECT_OK(omnize_client_dispatch(seen.client, &error));
    }
    EXPECT_SOON(__atomic_load_n(&seen.entered, __ATOMIC_SEQ_CST));
    EXPECT_OK(omnize_client_close(seen.client, 30000, &events, &requests, &error));
    EXPECT(seen.sent == OMNIZE_OK && seen.posted == OMNIZE_OK);
    EXPECT(__atomic_load_n(&heard, __ATOMIC_SEQ_CST) == 2);
    EXPECT(requests == 0);
    /* Without dispatch, the second trigger and the outcome remain. */
    EXPECT(events == (is_polled ? 2 : 0));
    if (is_polled) EXPECT(pthread_join(polling, NULL) == 0);
    omnize_conversation_free(seen.chat);
    omnize_client_free(seen.client);
    server_close(&server);
}

/* Returns the number of events in a store. Checks that all are flagged as redelivered. */
static int stored_events(const char *store) {
    /* The stores were filled by clients with different hosts. */
    const char *options[] = {"store", store, "store.move_account", "1", NULL};
    omnize_client *client = client_with(options);
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int count = 0;

    for (;;) {
        EXPECT_OK(omnize_client_next(client, 0, &event, &error));
        if (event == NULL) break;
        EXPECT(omnize_event_redelivered(event) == 1);
        EXPECT_OK(omnize_event_nack(event, &error));
        omnize_event_free(event);
        count++;
    }
    omnize_client_free(client);
    return count;
}

static void block(const omnize_event *event, void *user_data) {
    struct reply *reply = user_data;
    (void)event;
    __atomic_store_n(&reply->entered, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&reply->release, __ATOMIC_SEQ_CST)) sched_yield();
    reply->sent = omnize_conversation_send(reply->chat, "Bom dia!", -1, NULL);
}

static void ignore_event(const omnize_event *event, void *user_data) {
    (void)event, (void)user_data;
}

/* Handles one event, closes during the callback of the next, and is killed or exits right after. */
static void close_during_callback(const char *store, int is_killed) {
    const char *options[] = {"store", store, NULL};
    struct reply seen = {0};
    omnize_error *error = NULL;

    seen.client = client_with(options);
    EXPECT_OK(omnize_conversation_attach(seen.client, "1", "12", &seen.chat, &error));
    EXPECT_OK(omnize_client_subscribe(seen.client, 0, "13", ignore_event, NULL, NULL, NULL, &error));
    EXPECT_OK(omnize_client_subscribe(seen.client, 0, "12", block, &seen, NULL, NULL, &error));
    deliver(seen.client, TYPING_13);
    deliver(seen.client, TYPING_12);
    EXPECT_OK(omnize_client_dispatch(seen.client, &error));
    EXPECT_SOON(__atomic_load_n(&seen.entered, __ATOMIC_SEQ_CST));
    EXPECT_FAILS(omnize_client_close(seen.client, 50, NULL, NULL, &error), OMNIZE_E_TIMEOUT, "callback");
    __atomic_store_n(&seen.release, 1, __ATOMIC_SEQ_CST);
    EXPECT_SOON(count_threads() == 1);
    EXPECT(seen.sent == OMNIZE_E_CLOSED);
    if (is_killed) kill(getpid(), SIGKILL);
    omnize_conversation_free(seen.chat);
    omnize_client_free(seen.client);
    exit(0);
}

static void test_redelivery_after_close(const char *store, int is_killed) {
    int ended = 0;
    pid_t child = fork();

    if (child == 0) close_during_callback(store, is_killed);
    EXPECT(child > 0 && waitpid(child, &ended, 0) == child);
    EXPECT(is_killed ? WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL : WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

int main(void) {
    char folder[] = "/tmp/omnize-closing-XXXXXX";
    char stores[4][64], command[80];
    int at;

    EXPECT(mkdtemp(folder) != NULL);
    for (at = 0; at < 4; at++) snprintf(stores[at], sizeof stores[at], "%s/%d.db", folder, at);
    /* Before this process opens a client, because its children open their own. */
    test_redelivery_after_close(stores[0], 0);
    test_redelivery_after_close(stores[1], 1);
    EXPECT(stored_events(stores[0]) == 1);
    EXPECT(stored_events(stores[1]) == 1);
    EXPECT(stored_events(stores[1]) == 1);

    test_reply_during_close(NULL, 0);
    test_reply_during_close(NULL, 1);
    test_reply_during_close(stores[2], 0);
    EXPECT(stored_events(stores[2]) == 0);
    test_reply_during_close(stores[3], 1);
    EXPECT(stored_events(stores[3]) == 2);

    snprintf(command, sizeof command, "rm -r %s", folder);
    EXPECT(system(command) == 0);
    return 0;
}
