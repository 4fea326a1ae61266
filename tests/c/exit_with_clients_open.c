/* valgrind: no (what the threads of a process hold that ends under them is nobody's to free) */

/* exit() with clients open neither hangs nor crashes, wherever it is called and whatever the library's threads do then.
 */

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "process.h"
#include "server.h"

#define TYPING "{\"status\":\"typing\",\"clientId\":\"12\"}"
#define ROUNDS 10

static omnize_client *client;
static atomic_int calls, requests;

static void count(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
    atomic_fetch_add(&calls, 1);
}

static void exit_on_event(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
    exit(42);
}

static void exit_on_destroy(void *user_data) {
    (void)user_data;
    exit(42);
}

static void *deliver_for_ever(void *unused) {
    (void)unused;
    for (;;) omnize_client_deliver(client, TYPING, -1, NULL, NULL);
    return NULL;
}

static void *request_for_ever(void *unused) {
    omnize_conversation *chat = NULL;
    (void)unused;
    for (;;) {
        omnize_conversation_attach(client, "1", "12", &chat, NULL);
        atomic_fetch_add(&requests, 1);
        omnize_conversation_typing(chat, NULL);
        omnize_conversation_free(chat);
    }
    return NULL;
}

static void *exit_here(void *unused) {
    (void)unused;
    exit(42);
}

/* Answers some requests and then none. */
static void answer_some(int connection, void *data) {
    int at;
    (void)data;
    for (at = 0; at < 5 && receive_message(connection) > 0; at++) send_all(connection, ACCEPTED, strlen(ACCEPTED));
    receive_message(connection);
    pause();
}

/* A client with everything running: listener, dispatcher, a thread that makes requests, one that delivers. */
static void have_all_running(void) {
    static struct server server;
    const char *options[] = {"listen", "127.0.0.1:0", "base_url", server.url, "dispatch.threads", "2", NULL};
    omnize_error *error = NULL;
    pthread_t thread;

    server_open(&server, answer_some, NULL);
    client = client_with(options);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, count, NULL, NULL, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    EXPECT(pthread_create(&thread, NULL, deliver_for_ever, NULL) == 0);
    EXPECT(pthread_create(&thread, NULL, request_for_ever, NULL) == 0);
    EXPECT_SOON(atomic_load(&calls) > 0 && atomic_load(&requests) > 0);
}

static void from_main(void) {
    have_all_running();
    exit(42);
}

static void at_once_from_main(void) {
    have_all_running();
    quick_exit(42);
}

static void from_another_thread(void) {
    pthread_t thread;
    have_all_running();
    EXPECT(pthread_create(&thread, NULL, exit_here, NULL) == 0);
    pthread_join(thread, NULL);
}

static void while_a_request_hangs(void) {
    int before;
    have_all_running();
    do {
        before = atomic_load(&requests);
        usleep(20 * 1000);
    } while (atomic_load(&requests) != before);
    exit(42);
}

static void from_a_callback_on_a_thread_of_the_library(void) {
    omnize_error *error = NULL;
    have_all_running();
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, exit_on_event, NULL, NULL, NULL, &error));
    for (;;) pause();
}

static void from_a_callback_in_poll(void) {
    const char *const options[] = {"listen", "127.0.0.1:0", NULL};
    omnize_error *error = NULL;
    client = client_with(options);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, exit_on_event, NULL, NULL, NULL, &error));
    deliver(client, TYPING);
    omnize_client_poll(client, 1000, NULL, NULL);
}

static void from_a_destroy_function(void) {
    omnize_error *error = NULL;
    have_all_running();
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, count, NULL, exit_on_destroy, NULL, &error));
    omnize_client_close(client, 10000, NULL, NULL, NULL);
}

static void *wait_for_events(void *unused) {
    omnize_event *event = NULL;
    (void)unused;
    atomic_fetch_add(&calls, 1);
    for (;;) {
        omnize_client_next(client, -1, &event, NULL);
        omnize_event_free(event);
    }
    return NULL;
}

static void while_another_thread_waits(void) {
    pthread_t thread;
    client = plain_client();
    EXPECT(pthread_create(&thread, NULL, wait_for_events, NULL) == 0);
    EXPECT_SOON(atomic_load(&calls) > 0);
    exit(42);
}

/* Many an application cleans up there: calls work, after the thread-locals of the exiting thread are gone. */
static void clean_up(void) {
    omnize_client *another;
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    EXPECT_FAILS(omnize_conversation_attach(client, NULL, NULL, &chat, &error), OMNIZE_E_DEPARTMENT, "department");
    EXPECT(omnize_client_close(client, 100, NULL, NULL, NULL) == OMNIZE_OK);
    omnize_client_free(client);
    another = plain_client();
    EXPECT_OK(omnize_conversation_attach(another, "1", "12", &chat, &error));
    deliver(another, TYPING);
    EXPECT(poll_now(another) == 1);
    omnize_conversation_free(chat);
    omnize_client_free(another);
    _exit(42);
}

static void with_a_function_that_cleans_up_then(void) {
    EXPECT(atexit(clean_up) == 0);
    have_all_running();
    exit(1);
}

#define TRY(how) expect_to_end(how, #how)

static void expect_to_end(void (*how)(void), const char *name) {
    int round, status = 0;
    pid_t child;

    for (round = 0; round < ROUNDS; round++) {
        child = fork();
        EXPECT(child >= 0);
        if (child == 0) {
            alarm(20);
            how();
            fprintf(stderr, "it went on\n");
            _exit(1);
        }
        EXPECT(waitpid(child, &status, 0) == child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 42) {
            fprintf(stderr, "exit %s ended with status %#x\n", name, (unsigned)status);
            exit(1);
        }
    }
}

int main(void) {
    TRY(from_main);
    TRY(at_once_from_main);
    TRY(from_another_thread);
    TRY(while_a_request_hangs);
    TRY(from_a_callback_on_a_thread_of_the_library);
    TRY(from_a_callback_in_poll);
    TRY(from_a_destroy_function);
    TRY(while_another_thread_waits);
    TRY(with_a_function_that_cleans_up_then);
    return 0;
}
