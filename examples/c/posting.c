/*
 * A chat that never blocks on the service: it posts its requests, and receives their outcomes as events.
 *
 * The options come from the environment, as in chat.c. The agent of department 1 must repeat the customer's
 * messages, as in `omnize sandbox`.
 */

#include <stdio.h>
#include <stdlib.h>

#include "example.h"

enum { START, MESSAGE, FINISH, STRAY, POSTS };

static const char *const names[POSTS] = {"start", "message", "finish", "stray message"};

struct chat {
    omnize_client *client;
    omnize_conversation *conversation;
    int64_t tickets[POSTS];
};

/* Reports each keystroke. The service receives one typing, and one cleared before the message. */
static void post(struct chat *chat, const char *text) {
    omnize_error *error = NULL;
    const char *key;

    for (key = text; *key != '\0'; key++)
        if (omnize_conversation_keystroke(chat->conversation, &error)) fail("keystroke", error);
    if (omnize_conversation_post(chat->conversation, text, -1, &chat->tickets[MESSAGE], &error)) fail("post", error);
}

/* The service rejects a request without an interaction. The outcome is an event, too. */
static void post_without_interaction(struct chat *chat) {
    omnize_conversation *nobody = NULL;
    omnize_error *error = NULL;

    if (omnize_conversation_attach(chat->client, "1", "nobody", &nobody, &error) ||
        omnize_conversation_post(nobody, "Oi?", -1, &chat->tickets[STRAY], &error))
        fail("post to nobody", error);
    omnize_conversation_free(nobody); /* the posted request is still sent */
}

/* Returns which of the requests has this ticket. */
static int posted(const struct chat *chat, int64_t ticket) {
    int which = 0;

    while (which < POSTS && chat->tickets[which] != ticket) which++;
    return which;
}

static void print_outcome(const omnize_event *event, int which) {
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

/* Handles an event. Returns whether more events are expected. */
static int handle(struct chat *chat, const omnize_event *event) {
    omnize_error *error = NULL;
    int32_t kind = omnize_event_kind(event);
    int which;

    if (kind == OMNIZE_EVENT_OUTCOME) {
        which = posted(chat, omnize_event_outcome_ticket(event));
        print_outcome(event, which);
        if (which == FINISH) post_without_interaction(chat);
        return which != STRAY;
    }
    printf("agent: %s %s\n", omnize_event_kind_name(kind), omnize_event_text(event, NULL));
    if (kind == OMNIZE_EVENT_ACCEPTED) post(chat, "Bom dia!");
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

    chat.client = open_client();
    print_webhook_url(chat.client);
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
    close_client(chat.client);
    return 0;
}
