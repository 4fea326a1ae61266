/*
 * A chat in an epoll loop, which watches the client's event descriptor.
 *
 * The options come from the environment, as in chat.c. The agent of department 1 must repeat the customer's
 * messages, as in `omnize sandbox`.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "example.h"

struct chat {
    omnize_client *client;
    omnize_conversation *conversation;
    int done;
};

/* Runs inside omnize_client_poll, on the thread of the loop, so it needs no lock. A request blocks until the service
 * responds. An application that must stay responsive posts it, or sends it on another thread. */
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

static void subscribe(struct chat *chat) {
    omnize_error *error = NULL;

    if (omnize_client_subscribe(chat->client, OMNIZE_EVENT_ANY, "12", on_event, chat, NULL, NULL, &error))
        fail("subscribe", error);
}

/* The operator pressed Enter after setting the webhook URL. */
static void on_enter(struct chat *chat) {
    omnize_error *error = NULL;
    char line[100];

    if (read(STDIN_FILENO, line, sizeof line) <= 0) exit(1);
    if (chat->conversation != NULL) return;
    if (omnize_conversation_start(chat->client, "1", "12", "Joao", NULL, NULL, NULL, &chat->conversation, &error))
        fail("start", error);
}

static void watch(int loop, int descriptor) {
    struct epoll_event event = {0};

    event.events = EPOLLIN;
    event.data.fd = descriptor;
    if (epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &event) != 0) {
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

    chat.client = open_client();
    subscribe(&chat);
    print_webhook_url(chat.client);
    if (omnize_client_wake_fd(chat.client, &wake, &error)) fail("wake_fd", error);
    watch(loop, STDIN_FILENO);
    watch(loop, (int)wake);
    while (!chat.done) {
        if (epoll_wait(loop, &ready, 1, -1) != 1) continue;
        if (ready.data.fd == STDIN_FILENO) {
            on_enter(&chat);
        } else if (omnize_client_poll(chat.client, 0, 0, NULL, &error)) {
            fail("poll", error);
        }
    }

    close(loop);
    omnize_conversation_free(chat.conversation);
    close_client(chat.client);
    return 0;
}
