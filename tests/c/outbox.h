/* Checks the list of an outbox and each function that changes it. */

#ifndef OUTBOX_H
#define OUTBOX_H

#include "expect.h"

/* Expects the outcome of a cancelled request of this kind as the next event. */
static inline void expect_cancelled(omnize_client *client, int64_t ticket, int32_t kind) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_client_next(client, 20000, &event, &error));
    EXPECT(event != NULL && omnize_event_outcome_ticket(event) == ticket);
    EXPECT(omnize_event_outcome_status(event) == OMNIZE_E_CANCELLED);
    EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_NOT_SENT);
    EXPECT(omnize_event_outcome_request_kind(event) == kind && omnize_event_outcome_posted_at(event) > 0);
    EXPECT(strcmp(omnize_event_outcome_reference(event, NULL), kind == OMNIZE_REQUEST_FINISH ? "end" : "") == 0);
    omnize_event_free(event);
}

/* Posts a finish with a reference. */
static inline int64_t post_finish(omnize_conversation *chat) {
    omnize_request *request = NULL;
    omnize_error *error = NULL;
    int64_t ticket = 0;

    EXPECT_OK(omnize_request_new_for_conversation(chat, OMNIZE_REQUEST_FINISH, &request, &error));
    EXPECT_OK(omnize_request_set_reference(request, "end", -1, &error));
    EXPECT_OK(omnize_request_set_max_age(request, 600000, &error));
    EXPECT_OK(omnize_conversation_post_request(chat, request, &ticket, &error));
    omnize_request_free(request);
    return ticket;
}

/* Checks all functions of an outbox. The client has an empty one, and a service that accepts its requests. */
static inline void expect_outbox_works(omnize_client *client) {
    omnize_conversation *chat = NULL;
    omnize_outbox *list = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t tickets[4] = {0};
    int64_t count = -1;
    int64_t length = -1;
    int at;

    EXPECT_OK(omnize_client_flush(client, 20000, &error));
    EXPECT_OK(omnize_client_pause(client, &error));
    EXPECT_OK(omnize_conversation_attach(client, "1", "40", &chat, &error));
    for (at = 0; at < 3; at++) EXPECT_OK(omnize_conversation_post(chat, "oi", -1, &tickets[at], &error));
    tickets[3] = post_finish(chat);
    EXPECT_OK(omnize_client_outbox_count(client, &count, &error));
    EXPECT(count == 4);

    EXPECT_OK(omnize_outbox_list(client, &list, &error));
    EXPECT(omnize_outbox_count(list) == 4);
    for (at = 0; at < 4; at++) {
        EXPECT(omnize_outbox_ticket(list, at) == tickets[at]);
        EXPECT(strcmp(omnize_outbox_client_id(list, at, &length), "40") == 0 && length == 2);
        EXPECT(omnize_outbox_request_kind(list, at) == (at < 3 ? OMNIZE_REQUEST_MESSAGE : OMNIZE_REQUEST_FINISH));
        EXPECT(omnize_outbox_age(list, at) >= 0 && omnize_outbox_attempts(list, at) == 0);
        EXPECT(omnize_outbox_in_progress(list, at) == 0 && omnize_outbox_last_status(list, at) == OMNIZE_OK);
        if (at < 3) EXPECT(omnize_outbox_reference(list, at, &length) == NULL && length == 0);
        EXPECT(omnize_outbox_last_message(list, at, &length) == NULL && length == 0);
    }
    EXPECT(strcmp(omnize_outbox_reference(list, 3, &length), "end") == 0 && length == 3);
    length = 7;
    EXPECT(omnize_outbox_client_id(list, 4, &length) == NULL && length == 0);
    EXPECT(omnize_outbox_ticket(list, -1) == 0 && omnize_outbox_request_kind(list, 4) == 0);
    omnize_outbox_free(list);

    EXPECT_OK(omnize_client_cancel(client, tickets[0], &error));
    expect_cancelled(client, tickets[0], OMNIZE_REQUEST_MESSAGE);
    EXPECT_FAILS(omnize_client_cancel(client, tickets[0], &error), OMNIZE_E_STATE, "has ended");
    EXPECT_FAILS(omnize_client_cancel(client, -1, &error), OMNIZE_E_ARGUMENT, "-1");
    EXPECT(omnize_client_flush(client, 1000, &error) == OMNIZE_E_STATE && omnize_error_requests_left(error) == 3);
    omnize_error_free(error);
    error = NULL;
    EXPECT_FAILS(omnize_client_flush(client, -2, &error), OMNIZE_E_ARGUMENT, "timeout_ms");
    EXPECT_OK(omnize_conversation_cancel(chat, &count, &error));
    EXPECT(count == 3);
    for (at = 1; at < 3; at++) expect_cancelled(client, tickets[at], OMNIZE_REQUEST_MESSAGE);
    expect_cancelled(client, tickets[3], OMNIZE_REQUEST_FINISH);

    EXPECT_OK(omnize_conversation_post(chat, "oi", -1, &tickets[0], &error));
    EXPECT(omnize_client_is_paused(client) == 1);
    EXPECT_OK(omnize_client_resume(client, &error));
    EXPECT(omnize_client_is_paused(client) == 0);
    EXPECT_OK(omnize_client_flush(client, -1, &error));
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(event != NULL && omnize_event_outcome_ticket(event) == tickets[0]);
    omnize_event_free(event);
    EXPECT_OK(omnize_conversation_cancel(chat, NULL, &error));
    omnize_conversation_free(chat);
}

#endif
