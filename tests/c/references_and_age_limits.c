/* sandbox: --agent 1=echo */

/*
 * A posted request may have a reference and an age limit. Another post with the same reference returns the first
 * ticket. Invalid references and limits are reported, and a blocking call accepts neither.
 */

#include "expect.h"

static omnize_request *message(omnize_client *client, const char *text) {
    omnize_request *request = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_request_new(client, OMNIZE_REQUEST_MESSAGE, &request, &error));
    EXPECT_OK(omnize_request_set(request, "text", text, -1, &error));
    return request;
}

static int64_t post(omnize_conversation *chat, omnize_request *request, const char *reference) {
    omnize_error *error = NULL;
    int64_t ticket = 0;

    EXPECT_OK(omnize_request_set_reference(request, reference, -1, &error));
    EXPECT_OK(omnize_conversation_post_request(chat, request, &ticket, &error));
    return ticket;
}

/* Returns the next outcome, and skips triggers, which are no outcomes. */
static omnize_event *next_outcome(omnize_client *client) {
    omnize_error *error = NULL;
    omnize_event *event = NULL;

    for (;;) {
        EXPECT_OK(omnize_client_next(client, 20000, &event, &error));
        EXPECT(event != NULL);
        if (omnize_event_kind(event) == OMNIZE_EVENT_OUTCOME) return event;
        EXPECT(omnize_event_outcome_reference(event, NULL) == NULL);
        EXPECT(omnize_event_outcome_request_kind(event) == 0);
        EXPECT(omnize_event_outcome_posted_at(event) == 0);
        omnize_event_free(event);
    }
}

static void test_invalid_references(omnize_client *client, omnize_conversation *chat) {
    omnize_request *request = message(client, "oi");
    omnize_error *error = NULL;
    char text[256];

    memset(text, 'x', sizeof text);
    EXPECT_FAILS(omnize_request_set_reference(request, text, 256, &error), OMNIZE_E_ARGUMENT, "256 bytes");
    EXPECT_FAILS(omnize_request_set_reference(request, "a\0b", 3, &error), OMNIZE_E_ARGUMENT, "NUL at byte 1");
    EXPECT_FAILS(omnize_request_set_reference(request, "", -1, &error), OMNIZE_E_ARGUMENT, "empty");
    EXPECT_FAILS(omnize_request_set_reference(request, "ol\xE1", -1, &error), OMNIZE_E_ENCODING, "reference");
    EXPECT_FAILS(omnize_request_set_reference(request, "a", -2, &error), OMNIZE_E_ARGUMENT, "-2");
    EXPECT_FAILS(omnize_request_set_reference(NULL, "a", -1, &error), OMNIZE_E_HANDLE, "");
    EXPECT_FAILS(omnize_request_set_max_age(request, 0, &error), OMNIZE_E_ARGUMENT, "at least 1 ms");
    EXPECT_FAILS(omnize_request_set_max_age(request, -3, &error), OMNIZE_E_ARGUMENT, "at least 1 ms");
    EXPECT_FAILS(omnize_request_set_max_age(NULL, 1, &error), OMNIZE_E_HANDLE, "");
    EXPECT_FAILS(omnize_request_set_max_age(request, -7, &error), OMNIZE_E_ARGUMENT, "max_age_ms is -7");
    /* None of them was set, so the request can be sent. */
    EXPECT_OK(omnize_conversation_request(chat, request, &error));
    EXPECT_OK(omnize_request_set_reference(request, text, 255, &error));
    EXPECT_FAILS(omnize_conversation_request(chat, request, &error), OMNIZE_E_ARGUMENT, "only a posted request");
    omnize_request_free(request);
    request = message(client, "oi");
    EXPECT_OK(omnize_request_set_max_age(request, -1, &error));
    EXPECT_FAILS(omnize_conversation_request(chat, request, &error), OMNIZE_E_ARGUMENT, "omnize_request_set_max_age");
    EXPECT_OK(omnize_request_set_max_age(request, -2, &error));
    EXPECT_OK(omnize_request_set_reference(request, "a", -1, &error));
    EXPECT_OK(omnize_request_set_reference(request, NULL, -1, &error));
    /* Both were removed. */
    EXPECT_OK(omnize_conversation_request(chat, request, &error));
    omnize_request_free(request);
    EXPECT_OK(omnize_request_new(client, OMNIZE_REQUEST_OFF_HOURS, &request, &error));
    EXPECT_OK(omnize_request_set_reference(request, "a", -1, &error));
    EXPECT_FAILS(omnize_client_off_hours(client, "1", request, &error), OMNIZE_E_ARGUMENT, "only a posted request");
    omnize_request_free(request);
}

static void test_outcome(omnize_client *client, omnize_conversation *chat) {
    omnize_request *request = message(client, "Bom dia!");
    omnize_request *other = NULL;
    omnize_error *error = NULL;
    omnize_event *event;
    int64_t length = 0;
    int64_t ticket = post(chat, request, "order 7");

    EXPECT(post(chat, request, "order 7") == ticket);
    event = next_outcome(client);
    EXPECT(omnize_event_outcome_ticket(event) == ticket);
    EXPECT(strcmp(omnize_event_outcome_reference(event, &length), "order 7") == 0 && length == 7);
    EXPECT(omnize_event_outcome_request_kind(event) == OMNIZE_REQUEST_MESSAGE);
    EXPECT(omnize_event_outcome_posted_at(event) > 1700000000000);
    EXPECT(omnize_event_outcome_posted_at(event) <= omnize_event_received_at(event));
    omnize_event_free(event);
    EXPECT(post(chat, request, "order 7") == ticket);
    other = message(client, "outro texto");
    EXPECT_OK(omnize_request_set_reference(other, "order 7", -1, &error));
    EXPECT_FAILS(omnize_conversation_post_request(chat, other, NULL, &error), OMNIZE_E_ARGUMENT, "same reference");
    omnize_request_free(other);
    omnize_request_free(request);

    /* Requests without fields have references too. */
    EXPECT_OK(omnize_request_new_for_conversation(chat, OMNIZE_REQUEST_FINISH, &request, &error));
    EXPECT_OK(omnize_request_set_max_age(request, 60000, &error));
    ticket = post(chat, request, "order 8");
    event = next_outcome(client);
    EXPECT(omnize_event_outcome_ticket(event) == ticket);
    EXPECT(omnize_event_outcome_request_kind(event) == OMNIZE_REQUEST_FINISH);
    EXPECT(strcmp(omnize_event_outcome_reference(event, NULL), "order 8") == 0);
    omnize_event_free(event);
    omnize_request_free(request);
    EXPECT_FAILS(omnize_request_new_for_conversation(NULL, OMNIZE_REQUEST_FINISH, &request, &error), OMNIZE_E_HANDLE,
                 "");
    EXPECT_FAILS(omnize_request_new_for_conversation(chat, 99, &request, &error), OMNIZE_E_ARGUMENT, "99");
}

static void test_expiry(void) {
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    omnize_conversation *chat = NULL;
    omnize_request *request;
    omnize_error *error = NULL;
    omnize_event *event;

    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_OK(omnize_config_load_env(config, &error));
    /* No server listens at this port. */
    EXPECT_OK(omnize_config_set(config, "base_url", "http://127.0.0.1:1/", &error));
    EXPECT_OK(omnize_client_open(config, &client, &error));
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    request = message(client, "tarde demais");
    EXPECT_OK(omnize_request_set_max_age(request, 100, &error));
    EXPECT_OK(omnize_conversation_post_request(chat, request, NULL, &error));
    event = next_outcome(client);
    EXPECT(omnize_event_outcome_status(event) == OMNIZE_E_EXPIRED);
    EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_NOT_SENT);
    EXPECT(strstr(omnize_event_text(event, NULL), "100 ms") != NULL);
    EXPECT(strcmp(omnize_event_outcome_reference(event, NULL), "") == 0);
    omnize_event_free(event);
    omnize_request_free(request);
    omnize_conversation_free(chat);
    omnize_client_free(client);
    omnize_config_free(config);
}

int main(void) {
    omnize_client *client = plain_client();
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_conversation_start(client, "1", "12", NULL, NULL, NULL, NULL, &chat, &error));
    test_invalid_references(client, chat);
    test_outcome(client, chat);
    test_expiry();
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    omnize_client_free(client);
    return 0;
}
