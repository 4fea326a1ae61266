/* Each kind of bad input has its own status and a helpful message, and changes nothing. */

#include "expect.h"
#include "server.h"

#ifdef _WIN32
#define MISSING_FILE "C:\\nowhere\\omnize.ini"
#else
#define MISSING_FILE "/nowhere/omnize.ini"
#endif

static void ignore_event(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
}

static void count_call(void *user_data) {
    ++*(int *)user_data;
}

static void test_options(void) {
    omnize_error *error = NULL;
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    const char *value = NULL;

    EXPECT_FAILS(omnize_config_new(NULL, &error), OMNIZE_E_ARGUMENT, "config is NULL");
    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_FAILS(omnize_config_set(config, "colour", "red", &error), OMNIZE_E_OPTION, "list of options");
    EXPECT_FAILS(omnize_config_set(config, "timeout", "soon", &error), OMNIZE_E_VALUE, "milliseconds");
    EXPECT_FAILS(omnize_config_set(config, "token", "line\nend", &error), OMNIZE_E_VALUE, "control characters");
    EXPECT_FAILS(omnize_config_set(config, NULL, "x", &error), OMNIZE_E_ARGUMENT, "name is NULL");
    EXPECT_FAILS(omnize_config_set(config, "token", NULL, &error), OMNIZE_E_ARGUMENT, "value is NULL");
    EXPECT_FAILS(omnize_config_set(config, "token", "\xE1", &error), OMNIZE_E_ENCODING, "byte 0");
    EXPECT_FAILS(omnize_config_load_file(config, MISSING_FILE, &error), OMNIZE_E_FILE, MISSING_FILE);
    EXPECT_FAILS(omnize_client_open(config, &client, &error), OMNIZE_E_TOKEN, "portal");
    EXPECT_OK(omnize_config_set(config, "token", "", &error));
    EXPECT_FAILS(omnize_client_open(config, &client, &error), OMNIZE_E_TOKEN, "portal");
    EXPECT_OK(omnize_config_set(config, "token", "segredo", &error));
    EXPECT_FAILS(omnize_client_open(config, NULL, &error), OMNIZE_E_ARGUMENT, "client is NULL");
    EXPECT_OK(omnize_config_set(config, "listen", "192.0.2.1:80", &error));
    EXPECT_FAILS(omnize_client_open(config, &client, &error), OMNIZE_E_LISTEN, "192.0.2.1:80");
    EXPECT_OK(omnize_config_get(config, "timeout", &value, &error));
    EXPECT(strcmp(value, "30000") == 0);
    EXPECT_OK(omnize_config_get(config, "token", &value, &error));
    EXPECT(strcmp(value, "[redacted]") == 0);
    EXPECT_FAILS(omnize_config_get(config, "colour", &value, &error), OMNIZE_E_OPTION, "list of options");
    EXPECT_FAILS(omnize_config_get(config, "tokens", &value, &error), OMNIZE_E_OPTION, "did you mean token?");
    /* Swapped arguments: the name may be a secret. */
    EXPECT(omnize_config_set(config, "s3cr3t", "token", &error) == OMNIZE_E_OPTION);
    EXPECT(strstr(omnize_error_message(error, NULL), "s3cr3t") == NULL);
    omnize_error_free(error);
    error = NULL;
    EXPECT(client == NULL);
    omnize_config_free(config);
}

static void test_arguments(void) {
    omnize_error *error = NULL;
    omnize_client *client = plain_client();
    omnize_conversation *chat = NULL;
    omnize_snapshot *snapshot = NULL;
    int64_t number = 0;
    int destroyed = 0;

    EXPECT_FAILS(omnize_conversation_attach(client, NULL, "12", &chat, &error), OMNIZE_E_DEPARTMENT, "department");
    EXPECT_FAILS(omnize_conversation_attach(client, "", "12", &chat, &error), OMNIZE_E_DEPARTMENT, "department");
    EXPECT_FAILS(omnize_conversation_attach(client, "1", NULL, &chat, &error), OMNIZE_E_CLIENT_ID, "client id");
    EXPECT_FAILS(omnize_conversation_attach(client, "1", "\xC3", &chat, &error), OMNIZE_E_ENCODING, "client_id");
    EXPECT_FAILS(omnize_conversation_attach(client, "1", "12", NULL, &error), OMNIZE_E_ARGUMENT, "conversation");
    EXPECT_FAILS(omnize_conversation_start(client, "1", "12", "\xE1", NULL, NULL, NULL, &chat, &error),
                 OMNIZE_E_ENCODING, "name is not valid UTF-8 at byte 0");
    EXPECT(chat == NULL);
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    EXPECT_FAILS(omnize_conversation_send(chat, NULL, -1, &error), OMNIZE_E_ARGUMENT, "text is NULL");
    EXPECT_FAILS(omnize_conversation_send(chat, "x", -2, &error), OMNIZE_E_ARGUMENT, "-2");
    EXPECT_FAILS(omnize_conversation_send(chat, "ab\xFF", 3, &error), OMNIZE_E_ENCODING, "byte 2");

    EXPECT_FAILS(omnize_client_subscribe(client, 99, NULL, ignore_event, &destroyed, count_call, NULL, &error),
                 OMNIZE_E_ARGUMENT, "99");
    EXPECT_FAILS(omnize_client_subscribe(client, 0, NULL, NULL, &destroyed, count_call, NULL, &error),
                 OMNIZE_E_ARGUMENT, "callback");
    EXPECT(destroyed == 2);
    EXPECT_FAILS(omnize_client_unsubscribe(client, 77, &error), OMNIZE_E_ARGUMENT, "77");
    EXPECT_FAILS(omnize_client_poll(client, 0, -2, NULL, &error), OMNIZE_E_ARGUMENT, "-2");
    EXPECT_FAILS(omnize_client_poll(client, -1, 0, NULL, &error), OMNIZE_E_ARGUMENT, "maximum is -1");
    EXPECT_FAILS(omnize_client_poll(client, INT64_MIN, 0, NULL, &error), OMNIZE_E_ARGUMENT, "maximum");
    EXPECT_FAILS(omnize_client_check(client, -1, NULL, &error), OMNIZE_E_ARGUMENT, "timeout_ms is -1");
    EXPECT_FAILS(omnize_client_statistic(client, "love", NULL, &error), OMNIZE_E_ARGUMENT, "value");
    EXPECT_FAILS(omnize_client_snapshot(client, NULL, &error), OMNIZE_E_ARGUMENT, "snapshot");
    EXPECT_OK(omnize_client_snapshot(client, &snapshot, &error));
    EXPECT_FAILS(omnize_snapshot_value(snapshot, "love", &number, &error), OMNIZE_E_ARGUMENT, "requests_accepted");
    EXPECT_FAILS(omnize_snapshot_value(snapshot, NULL, &number, &error), OMNIZE_E_ARGUMENT, "name");
    EXPECT_FAILS(omnize_snapshot_value(snapshot, "received", NULL, &error), OMNIZE_E_ARGUMENT, "value");
    EXPECT_FAILS(omnize_snapshot_value(snapshot, "\xE1", &number, &error), OMNIZE_E_ENCODING, "name");
    EXPECT(omnize_snapshot_bucket_limit(snapshot, -1) == -1 && omnize_snapshot_bucket_limit(snapshot, 13) == -1);
    EXPECT(omnize_snapshot_bucket_attempts(snapshot, -1) == 0 && omnize_snapshot_bucket_attempts(snapshot, 99) == 0);
    omnize_snapshot_free(snapshot);
    EXPECT_FAILS(omnize_log_set(9, NULL, NULL, NULL, &error), OMNIZE_E_ARGUMENT, "9");
    omnize_conversation_free(chat);
    omnize_client_free(client);
}

static void test_triggers(void) {
    omnize_error *error = NULL;
    omnize_client *client = plain_client();
    int64_t unreadable = 0;

    EXPECT_FAILS(omnize_client_deliver(client, "status=typing", -1, NULL, &error), OMNIZE_E_NOT_JSON, "line 1");
    EXPECT_FAILS(omnize_client_deliver(client, "[1]", -1, NULL, &error), OMNIZE_E_NOT_JSON, "not an object");
    EXPECT_FAILS(omnize_client_deliver(client, "{\"status\":\"typing\"}", -1, NULL, &error), OMNIZE_E_NO_CLIENT_ID,
                 "clientId");
    EXPECT_FAILS(omnize_client_deliver(client, NULL, -1, NULL, &error), OMNIZE_E_ARGUMENT, "body is NULL");
    EXPECT_FAILS(omnize_client_deliver(client, NULL, 0, NULL, &error), OMNIZE_E_NOT_JSON, "line 1");
    EXPECT_OK(omnize_client_statistic(client, "unreadable", &unreadable, &error));
    EXPECT(unreadable == 4);
    omnize_client_free(client);
}

static void test_delivery_of_failed_requests(void) {
    const char *const refusing[] = {"base_url", "http://127.0.0.1:1/", NULL};
    omnize_client *client = client_with(refusing);
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    EXPECT(omnize_conversation_start(client, "1", "12", NULL, NULL, NULL, NULL, &chat, &error) == OMNIZE_E_REFUSED);
    EXPECT(omnize_error_delivery(error) == OMNIZE_DELIVERY_NOT_SENT);
    EXPECT(omnize_error_retryable(error) == 1);
    EXPECT(omnize_error_http_status(error) == 0);
    EXPECT(strcmp(omnize_error_body(error, NULL), "") == 0);
    EXPECT(strstr(omnize_error_message(error, NULL), "127.0.0.1:1") != NULL);
    EXPECT(chat == NULL);
    omnize_error_free(error);
    omnize_client_free(client);
}

static void respond_with_retry_after(int connection, void *unused) {
    const char answer[] = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";

    (void)unused;
    EXPECT(receive_message(connection) > 0);
    send_all(connection, answer, sizeof answer - 1);
}

static void test_retry_after(void) {
    struct server server;
    const char *const busy[] = {"base_url", server.url, NULL};
    omnize_conversation *chat = NULL;
    omnize_client *client;
    omnize_error *error = NULL;

    server_open(&server, respond_with_retry_after, NULL);
    client = client_with(busy);
    EXPECT(omnize_conversation_start(client, "1", "12", NULL, NULL, NULL, NULL, &chat, &error) == OMNIZE_E_REJECTED);
    EXPECT(omnize_error_http_status(error) == 429 && omnize_error_retryable(error) == 1);
    EXPECT(omnize_error_retry_after(error) == 7000);
    omnize_error_free(error);
    omnize_client_free(client);
    server_close(&server);
}

static void test_tables(void) {
    int32_t at;

    EXPECT(omnize_option_count() > 5);
    for (at = 0; at < omnize_option_count(); at++) {
        EXPECT(omnize_option_name(at)[0] != '\0' && omnize_option_type(at)[0] != '\0');
        EXPECT(omnize_option_default(at) != NULL && omnize_option_description(at)[0] != '\0');
    }
    EXPECT(omnize_option_name(-1) == NULL && omnize_option_description(omnize_option_count()) == NULL);
    EXPECT(omnize_status_count() > 20);
    for (at = 0; at < omnize_status_count(); at++) {
        EXPECT(strncmp(omnize_status_name(omnize_status_at(at)), "OMNIZE_", 7) == 0);
        EXPECT(omnize_status_description(omnize_status_at(at))[0] != '\0');
    }
    EXPECT(omnize_status_at(-1) == -1 && omnize_status_name(-1) == NULL && omnize_status_description(9999) == NULL);
    EXPECT(strcmp(omnize_status_name(OMNIZE_E_HANDLE), "OMNIZE_E_HANDLE") == 0);
    for (at = 0; at < omnize_statistic_count(); at++) {
        EXPECT(omnize_statistic_name(at)[0] != '\0' && omnize_statistic_description(at)[0] != '\0');
        EXPECT(strcmp(omnize_statistic_kind(at), "counter") == 0 || strcmp(omnize_statistic_kind(at), "gauge") == 0);
    }
    EXPECT(omnize_statistic_kind(-1) == NULL && omnize_statistic_kind(omnize_statistic_count()) == NULL);
    EXPECT(strcmp(omnize_event_kind_name(OMNIZE_EVENT_MESSAGE), "message") == 0);
    EXPECT(omnize_event_kind_name(0) == NULL);
    EXPECT(strcmp(omnize_delivery_name(OMNIZE_DELIVERY_NOT_SENT), "not sent") == 0);
    EXPECT(omnize_delivery_name(-1) == NULL && omnize_state_name(0) == NULL && omnize_request_kind_name(0) == NULL);
    EXPECT(strcmp(omnize_check_level_name(OMNIZE_CHECK_ACCOUNT), "account") == 0 && omnize_check_level_name(0) == NULL);
    EXPECT(omnize_media_kind_name(-1) == NULL && omnize_speaker_name(0) == NULL && omnize_log_level_name(-1) == NULL);
    EXPECT(strcmp(omnize_version(), OMNIZE_VERSION) == 0);
    EXPECT(omnize_abi_version() == OMNIZE_ABI_VERSION);
    EXPECT(omnize_has_feature("listener") == 1);
    EXPECT(omnize_has_feature("sandbox") == 0 && omnize_has_feature(NULL) == 0);
}

int main(void) {
    test_options();
    test_arguments();
    test_triggers();
    test_delivery_of_failed_requests();
    test_retry_after();
    test_tables();
    return 0;
}
