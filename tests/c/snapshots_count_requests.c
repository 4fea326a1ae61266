/* sandbox: --agent silent */

/* A snapshot has the number and the duration of the requests until then, as numbers and as text. It stays the same. */

#include "expect.h"

static int64_t value_of(const omnize_snapshot *snapshot, const char *name) {
    omnize_error *error = NULL;
    int64_t value = -1;

    EXPECT_OK(omnize_snapshot_value(snapshot, name, &value, &error));
    return value;
}

static omnize_snapshot *snapshot_of(const omnize_client *client) {
    omnize_snapshot *snapshot = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_client_snapshot(client, &snapshot, &error));
    return snapshot;
}

static void expect_no_requests(const omnize_snapshot *snapshot) {
    int32_t at;

    for (at = 0; at < omnize_statistic_count(); at++) EXPECT(value_of(snapshot, omnize_statistic_name(at)) == 0);
}

/* Accepted, rejected and accepted on one connection. */
static void test_values(omnize_client *client) {
    omnize_snapshot *snapshot = snapshot_of(client);
    int64_t attempts = 0, before = 0, limit, at;

    EXPECT(value_of(snapshot, "requests_accepted") == 2 && value_of(snapshot, "requests_rejected") == 1);
    EXPECT(value_of(snapshot, "requests_unknown") == 0 && value_of(snapshot, "requests_not_sent") == 0);
    EXPECT(value_of(snapshot, "requests_sent") == 3 && value_of(snapshot, "requests_retried") == 0);
    EXPECT(value_of(snapshot, "connections_opened") == 1 && value_of(snapshot, "connections_reused") == 2);
    EXPECT(value_of(snapshot, "bytes_sent") > 300 && value_of(snapshot, "bytes_received") > 100);
    EXPECT(value_of(snapshot, "in_progress") == 0 && value_of(snapshot, "outbox") == 0);
    for (at = 0; at < omnize_snapshot_bucket_count(snapshot); at++) {
        limit = omnize_snapshot_bucket_limit(snapshot, at);
        EXPECT(limit > before || (limit == -1 && at + 1 == omnize_snapshot_bucket_count(snapshot)));
        before = limit;
        attempts += omnize_snapshot_bucket_attempts(snapshot, at);
    }
    EXPECT(attempts == 3 && omnize_snapshot_total_seconds(snapshot) > 0);
    omnize_snapshot_free(snapshot);
}

static void test_texts(omnize_client *client) {
    omnize_snapshot *snapshot = snapshot_of(client);
    int64_t length = 0;
    const char *json = omnize_snapshot_json(snapshot, &length), *prometheus;

    EXPECT(json != NULL && length == (int64_t)strlen(json) && json[0] == '{' && json[length - 1] == '}');
    EXPECT(strstr(json, "\"requests_rejected\":1,") != NULL && strstr(json, "\"latency\":{\"attempts\":3,") != NULL);
    EXPECT(omnize_snapshot_json(snapshot, NULL) == json);
    prometheus = omnize_snapshot_prometheus(snapshot, &length);
    EXPECT(prometheus != NULL && length == (int64_t)strlen(prometheus) && prometheus[length - 1] == '\n');
    EXPECT(strstr(prometheus, "omnize_requests_total{result=\"rejected\"} 1\n") != NULL);
    EXPECT(strstr(prometheus, "omnize_request_duration_seconds_count 3\n") != NULL);
    EXPECT(strstr(prometheus, "cliente-21") == NULL && strstr(json, "cliente-21") == NULL);
    omnize_snapshot_free(snapshot);
}

int main(void) {
    omnize_client *client = plain_client();
    omnize_snapshot *before = snapshot_of(client);
    omnize_conversation *chat = NULL, *other = NULL;
    omnize_error *error = NULL;

    expect_no_requests(before);
    EXPECT_OK(omnize_conversation_start(client, "1", "cliente-21", "Joao", NULL, NULL, NULL, &chat, &error));
    EXPECT_OK(omnize_conversation_attach(client, "1", "nobody", &other, &error));
    EXPECT_FAILS(omnize_conversation_send(other, "oi", -1, &error), OMNIZE_E_REJECTED, "422");
    EXPECT_OK(omnize_conversation_send(chat, "oi", -1, &error));
    expect_no_requests(before);
    test_values(client);
    test_texts(client);

    EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    test_values(client);
    omnize_conversation_free(chat);
    omnize_conversation_free(other);
    omnize_client_free(client);
    expect_no_requests(before);
    omnize_snapshot_free(before);
    omnize_snapshot_free(before);
    return 0;
}
