/*
 * A chat that never waits for the service: it posts what it has to say, and hears what became of it among the events.
 *
 * The options come from the environment, as in chat.c. The agent of department 1 is expected to repeat what it is told,
 * as `omnize sandbox` has one do.
 */

#include <stdio.h>
#include <stdlib.h>

#include <omnize.h>

enum { START, MESSAGE, FINISH, STRAY, POSTS };

static const char *const names[POSTS] = {"start", "message", "finish", "stray message"};

struct chat {
    omnize_client *client;
    omnize_conversation *conversation;
    int64_t tickets[POSTS];
};

static void fail(const char *what, omnize_error *error) {
    fprintf(stderr, "%s: %s\n", what, error == NULL ? "nothing came" : omnize_error_message(error, NULL));
    omnize_error_free(error);
    exit(1);
}

static void open_client(struct chat *chat) {
    omnize_config *config = NULL;
    omnize_error *error = NULL;

    if (omnize_config_new(&config, &error) || omnize_config_set(config, "listen", "127.0.0.1:0", &error) ||
        omnize_config_load_env(config, &error) || omnize_client_open(config, &chat->client, &error))
        fail("open", error);
    omnize_config_free(config);
    printf("Set this webhook URL in the portal, then press Enter.\nwebhook: %s\n",
           omnize_client_webhook_url(chat->client, NULL));
    fflush(stdout);
}

static void wait_for_enter(void) {
    int key;

    do key = getchar();
    while (key != '\n' && key != EOF);
}

/* Each key is told as it is pressed; the service sees one typing, and one cleared before the message. */
static void say(struct chat *chat, const char *text) {
    omnize_error *error = NULL;
    const char *key;

    for (key = text; *key != '\0'; key++)
        if (omnize_conversation_keystroke(chat->conversation, &error)) fail("keystroke", error);
    if (omnize_conversation_post(chat->conversation, text, -1, &chat->tickets[MESSAGE], &error)) fail("post", error);
}

/* The service refuses what belongs to no interaction of its own; that comes as an event too. */
static void say_to_nobody(struct chat *chat) {
    omnize_conversation *nobody = NULL;
    omnize_error *error = NULL;

    if (omnize_conversation_attach(chat->client, "1", "nobody", &nobody, &error) ||
        omnize_conversation_post(nobody, "Oi?", -1, &chat->tickets[STRAY], &error))
        fail("post to nobody", error);
    omnize_conversation_free(nobody); /* what was posted goes out all the same */
}

/* Which of the requests has ended. */
static int posted(const struct chat *chat, int64_t ticket) {
    int which = 0;

    while (which < POSTS && chat->tickets[which] != ticket) which++;
    return which;
}

static void tell_outcome(const omnize_event *event, int which) {
    int32_t delivery = omnize_event_outcome_delivery(event);

    printf("outcome: %s ", which < POSTS ? names[which] : "?");
    if (delivery == OMNIZE_DELIVERY_ACCEPTED)
        puts("accepted");
    else if (delivery == OMNIZE_DELIVERY_REJECTED)
        printf("rejected, HTTP %d\n", omnize_event_outcome_http_status(event));
    else if (delivery == OMNIZE_DELIVERY_NOT_SENT)
        printf("not sent: %s\n", omnize_event_text(event, NULL));
    else
        printf("unknown, may have arrived: %s\n", omnize_event_text(event, NULL));
}

/* Whether there is more to come. */
static int handle(struct chat *chat, const omnize_event *event) {
    omnize_error *error = NULL;
    int32_t kind = omnize_event_kind(event);
    int which;

    if (kind == OMNIZE_EVENT_OUTCOME) {
        which = posted(chat, omnize_event_outcome_ticket(event));
        tell_outcome(event, which);
        if (which == FINISH) say_to_nobody(chat);
        return which != STRAY;
    }
    printf("agent: %s %s\n", omnize_event_kind_name(kind), omnize_event_text(event, NULL));
    if (kind == OMNIZE_EVENT_ACCEPTED) say(chat, "Bom dia!");
    if (kind == OMNIZE_EVENT_MESSAGE &&
        omnize_conversation_post_finish(chat->conversation, &chat->tickets[FINISH], &error))
        fail("finish", error);
    return 1;
}

int main(void) {
    struct chat chat = {NULL, NULL, {0, 0, 0, 0}};
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int more = 1;

    open_client(&chat);
    wait_for_enter();
    if (omnize_conversation_prepare(chat.client, "1", "12", &chat.conversation, &error) ||
        omnize_conversation_post_start(chat.conversation, "Joao", NULL, NULL, NULL, &chat.tickets[START], &error))
        fail("start", error);
    while (more) {
        if (omnize_client_next(chat.client, 20000, &event, &error) || event == NULL) fail("next", error);
        more = handle(&chat, event);
        omnize_event_free(event);
        fflush(stdout);
    }

    omnize_conversation_free(chat.conversation);
    if (omnize_client_close(chat.client, 5000, NULL, NULL, &error)) fail("close", error);
    omnize_client_free(chat.client);
    return 0;
}
