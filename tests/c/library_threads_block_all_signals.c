/* valgrind: no (it reserves a signal, and changes the masks of threads) */
/* windows: no (there are no signals) */

/* Every thread of the library blocks every signal that can be blocked, so no handler of the host runs on one. This
 * is also true if the host's own threads block the signal, and the kernel looks for another thread. */

#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>

#include "process.h"
#include "server.h"

#define TRIGGER "{\"status\":\"typing\",\"clientId\":\"12\"}"
#define MANY 200

static const int tried[] = {SIGUSR1, SIGALRM, SIGTERM};
static pthread_t host;
static atomic_int on_the_host, elsewhere;
static sem_t looking_up, look_up;
static atomic_int names_looked_up;

static void handler(int number) {
    (void)number;
    atomic_fetch_add(pthread_equal(pthread_self(), host) ? &on_the_host : &elsewhere, 1);
}

/* The C library reserves two signals, which cannot be blocked. */
static int can_be_blocked(int number) {
    return number != SIGKILL && number != SIGSTOP && (number < 32 || number >= SIGRTMIN);
}

static void expect_all_blocked(void) {
    sigset_t blocked;
    int number;

    EXPECT(pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0);
    for (number = 1; number <= SIGRTMAX; number++)
        EXPECT(!can_be_blocked(number) || sigismember(&blocked, number) == 1);
}

/* Replaces the C library's function, which the library calls on its own thread. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int (*original)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    EXPECT(!pthread_equal(pthread_self(), host));
    expect_all_blocked();
    atomic_fetch_add(&names_looked_up, 1);
    sem_post(&looking_up);
    sem_wait(&look_up);
    *(void **)&original = dlsym(RTLD_NEXT, "getaddrinfo");
    return original(name, service, hints, found);
}

static void on_event(const omnize_event *event, void *called) {
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_TYPING);
    expect_all_blocked();
    atomic_fetch_add((atomic_int *)called, 1);
}

/* Returns the number of threads with a name of the library, as the kernel sees them. Each must block all signals. */
static int count_threads_with_all_blocked(void) {
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    int found = 0;

    EXPECT(tasks != NULL);
    while ((task = readdir(tasks)) != NULL) {
        char path[300], line[200], name[64] = "";
        uint64_t blocked = 0;
        int number;
        FILE *status;
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        if ((status = fopen(path, "r")) == NULL) continue;
        while (fgets(line, sizeof line, status) != NULL) {
            sscanf(line, "Name: %63s", name);
            sscanf(line, "SigBlk: %" SCNx64, &blocked);
        }
        fclose(status);
        if (strncmp(name, "omnize", 6) != 0) continue;
        found++;
        for (number = 1; number <= 64; number++) {
            if (can_be_blocked(number) && !(blocked >> (number - 1) & 1)) {
                fprintf(stderr, "thread %s does not block signal %d\n", name, number);
                exit(1);
            }
        }
    }
    closedir(tasks);
    return found;
}

static void *start(void *client) {
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_conversation_start(client, "1", "12", NULL, NULL, NULL, NULL, &chat, &error));
    omnize_conversation_free(chat);
    return NULL;
}

static void post_trigger(int port) {
    char request[256], answer[13] = "";
    int connection = connect_to(port);

    snprintf(request, sizeof request, "POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s",
             (int)strlen(TRIGGER), TRIGGER);
    send_all(connection, request, strlen(request));
    EXPECT(recv(connection, answer, 12, MSG_WAITALL) == 12 && strcmp(answer + 9, "200") == 0);
    close(connection);
}

static void send_signals(int port) {
    size_t each;
    int at;

    for (at = 0; at < MANY; at++) {
        for (each = 0; each < sizeof tried / sizeof *tried; each++) kill(getpid(), tried[each]);
        post_trigger(port);
    }
}

int main(void) {
    const char *const options[] = {"listen", "127.0.0.1:0", "listen.path", "/hook", "base_url", NULL, NULL};
    const char *all_options[7];
    struct sigaction action;
    struct server server;
    omnize_client *client;
    omnize_error *error = NULL;
    atomic_int called;
    sigset_t some, before;
    pthread_t starter;
    char url[64];
    size_t each;
    int port, waited;

    host = pthread_self();
    sem_init(&looking_up, 0, 0);
    sem_init(&look_up, 0, 0);
    atomic_init(&called, 0);
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&some);
    for (each = 0; each < sizeof tried / sizeof *tried; each++) {
        EXPECT(sigaction(tried[each], &action, NULL) == 0);
        sigaddset(&some, tried[each]);
    }
    /* The threads of this test block the tested signals from the start. */
    EXPECT(pthread_sigmask(SIG_BLOCK, &some, &before) == 0);
    server_open(&server, accept_all, NULL);
    snprintf(url, sizeof url, "http://localhost:%d/", server.port);
    memcpy(all_options, options, sizeof options);
    all_options[5] = url;

    /* The library's threads start while the host blocks nothing: they set their mask themselves. */
    EXPECT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    client = client_with(all_options);
    port = port_of(omnize_client_webhook_url(client, NULL));
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, on_event, &called, NULL, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    EXPECT(pthread_create(&starter, NULL, start, client) == 0);
    do waited = sem_wait(&looking_up);
    while (waited != 0);
    EXPECT(pthread_sigmask(SIG_BLOCK, &some, NULL) == 0);
    EXPECT(count_threads_with_all_blocked() >= 3); /* listener, dispatcher, resolver */
    EXPECT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    sem_post(&look_up);
    EXPECT(pthread_join(starter, NULL) == 0);
    EXPECT(atomic_load(&names_looked_up) >= 1);

    /* No thread accepts these signals, so they stay pending. */
    EXPECT(pthread_sigmask(SIG_BLOCK, &some, NULL) == 0);
    send_signals(port);
    EXPECT_SOON(atomic_load(&called) == MANY);
    EXPECT(atomic_load(&on_the_host) == 0 && atomic_load(&elsewhere) == 0);

    /* The host accepts them. */
    EXPECT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    EXPECT(atomic_load(&on_the_host) == sizeof tried / sizeof *tried);
    send_signals(port);
    EXPECT_SOON(atomic_load(&called) == 2 * MANY);
    EXPECT(atomic_load(&on_the_host) > MANY && atomic_load(&elsewhere) == 0);

    EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    omnize_client_free(client);
    server_close(&server);
    return 0;
}
