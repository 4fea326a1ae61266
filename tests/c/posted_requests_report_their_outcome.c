/* sandbox: --agent 1=echo --agent 2=unavailable */

/* An application whose threads must not block posts all requests, and receives the outcome of each. */

#include "expect.h"

static int64_t tickets[16];
static int posted;

/* The call succeeds, and its ticket is stored. */
#define POST(call)                                                                                                     \
    do {                                                                                                               \
        EXPECT_OK(call);                                                                                               \
        tickets[posted++] = ticket;                                                                                    \
    } while (0)

/* Returns the next outcome, and skips triggers. */
static omnize_event *next_outcome(omnize_client *client) {
    omnize_error *error = NULL;
    omnize_event *event = NULL;

    for (;;) {
        EXPECT_OK(omnize_client_next(client, 20000, &event, &error));
        EXPECT(event != NULL);
        if (omnize_event_kind(event) == OMNIZE_EVENT_OUTCOME) return event;
        EXPECT(omnize_event_outcome_ticket(event) == 0);
        omnize_event_free(event);
    }
}

int main(void) {
    omnize_client *client = plain_client();
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    omnize_event *event;
    int64_t ticket = 0;
    int at;

    EXPECT_OK(omnize_conversation_prepare(client, "1", "12", &chat, &error));
    EXPECT(omnize_conversation_state(chat) == OMNIZE_STATE_NEW);
    EXPECT_FAILS(omnize_conversation_post(chat, "cedo", -1, &ticket, &error), OMNIZE_E_STATE, "start it first");
    POST(omnize_conversation_post_start(chat, "Joao", NULL, NULL, "123.456.789-09", &ticket, &error));
    EXPECT(omnize_conversation_state(chat) != OMNIZE_STATE_NEW);
    EXPECT_OK(omnize_conversation_keystroke(chat, &error));
    POST(omnize_conversation_post(chat, "Bom dia!", -1, &ticket, &error));
    POST(omnize_conversation_post(chat, "a\0b", 3, &ticket, &error));
    POST(omnize_conversation_post_finish(chat, &ticket, &error));

    for (at = 0; at < posted; at++) {
        event = next_outcome(client);
        EXPECT(omnize_event_outcome_ticket(event) == tickets[at]);
        EXPECT(strcmp(omnize_event_client_id(event, NULL), "12") == 0);
        EXPECT(strcmp(omnize_event_raw(event, NULL), "") == 0);
        EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_ACCEPTED);
        EXPECT(omnize_event_outcome_status(event) == OMNIZE_OK);
        EXPECT(strcmp(omnize_event_text(event, NULL), "") == 0);
        omnize_event_free(event);
    }
    EXPECT(omnize_conversation_state(chat) == OMNIZE_STATE_FINISHED);
    EXPECT_FAILS(omnize_conversation_post(chat, "tarde demais", -1, NULL, &error), OMNIZE_E_STATE, "finished");
    omnize_conversation_free(chat);

    /* The outcome of a rejected request contains the reason. */
    EXPECT_OK(omnize_conversation_attach(client, "1", "nobody", &chat, &error));
    EXPECT_OK(omnize_conversation_post(chat, "oi", -1, &ticket, &error));
    do event = next_outcome(client);
    while (omnize_event_outcome_ticket(event) != ticket);
    EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_REJECTED);
    EXPECT(omnize_event_outcome_http_status(event) == 422);
    EXPECT(omnize_event_outcome_status(event) == OMNIZE_E_REJECTED);
    omnize_event_free(event);
    omnize_conversation_free(chat);

    EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    omnize_client_free(client);
    return 0;
}
