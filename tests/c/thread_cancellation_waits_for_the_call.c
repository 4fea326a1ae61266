/* windows: no (there is no cancellation of threads) */

/* A thread that is cancelled in a call of the library ends after the call, whatever the call waits for, with both
 * types of cancellation. The process and the client continue. Cancellation waits in callbacks, too. */

#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>

#include "process.h"
#include "server.h"

#define TYPING_12 "{\"status\":\"typing\",\"clientId\":\"12\"}"

/* A thread that is cancelled during a call. */
struct waiting {
    void (*call)(struct waiting *waiting);
    omnize_client *client;
    omnize_conversation *chat;
    omnize_conversation *started;
    int64_t subscription;
    int type;
    omnize_status status;
    omnize_event *event;
    int returned;
    long id;
    pthread_t thread;
};

static void *run_call(void *data) {
    struct waiting *waiting = data;
    int before = -1;

    EXPECT(pthread_setcanceltype(waiting->type, &before) == 0);
    __atomic_store_n(&waiting->id, syscall(SYS_gettid), __ATOMIC_SEQ_CST);
    waiting->call(waiting);
    __atomic_store_n(&waiting->returned, 1, __ATOMIC_SEQ_CST);
    for (;;) pthread_testcancel();
    return NULL;
}

/* Returns whether the kernel reports this thread as sleeping. */
static int is_sleeping(long id) {
    char path[64], state = 0;
    FILE *file;

    if (id == 0) return 0;
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", id);
    file = fopen(path, "r");
    if (file == NULL) return 0;
    EXPECT(fscanf(file, "%*d %*s %c", &state) == 1);
    fclose(file);
    return state == 'S';
}

static void start_and_cancel(struct waiting *waiting, void (*call)(struct waiting *)) {
    waiting->call = call;
    waiting->returned = 0;
    waiting->id = 0;
    EXPECT(pthread_create(&waiting->thread, NULL, run_call, waiting) == 0);
    EXPECT_SOON(is_sleeping(__atomic_load_n(&waiting->id, __ATOMIC_SEQ_CST)));
}

/* The thread ends by its cancellation. If the cancellation waits for the next cancellation point, the call has
 * returned. */
static void expect_cancelled(struct waiting *waiting) {
    void *result = NULL;

    EXPECT(pthread_join(waiting->thread, &result) == 0);
    /* If a thread ends while it enables cancellation, some versions of glibc set no result. */
    EXPECT(result == PTHREAD_CANCELED || waiting->type == PTHREAD_CANCEL_ASYNCHRONOUS);
    if (waiting->type == PTHREAD_CANCEL_DEFERRED) EXPECT(waiting->returned);
}

static sem_t received, answer;

/* Responds to each request when the test allows it. */
static void respond_late(int connection, void *data) {
    (void)data;
    while (receive_message(connection) > 0) {
        sem_post(&received);
        sem_wait(&answer);
        send_all(connection, ACCEPTED, strlen(ACCEPTED));
    }
}

static void call_send(struct waiting *waiting) {
    waiting->status = omnize_conversation_send(waiting->chat, "oi", -1, NULL);
}

static void call_start(struct waiting *waiting) {
    /* It is written before the thread ends, also if it ends in the last step of the call. */
    waiting->status =
        omnize_conversation_start(waiting->client, "1", "13", NULL, NULL, NULL, NULL, &waiting->started, NULL);
}

static void call_finish(struct waiting *waiting) {
    waiting->status = omnize_conversation_finish(waiting->chat, NULL);
}

static void call_close(struct waiting *waiting) {
    waiting->status = omnize_client_close(waiting->client, 30000, NULL, NULL, NULL);
}

static void call_next(struct waiting *waiting) {
    waiting->status = omnize_client_next(waiting->client, -1, &waiting->event, NULL);
}

static void call_poll(struct waiting *waiting) {
    waiting->status = omnize_client_poll(waiting->client, 0, -1, NULL, NULL);
}

static void call_unsubscribe(struct waiting *waiting) {
    waiting->status = omnize_client_unsubscribe(waiting->client, waiting->subscription, NULL);
}

static void test_request(int type) {
    void (*calls[])(struct waiting *) = {call_send, call_start, call_finish};
    struct waiting waiting = {0};
    struct server server;
    const char *options[] = {"base_url", server.url, NULL};
    omnize_error *error = NULL;
    size_t at;

    sem_init(&received, 0, 0);
    sem_init(&answer, 0, 0);
    server_open(&server, respond_late, NULL);
    waiting.type = type;
    waiting.client = client_with(options);
    EXPECT_OK(omnize_conversation_attach(waiting.client, "1", "12", &waiting.chat, &error));
    for (at = 0; at < sizeof calls / sizeof *calls; at++) {
        waiting.status = -1;
        start_and_cancel(&waiting, calls[at]);
        sem_wait(&received);
        EXPECT(pthread_cancel(waiting.thread) == 0);
        sem_post(&answer);
        expect_cancelled(&waiting);
        if (type == PTHREAD_CANCEL_DEFERRED) EXPECT(waiting.status == OMNIZE_OK);
    }
    omnize_conversation_free(waiting.chat);
    EXPECT(waiting.started != NULL);
    omnize_conversation_free(waiting.started);
    /* The client closes while a posted request waits for its response. */
    EXPECT_OK(omnize_conversation_attach(waiting.client, "1", "14", &waiting.chat, &error));
    EXPECT_OK(omnize_conversation_post(waiting.chat, "oi", -1, NULL, &error));
    sem_wait(&received);
    start_and_cancel(&waiting, call_close);
    EXPECT(pthread_cancel(waiting.thread) == 0);
    sem_post(&answer);
    expect_cancelled(&waiting);
    EXPECT_FAILS(omnize_client_close(waiting.client, 0, NULL, NULL, &error), OMNIZE_E_CLOSED, "closed");
    omnize_conversation_free(waiting.chat);
    omnize_client_free(waiting.client);
    server_close(&server);
}

static void test_next(int type) {
    struct waiting waiting = {0};

    waiting.type = type;
    waiting.client = plain_client();
    start_and_cancel(&waiting, call_next);
    EXPECT(pthread_cancel(waiting.thread) == 0);
    deliver(waiting.client, TYPING_12);
    expect_cancelled(&waiting);
    omnize_event_free(waiting.event);
    omnize_client_free(waiting.client);
}

static int calls;

/* A callback with cancellation points. */
static void print_in_callback(const omnize_event *event, void *user_data) {
    int state = -1;

    (void)event, (void)user_data;
    pthread_testcancel();
    usleep(1);
    EXPECT(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state) == 0);
    EXPECT(state == PTHREAD_CANCEL_DISABLE);
    calls++;
}

static void test_poll_and_callback(int type) {
    struct waiting waiting = {0};
    omnize_error *error = NULL;

    calls = 0;
    waiting.type = type;
    waiting.client = plain_client();
    EXPECT_OK(omnize_client_subscribe(waiting.client, 0, NULL, print_in_callback, NULL, NULL, NULL, &error));
    start_and_cancel(&waiting, call_poll);
    EXPECT(pthread_cancel(waiting.thread) == 0);
    deliver(waiting.client, TYPING_12);
    expect_cancelled(&waiting);
    EXPECT(calls == 1);
    /* The lease was released. */
    deliver(waiting.client, TYPING_12);
    EXPECT(poll_now(waiting.client) == 1 && calls == 2);
    EXPECT_OK(omnize_client_close(waiting.client, 1000, NULL, NULL, &error));
    omnize_client_free(waiting.client);
}

static sem_t entered, leave;

static void block_in_callback(const omnize_event *event, void *user_data) {
    (void)event, (void)user_data;
    sem_post(&entered);
    sem_wait(&leave);
}

static void test_unsubscribe(int type) {
    struct waiting waiting = {0};
    omnize_error *error = NULL;

    sem_init(&entered, 0, 0);
    sem_init(&leave, 0, 0);
    waiting.type = type;
    waiting.client = plain_client();
    EXPECT_OK(
        omnize_client_subscribe(waiting.client, 0, NULL, block_in_callback, NULL, NULL, &waiting.subscription, &error));
    EXPECT_OK(omnize_client_dispatch(waiting.client, &error));
    deliver(waiting.client, TYPING_12);
    sem_wait(&entered);
    start_and_cancel(&waiting, call_unsubscribe);
    EXPECT(pthread_cancel(waiting.thread) == 0);
    sem_post(&leave);
    expect_cancelled(&waiting);
    omnize_client_free(waiting.client);
}

/* Short calls on a thread that was cancelled before. */
static void *run_cancelled_thread(void *data) {
    omnize_client *client = data;
    omnize_event *event = NULL;
    int state = -1;

    EXPECT(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL) == 0);
    EXPECT(pthread_cancel(pthread_self()) == 0);
    EXPECT(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL) == 0);
    EXPECT(omnize_client_deliver(client, TYPING_12, -1, NULL, NULL) == OMNIZE_OK);
    EXPECT(omnize_client_next(client, 0, &event, NULL) == OMNIZE_OK && event != NULL);
    EXPECT(omnize_event_text(event, NULL) != NULL);
    omnize_event_free(event);
    EXPECT(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state) == 0 && state == PTHREAD_CANCEL_ENABLE);
    EXPECT(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL) == 0);
    for (;;) pthread_testcancel();
    return NULL;
}

static void test_cancelled_before_a_call(const char *store) {
    const char *options[] = {store ? "store" : NULL, store, NULL};
    omnize_client *client = client_with(options);
    pthread_t thread;
    void *result = NULL;

    EXPECT(pthread_create(&thread, NULL, run_cancelled_thread, client) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    omnize_client_free(client);
}

int main(void) {
    int types[] = {PTHREAD_CANCEL_DEFERRED, PTHREAD_CANCEL_ASYNCHRONOUS};
    char folder[] = "/tmp/omnize-cancelled-XXXXXX", store[64], command[80];
    int at;

    for (at = 0; at < 2; at++) {
        test_request(types[at]);
        test_next(types[at]);
        test_poll_and_callback(types[at]);
        test_unsubscribe(types[at]);
    }
    test_cancelled_before_a_call(NULL);
    EXPECT(mkdtemp(folder) != NULL);
    snprintf(store, sizeof store, "%s/chat.db", folder);
    test_cancelled_before_a_call(store);
    snprintf(command, sizeof command, "rm -r %s", folder);
    EXPECT(system(command) == 0);
    return 0;
}
