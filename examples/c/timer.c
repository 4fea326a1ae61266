/*
 * A chat in an application that looks around ten times a second: no descriptor is watched, no thread is started.
 *
 * The options come from the environment, as in chat.c. The agent of department 1 is expected to repeat what it is told,
 * as `omnize sandbox` has one do.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

static void wait_for_enter(void) {
    int key;

    do key = getchar();
    while (key != '\n' && key != EOF);
}

static void start(struct chat *chat) {
    omnize_error *error = NULL;

    if (omnize_conversation_start(chat->client, "1", "12", "Joao", NULL, NULL, NULL, &chat->conversation, &error))
        fail("start", error);
}

/* What the timer of the application calls, and so what it does beside all else: takes what has come, waits for nothing.
 */
static void on_timer(struct chat *chat) {
    omnize_error *error = NULL;

    if (omnize_client_poll(chat->client, 0, NULL, &error)) fail("poll", error);
}

int main(void) {
    const struct timespec tenth = {0, 100 * 1000 * 1000};
    struct chat chat = {NULL, NULL, 0};
    omnize_error *error = NULL;

    open_client(&chat);
    wait_for_enter();
    start(&chat);
    while (!chat.done) {
        nanosleep(&tenth, NULL);
        on_timer(&chat);
    }

    omnize_conversation_free(chat.conversation);
    if (omnize_client_close(chat.client, 5000, NULL, NULL, &error)) fail("close", error);
    omnize_client_free(chat.client);
    return 0;
}
