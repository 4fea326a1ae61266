/*
 * A chat in an epoll loop: the client's wake-up descriptor is watched like any other.
 *
 * The options come from the environment, as in chat.c. The agent of department 1 is expected to repeat what it is told,
 * as `omnize sandbox` has one do.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <omnize.h>

struct chat {
    omnize_client *client;
    omnize_conversation *conversation;
    int done;
};

static void fail(const char *what, omnize_error *error) {
    fprintf(stderr, "%s: %s\n", what, omnize_error_message(error, NULL));
    omnize_error_free(error);
    exit(1);
}

/* Runs within omnize_client_poll, so on the loop's own thread: nothing in here needs a lock. A request blocks until the
 * service has answered; an application that has to stay responsive meanwhile makes it on a thread of its own. */
static void on_event(const omnize_event *event, void *user_data) {
    struct chat *chat = user_data;
    omnize_error *error = NULL;
    int32_t kind = omnize_event_kind(event);

    printf("agent: %s %s\n", omnize_event_kind_name(kind), omnize_event_text(event, NULL));
    fflush(stdout);
    if (kind == OMNIZE_EVENT_ACCEPTED) {
        if (omnize_conversation_send(chat->conversation, "Bom dia!", -1, &error)) fail("send", error);
    } else if (kind == OMNIZE_EVENT_MESSAGE) {
        if (omnize_conversation_finish(chat->conversation, &error)) fail("finish", error);
        chat->done = 1;
    }
}

static void open_client(struct chat *chat) {
    omnize_config *config = NULL;
    omnize_error *error = NULL;

    if (omnize_config_new(&config, &error) || omnize_config_set(config, "listen", "127.0.0.1:0", &error) ||
        omnize_config_load_env(config, &error) || omnize_client_open(config, &chat->client, &error))
        fail("open", error);
    omnize_config_free(config);
    if (omnize_client_subscribe(chat->client, OMNIZE_EVENT_ANY, "12", on_event, chat, NULL, NULL, &error))
        fail("subscribe", error);
    printf("Set this webhook URL in the portal, then press Enter.\nwebhook: %s\n",
           omnize_client_webhook_url(chat->client, NULL));
    fflush(stdout);
}

/* The operator has set the webhook URL and pressed Enter. */
static void on_enter(struct chat *chat) {
    omnize_error *error = NULL;
    char line[100];

    if (read(STDIN_FILENO, line, sizeof line) <= 0) exit(1);
    if (chat->conversation != NULL) return;
    if (omnize_conversation_start(chat->client, "1", "12", "Joao", NULL, NULL, NULL, &chat->conversation, &error))
        fail("start", error);
}

static void watch(int loop, int descriptor) {
    struct epoll_event what = {0};

    what.events = EPOLLIN;
    what.data.fd = descriptor;
    if (epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &what) != 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

int main(void) {
    struct chat chat = {NULL, NULL, 0};
    struct epoll_event ready;
    omnize_error *error = NULL;
    int64_t wake = -1;
    int loop = epoll_create1(EPOLL_CLOEXEC);

    open_client(&chat);
    if (omnize_client_wake_fd(chat.client, &wake, &error)) fail("wake_fd", error);
    watch(loop, STDIN_FILENO);
    watch(loop, (int)wake);
    while (!chat.done) {
        if (epoll_wait(loop, &ready, 1, -1) != 1) continue;
        if (ready.data.fd == STDIN_FILENO) {
            on_enter(&chat);
        } else if (omnize_client_poll(chat.client, 0, NULL, &error)) {
            fail("poll", error);
        }
    }

    close(loop);
    omnize_conversation_free(chat.conversation);
    if (omnize_client_close(chat.client, 5000, NULL, NULL, &error)) fail("close", error);
    omnize_client_free(chat.client);
    return 0;
}
