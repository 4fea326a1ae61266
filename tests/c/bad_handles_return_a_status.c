/* Every function detects a handle that is NULL, freed, freed twice, invented or of another type. */

#include "expect.h"

static const char *const NONE[] = {NULL};

static void ignore_event(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
}

/* Calls every function that takes a handle with an invalid one. */
static void expect_bad_handle(void *bad, const char *why) {
    omnize_error *error = NULL;
    omnize_client *client = NULL;
    omnize_conversation *chat = NULL;
    omnize_event *event = NULL;
    omnize_interactions *list = NULL;
    omnize_snapshot *snapshot = NULL;
    omnize_outbox *outbox = NULL;
    const char *text = NULL;
    int64_t number = -7;
    void *object = NULL;

    EXPECT_FAILS(omnize_config_set(bad, "token", "t", &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_config_get(bad, "token", &text, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_config_load_env(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_config_load_file(bad, "/x", &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_open(bad, &client, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_subscribe(bad, 0, NULL, ignore_event, NULL, NULL, &number, &error), OMNIZE_E_HANDLE,
                 why);
    EXPECT_FAILS(omnize_client_unsubscribe(bad, 1, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_poll(bad, 0, 0, &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_next(bad, 0, &event, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_dispatch(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_wake_fd(bad, &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_wake_handle(bad, &object, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_wake_message(bad, NULL, 0x8000, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_deliver(bad, "{}", -1, NULL, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_statistic(bad, "received", &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_snapshot(bad, &snapshot, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_snapshot_value(bad, "received", &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_close(bad, 0, &number, &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_start(bad, "1", "2", NULL, NULL, NULL, NULL, &chat, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_attach(bad, "1", "2", &chat, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_send(bad, "x", -1, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_typing(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_cleared(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_finish(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_prepare(bad, "1", "2", &chat, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_post_start(bad, NULL, NULL, NULL, NULL, &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_post(bad, "x", -1, &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_post_finish(bad, &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_keystroke(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_set_timeout(bad, 1, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_check(bad, 0, NULL, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_next(bad, -1, &event, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_set_user_data(bad, &number, NULL, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_interactions_list(bad, &list, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_outbox_list(bad, &outbox, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_outbox_count(bad, &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_cancel(bad, 1, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_conversation_cancel(bad, &number, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_flush(bad, 0, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_pause(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_client_resume(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_event_ack(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_event_nack(bad, &error), OMNIZE_E_HANDLE, why);
    EXPECT_FAILS(omnize_event_keep(bad, &event, &error), OMNIZE_E_HANDLE, why);

    EXPECT(omnize_client_webhook_url(bad, &number) == NULL);
    EXPECT(omnize_conversation_client_id(bad, &number) == NULL);
    EXPECT(omnize_conversation_department(bad, &number) == NULL);
    EXPECT(omnize_conversation_current_department(bad, &number) == NULL);
    EXPECT(omnize_conversation_state(bad) == 0 && omnize_conversation_user_data(bad) == NULL);
    EXPECT(omnize_interactions_count(bad) == 0);
    EXPECT(omnize_interactions_client_id(bad, 0, &number) == NULL);
    EXPECT(omnize_interactions_department(bad, 0, &number) == NULL);
    EXPECT(omnize_interactions_current_department(bad, 0, &number) == NULL);
    EXPECT(omnize_interactions_bot_id(bad, 0, &number) == NULL);
    EXPECT(omnize_interactions_state(bad, 0) == 0);
    EXPECT(omnize_interactions_since(bad, 0) == 0);
    EXPECT(omnize_snapshot_bucket_count(bad) == 0 && omnize_snapshot_bucket_limit(bad, 0) == -1);
    EXPECT(omnize_snapshot_bucket_attempts(bad, 0) == 0 && omnize_snapshot_total_seconds(bad) == 0);
    EXPECT(omnize_snapshot_json(bad, &number) == NULL && omnize_snapshot_prometheus(bad, &number) == NULL);
    EXPECT(omnize_outbox_count(bad) == 0);
    EXPECT(omnize_outbox_ticket(bad, 0) == 0);
    EXPECT(omnize_outbox_client_id(bad, 0, &number) == NULL);
    EXPECT(omnize_outbox_reference(bad, 0, &number) == NULL);
    EXPECT(omnize_outbox_request_kind(bad, 0) == 0);
    EXPECT(omnize_outbox_age(bad, 0) == 0);
    EXPECT(omnize_outbox_attempts(bad, 0) == 0);
    EXPECT(omnize_outbox_in_progress(bad, 0) == 0);
    EXPECT(omnize_outbox_last_status(bad, 0) == OMNIZE_OK);
    EXPECT(omnize_outbox_last_message(bad, 0, &number) == NULL);
    EXPECT(omnize_event_outcome_ticket(bad) == 0);
    EXPECT(omnize_event_outcome_delivery(bad) == OMNIZE_DELIVERY_NONE);
    EXPECT(omnize_event_outcome_status(bad) == OMNIZE_E_HANDLE);
    EXPECT(omnize_event_outcome_http_status(bad) == 0);
    EXPECT(omnize_event_kind(bad) == 0);
    EXPECT(omnize_event_client_id(bad, &number) == NULL);
    EXPECT(omnize_event_text(bad, &number) == NULL);
    EXPECT(omnize_event_raw(bad, &number) == NULL);
    EXPECT(omnize_event_replaced(bad) == 0);
    EXPECT(omnize_event_sequence(bad) == 0);
    EXPECT(omnize_event_received_at(bad) == 0);
    EXPECT(omnize_error_status(bad) == OMNIZE_E_HANDLE);
    EXPECT(omnize_error_message(bad, &number) == NULL);
    EXPECT(omnize_error_body(bad, &number) == NULL);
    EXPECT(omnize_error_http_status(bad) == 0);
    EXPECT(omnize_error_delivery(bad) == OMNIZE_DELIVERY_NONE);
    EXPECT(omnize_error_retryable(bad) == 0);
    EXPECT(omnize_error_retry_after(bad) == -1);
    EXPECT(omnize_error_events_left(bad) == 0 && omnize_error_requests_left(bad) == 0);

    omnize_config_free(bad);
    omnize_client_free(bad);
    omnize_conversation_free(bad);
    omnize_event_free(bad);
    omnize_interactions_free(bad);
    omnize_snapshot_free(bad);
    omnize_error_free(bad);

    EXPECT(client == NULL && chat == NULL && event == NULL && list == NULL && snapshot == NULL && text == NULL &&
           object == NULL && number == -7);
}

static void test_freed_handles(void) {
    omnize_error *error = NULL;
    omnize_config *config = NULL;
    omnize_client *client;
    omnize_conversation *chat = NULL;
    omnize_event *event = NULL;
    const char *text;

    EXPECT_OK(omnize_config_new(&config, &error));
    omnize_config_free(config);
    omnize_config_free(config);
    EXPECT_FAILS(omnize_config_set(config, "token", "t", &error), OMNIZE_E_HANDLE, "freed already");
    EXPECT_FAILS(omnize_config_get(config, "token", &text, &error), OMNIZE_E_HANDLE, "freed already");

    client = client_with(NONE);
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    deliver(client, "{\"status\":\"typing\",\"clientId\":\"12\"}");
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));

    omnize_event_free(event);
    omnize_event_free(event);
    EXPECT(omnize_event_kind(event) == 0);
    EXPECT_FAILS(omnize_event_keep(event, &event, &error), OMNIZE_E_HANDLE, "freed already");

    omnize_client_free(client);
    omnize_client_free(client);
    EXPECT_FAILS(omnize_client_poll(client, 0, 0, NULL, &error), OMNIZE_E_HANDLE, "freed already");

    EXPECT_FAILS(omnize_conversation_send(chat, "x", -1, &error), OMNIZE_E_CLOSED, "closed");
    omnize_conversation_free(chat);
    omnize_conversation_free(chat);
    EXPECT_FAILS(omnize_conversation_send(chat, "x", -1, &error), OMNIZE_E_HANDLE, "freed already");
}

static void test_handles_of_another_type(void) {
    omnize_error *error = NULL;
    omnize_config *config = NULL;
    omnize_client *client = client_with(NONE);

    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_FAILS(omnize_client_poll((omnize_client *)config, 0, 0, NULL, &error), OMNIZE_E_HANDLE,
                 "is an omnize_config");
    EXPECT_FAILS(omnize_config_set((omnize_config *)client, "token", "t", &error), OMNIZE_E_HANDLE,
                 "is an omnize_client");
    omnize_config_free((omnize_config *)client);
    EXPECT(poll_now(client) == 0);
    omnize_client_free(client);
    omnize_config_free(config);
}

int main(void) {
    int local = 0;

    expect_bad_handle(NULL, "is NULL");
    expect_bad_handle(&local, "not from this library");
    expect_bad_handle((void *)~(uintptr_t)0, "not from this library");
    test_freed_handles();
    test_handles_of_another_type();
    EXPECT(omnize_client_poll(NULL, 0, 0, NULL, NULL) == OMNIZE_E_HANDLE);
    return 0;
}
