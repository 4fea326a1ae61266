/* windows: no (there are no signals) */

/* A host has a timer that fires a thousand times a second, with a handler that interrupts system calls. Every
 * request still gets its response, every event is delivered, and every wait has its full time. */

#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "process.h"
#include "server.h"

static atomic_int ticks;

static void tick(int number) {
    (void)number;
    atomic_fetch_add(&ticks, 1);
}

/* Responds in small pieces, so that signals come while the client reads. */
static void respond_slowly(int connection, void *data) {
    const char *at;
    (void)data;
    while (receive_message(connection) > 0) {
        for (at = ACCEPTED; *at != '\0'; at += 2) {
            send_all(connection, at, strlen(at) < 2 ? 1 : 2);
            usleep(200);
        }
    }
}

int main(void) {
    struct itimerval timer = {{0, 1000}, {0, 1000}};
    struct server server;
    struct sigaction action;
    omnize_client *client;
    omnize_conversation *chat = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    sigset_t alarms, before;
    int64_t begun;
    int at;
    const char *options[] = {"base_url", NULL, "timeout", "20000", NULL};

    /* The signals must not interrupt this test's server. */
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    EXPECT(pthread_sigmask(SIG_BLOCK, &alarms, &before) == 0);
    server_open(&server, respond_slowly, NULL);
    EXPECT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);

    memset(&action, 0, sizeof action);
    action.sa_handler = tick;
    EXPECT(sigaction(SIGALRM, &action, NULL) == 0);
    EXPECT(setitimer(ITIMER_REAL, &timer, NULL) == 0);

    options[1] = server.url;
    client = client_with(options);
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    for (at = 0; at < 20; at++) EXPECT_OK(omnize_conversation_send(chat, "oi", -1, &error));
    begun = now_ms();
    EXPECT_OK(omnize_client_next(client, 300, &event, &error));
    EXPECT(event == NULL && now_ms() - begun >= 300);
    deliver(client, "{\"status\":\"typing\",\"clientId\":\"12\"}");
    EXPECT_OK(omnize_client_next(client, 300, &event, &error));
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_TYPING);
    omnize_event_free(event);
    EXPECT(atomic_load(&ticks) > 100);

    memset(&timer, 0, sizeof timer);
    EXPECT(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    omnize_conversation_free(chat);
    omnize_client_free(client);
    server_close(&server);
    return 0;
}
