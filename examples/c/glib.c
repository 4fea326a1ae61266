/*
 * A chat in a GLib main loop, and so in a GTK application. The client's event descriptor is one of its sources.
 *
 * The options come from the environment, as in chat.c. The agent of department 1 must repeat the customer's
 * messages, as in `omnize sandbox`.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib-unix.h>

#include "example.h"

struct chat {
    omnize_client *client;
    omnize_conversation *conversation;
    GMainLoop *loop;
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
        g_main_loop_quit(chat->loop);
    }
}

static void subscribe(struct chat *chat) {
    omnize_error *error = NULL;

    if (omnize_client_subscribe(chat->client, OMNIZE_EVENT_ANY, "12", on_event, chat, NULL, NULL, &error))
        fail("subscribe", error);
}

/* The operator pressed Enter after setting the webhook URL. */
static gboolean on_enter(gint descriptor, GIOCondition condition, gpointer user_data) {
    omnize_error *error = NULL;
    struct chat *chat = user_data;
    char line[100];

    (void)condition;
    if (read(descriptor, line, sizeof line) <= 0) exit(1);
    if (omnize_conversation_start(chat->client, "1", "12", "Joao", NULL, NULL, NULL, &chat->conversation, &error))
        fail("start", error);
    return G_SOURCE_REMOVE;
}

static gboolean on_wake(gint descriptor, GIOCondition condition, gpointer user_data) {
    struct chat *chat = user_data;
    omnize_error *error = NULL;

    (void)descriptor;
    (void)condition;
    if (omnize_client_poll(chat->client, 0, 0, NULL, &error)) fail("poll", error);
    return G_SOURCE_CONTINUE;
}

int main(void) {
    struct chat chat = {NULL, NULL, NULL};
    omnize_error *error = NULL;
    int64_t wake = -1;
    guint source;

    chat.loop = g_main_loop_new(NULL, FALSE);
    chat.client = open_client();
    subscribe(&chat);
    print_webhook_url(chat.client);
    if (omnize_client_wake_fd(chat.client, &wake, &error)) fail("wake_fd", error);
    g_unix_fd_add(STDIN_FILENO, G_IO_IN, on_enter, &chat);
    source = g_unix_fd_add((gint)wake, G_IO_IN, on_wake, &chat);
    g_main_loop_run(chat.loop);

    /* The client owns the descriptor, so the loop stops watching it first. */
    g_source_remove(source);
    g_main_loop_unref(chat.loop);
    omnize_conversation_free(chat.conversation);
    close_client(chat.client);
    return 0;
}
