/* valgrind: no (exit does not free the memory of running threads) */

/* exit() with open clients neither blocks nor crashes, on any thread and whatever the library's threads are doing. */

#include <signal.h>
#include <stdatomic.h>
#ifdef _WIN32
#include <process.h>
#else
#include <sys/wait.h>
#endif

#include "process.h"
#include "server.h"

#define TYPING "{\"status\":\"typing\",\"clientId\":\"12\"}"
/* Under wine, everything takes longer. */
#ifdef _WIN32
#define ROUNDS 3
#define CLOSE_MS 3000
#else
#define ROUNDS 10
#define CLOSE_MS 100
#endif

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

static void *deliver_repeatedly(void *unused) {
    (void)unused;
    for (;;) omnize_client_deliver(client, TYPING, -1, NULL, NULL);
    return NULL;
}

static void *send_repeatedly(void *unused) {
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

/* Responds to some requests, and then to none. */
static void respond_to_some(int connection, void *data) {
    int at;
    (void)data;
    for (at = 0; at < 5 && receive_message(connection) > 0; at++) send_all(connection, ACCEPTED, strlen(ACCEPTED));
    receive_message(connection);
    pause();
}

/* Opens a client with all threads: listener, dispatcher, a thread that sends requests, one that delivers. */
static void start_all_threads(void) {
    static struct server server;
    const char *options[] = {"listen", "127.0.0.1:0", "base_url", server.url, "dispatch.threads", "2", NULL};
    omnize_error *error = NULL;
    pthread_t thread;

    server_open(&server, respond_to_some, NULL);
    client = client_with(options);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, count, NULL, NULL, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    EXPECT(pthread_create(&thread, NULL, deliver_repeatedly, NULL) == 0);
    EXPECT(pthread_create(&thread, NULL, send_repeatedly, NULL) == 0);
    EXPECT_SOON(atomic_load(&calls) > 0 && atomic_load(&requests) > 0);
}

static void exit_from_main(void) {
    start_all_threads();
    exit(42);
}

static void exit_at_once_from_main(void) {
    start_all_threads();
#ifdef _WIN32
    TerminateProcess(GetCurrentProcess(), 42);
#else
    quick_exit(42);
#endif
}

static void exit_from_another_thread(void) {
    pthread_t thread;
    start_all_threads();
    EXPECT(pthread_create(&thread, NULL, exit_here, NULL) == 0);
    pthread_join(thread, NULL);
}

static void exit_during_a_request(void) {
    int before;
    start_all_threads();
    do {
        before = atomic_load(&requests);
        usleep(20 * 1000);
    } while (atomic_load(&requests) != before);
    exit(42);
}

static void exit_from_dispatched_callback(void) {
    omnize_error *error = NULL;
    start_all_threads();
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, exit_on_event, NULL, NULL, NULL, &error));
    for (;;) pause();
}

static void exit_from_polled_callback(void) {
    const char *const options[] = {"listen", "127.0.0.1:0", NULL};
    omnize_error *error = NULL;
    client = client_with(options);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, exit_on_event, NULL, NULL, NULL, &error));
    deliver(client, TYPING);
    omnize_client_poll(client, 0, 1000, NULL, NULL);
}

static void exit_from_destroy_function(void) {
    omnize_error *error = NULL;
    start_all_threads();
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

static void exit_while_another_thread_waits(void) {
    pthread_t thread;
    client = plain_client();
    EXPECT(pthread_create(&thread, NULL, wait_for_events, NULL) == 0);
    EXPECT_SOON(atomic_load(&calls) > 0);
    exit(42);
}

/* Many applications clean up here: calls work after the thread-locals of the exiting thread are gone. */
static void clean_up(void) {
    omnize_client *another;
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    EXPECT_FAILS(omnize_conversation_attach(client, NULL, NULL, &chat, &error), OMNIZE_E_DEPARTMENT, "department");
    EXPECT(omnize_client_close(client, CLOSE_MS, NULL, NULL, NULL) == OMNIZE_OK);
    omnize_client_free(client);
    another = plain_client();
    EXPECT_OK(omnize_conversation_attach(another, "1", "12", &chat, &error));
    deliver(another, TYPING);
    EXPECT(poll_now(another) == 1);
    omnize_conversation_free(chat);
    omnize_client_free(another);
    _exit(42);
}

static void exit_with_atexit_handler(void) {
    EXPECT(atexit(clean_up) == 0);
    start_all_threads();
    exit(1);
}

#define CASE(how)                                                                                                      \
    { #how, how }

static const struct {
    const char *name;
    void (*how)(void);
} CASES[] = {
    CASE(exit_from_main),
    CASE(exit_at_once_from_main),
    CASE(exit_from_another_thread),
    CASE(exit_during_a_request),
    CASE(exit_from_dispatched_callback),
    CASE(exit_from_polled_callback),
    CASE(exit_from_destroy_function),
    CASE(exit_while_another_thread_waits),
    CASE(exit_with_atexit_handler),
};

static void run_case(int number) {
    CASES[number].how();
    fprintf(stderr, "it went on\n");
    _exit(1);
}

#ifdef _WIN32

/* Runs the case in this program, started once more, and returns its exit status. */
static int run_in_child(const char *program, int number) {
    char argument[16];
    snprintf(argument, sizeof argument, "%d", number);
    return (int)_spawnl(_P_WAIT, program, program, argument, NULL);
}

#else

/* Runs the case in a forked child, and returns its exit status. */
static int run_in_child(const char *program, int number) {
    int status = 0;
    pid_t child = fork();

    (void)program;
    EXPECT(child >= 0);
    if (child == 0) {
        alarm(20);
        run_case(number);
    }
    EXPECT(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

#endif

int main(int count, char **arguments) {
    int number, round;

    if (count > 1) run_case(atoi(arguments[1]));
    for (number = 0; number < (int)(sizeof CASES / sizeof *CASES); number++) {
        for (round = 0; round < ROUNDS; round++) {
            int status = run_in_child(arguments[0], number);
            if (status == 42) continue;
            fprintf(stderr, "%s ended with status %d\n", CASES[number].name, status);
            return 1;
        }
    }
    return 0;
}
