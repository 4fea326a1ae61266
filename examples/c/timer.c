/*
 * A chat in an application with a timer that polls ten times a second. It needs no descriptor and no thread.
 *
 * The options come from the environment, as in chat.c. The agent of department 1 must repeat the customer's
 * messages, as in `omnize sandbox`.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "example.h"

struct chat {
    omnize_client *client;
    omnize_conversation *conversation;
    int done;
};

/* Runs inside omnize_client_poll, on the thread of the loop, so it needs no lock. A request blocks until the service
 * responds. An application that must stay responsive posts it, or sends it on another thread. */
static void OMNIZE_CALL on_event(const omnize_event *event, void *user_data) {
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

static void start(struct chat *chat) {
    omnize_error *error = NULL;

    if (omnize_conversation_start(chat->client, "1", "12", "Joao", NULL, NULL, NULL, &chat->conversation, &error))
        fail("start", error);
}

/* The timer of the application calls this. It runs the callbacks of queued events, and does not block. */
static void on_timer(struct chat *chat) {
    omnize_error *error = NULL;

    if (omnize_client_poll(chat->client, 0, 0, NULL, &error)) fail("poll", error);
}

int main(void) {
    const struct timespec tenth = {0, 100 * 1000 * 1000};
    struct chat chat = {NULL, NULL, 0};

    chat.client = open_client();
    subscribe(&chat);
    print_webhook_url(chat.client);
    wait_for_enter();
    start(&chat);
    while (!chat.done) {
        nanosleep(&tenth, NULL);
        on_timer(&chat);
    }

    omnize_conversation_free(chat.conversation);
    close_client(chat.client);
    return 0;
}
