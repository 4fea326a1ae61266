/*
 * A chat in a GLib main loop, and so in a GTK application: the client's wake-up descriptor is one of its sources.
 *
 * The options come from the environment, as in chat.c. The agent of department 1 is expected to repeat what it is told,
 * as `omnize sandbox` has one do.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib-unix.h>
#include <omnize.h>

struct chat {
    omnize_client *client;
    omnize_conversation *conversation;
    GMainLoop *loop;
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
        g_main_loop_quit(chat->loop);
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
    if (omnize_client_poll(chat->client, 0, NULL, &error)) fail("poll", error);
    return G_SOURCE_CONTINUE;
}

int main(void) {
    struct chat chat = {NULL, NULL, NULL};
    omnize_error *error = NULL;
    int64_t wake = -1;
    guint source;

    chat.loop = g_main_loop_new(NULL, FALSE);
    open_client(&chat);
    if (omnize_client_wake_fd(chat.client, &wake, &error)) fail("wake_fd", error);
    g_unix_fd_add(STDIN_FILENO, G_IO_IN, on_enter, &chat);
    source = g_unix_fd_add((gint)wake, G_IO_IN, on_wake, &chat);
    g_main_loop_run(chat.loop);

    /* The descriptor goes with the client, so the loop lets go of it before. */
    g_source_remove(source);
    g_main_loop_unref(chat.loop);
    omnize_conversation_free(chat.conversation);
    if (omnize_client_close(chat.client, 5000, NULL, NULL, &error)) fail("close", error);
    omnize_client_free(chat.client);
    return 0;
}
