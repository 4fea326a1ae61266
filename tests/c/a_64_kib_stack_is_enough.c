/* windows: no (it makes stacks with mmap) */
/* Every function works on a thread with a stack of 64 KiB between guard pages: requests, name resolution, a TLS
 * handshake, callbacks, deeply nested JSON, errors. */
#include <limits.h>
#include <sys/mman.h>

#include "process.h"
#include "account_lists.h"
#include "account_posts.h"
#include "outbox.h"
#include "server.h"

#define STACK (64 * 1024)
#define PAGE 4096
#define DEEP 100000
#define TRIGGER "{\"message\":\"oi\",\"clientId\":\"12\"}"

static char *deep_json;
static struct server accepting, telling, deep, silent_tls;

/* Responds with deeply nested JSON. */
static void respond_with_deep_json(int connection, void *data) {
    char head[200];
    (void)data;
    while (receive_message(connection) > 0) {
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", DEEP);
        send_all(connection, head, strlen(head));
        send_all(connection, deep_json, DEEP);
    }
}

/* Accepts each request, and responds to each query. */
static void respond_to_queries(int connection, void *data) {
    static const char answer[] = "{\"interaction_hash\":\"h1\",\"agents\":[{\"id\":4,\"name\":\"Ana\"}],\"count\":9,"
                                 "\"averageService\":2.5,\"departments\":[{\"id\":3,\"name\":\"Vendas\",\"state\":1,"
                                 "\"queue\":2,\"channels\":[{\"id\":7,\"name\":\"chat\",\"state\":0}]}]}";
    char head[200];
    (void)data;
    while (receive_message(connection) > 0) {
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", (int)strlen(answer));
        send_all(connection, head, strlen(head));
        send_all(connection, answer, strlen(answer));
    }
}

/* Reads the start of the client's handshake and closes. */
static void hang_up(int connection, void *data) {
    (void)data;
    receive(connection, 100);
}

static void on_log(int32_t level, const char *message, void *count) {
    EXPECT(level > 0 && message != NULL);
    __atomic_fetch_add((int *)count, 1, __ATOMIC_RELAXED);
}

static void on_event(const omnize_event *event, void *count) {
    omnize_event *kept = NULL;
    omnize_error *error = NULL;
    EXPECT_OK(omnize_event_keep(event, &kept, &error));
    EXPECT_OK(omnize_event_nack(kept, &error));
    EXPECT_OK(omnize_event_ack(kept, &error));
    omnize_event_free(kept);
    __atomic_fetch_add((int *)count, 1, __ATOMIC_RELAXED);
}

static void test_tables(void) {
    int32_t at;

    EXPECT(strcmp(omnize_version(), OMNIZE_VERSION) == 0 && omnize_abi_version() == OMNIZE_ABI_VERSION);
    EXPECT(omnize_calling_convention() == OMNIZE_CALLING_CONVENTION);
    EXPECT(omnize_has_feature("listener") == 1);
    EXPECT(strcmp(omnize_event_kind_name(OMNIZE_EVENT_MESSAGE), "message") == 0);
    EXPECT(strcmp(omnize_check_level_name(OMNIZE_CHECK_ACCOUNT), "account") == 0);
    EXPECT(omnize_delivery_name(0) != NULL && omnize_state_name(1) != NULL && omnize_request_kind_name(1) != NULL);
    EXPECT(omnize_media_kind_name(1) != NULL && omnize_speaker_name(1) != NULL && omnize_log_level_name(1) != NULL);
    for (at = 0; at < omnize_status_count(); at++) {
        EXPECT(omnize_status_name(omnize_status_at(at)) != NULL);
        EXPECT(omnize_status_description(omnize_status_at(at)) != NULL);
    }
    for (at = 0; at < omnize_option_count(); at++) {
        EXPECT(omnize_option_name(at) != NULL && omnize_option_type(at) != NULL);
        EXPECT(omnize_option_default(at) != NULL && omnize_option_description(at) != NULL);
    }
    for (at = 0; at < omnize_statistic_count(); at++)
        EXPECT(omnize_statistic_name(at) != NULL && omnize_statistic_kind(at) != NULL &&
               omnize_statistic_description(at) != NULL);
}

static void read_snapshot(const omnize_client *client) {
    omnize_snapshot *snapshot = NULL;
    omnize_error *error = NULL;
    int64_t value = 0, at;

    EXPECT_OK(omnize_client_snapshot(client, &snapshot, &error));
    EXPECT_OK(omnize_snapshot_value(snapshot, "received", &value, &error));
    EXPECT(value == 1 && omnize_snapshot_total_seconds(snapshot) == 0);
    for (at = 0; at < omnize_snapshot_bucket_count(snapshot); at++)
        EXPECT(omnize_snapshot_bucket_limit(snapshot, at) != 0 && omnize_snapshot_bucket_attempts(snapshot, at) == 0);
    EXPECT(omnize_snapshot_json(snapshot, NULL) != NULL && omnize_snapshot_prometheus(snapshot, NULL) != NULL);
    omnize_snapshot_free(snapshot);
}

static void test_configurations(void) {
    char path[] = "/tmp/omnize-XXXXXX";
    int file = mkstemp(path);
    omnize_config *config = NULL;
    omnize_error *error = NULL;
    const char *value = NULL;

    EXPECT(file >= 0 && write(file, "[listen]\npath = /hook\n", 22) == 22);
    close(file);
    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_OK(omnize_config_set(config, "token", "t", &error));
    EXPECT_OK(omnize_config_load_env(config, &error));
    EXPECT_OK(omnize_config_load_file(config, path, &error));
    EXPECT_OK(omnize_config_get(config, "listen.path", &value, &error));
    EXPECT(strcmp(value, "/hook") == 0);
    unlink(path);
    EXPECT_FAILS(omnize_config_load_file(config, path, &error), OMNIZE_E_FILE, path);
    EXPECT_FAILS(omnize_config_set(config, "timeout", "soon", &error), OMNIZE_E_VALUE, "timeout");
    omnize_config_free(config);
    EXPECT_FAILS(omnize_config_set(config, "timeout", "1", &error), OMNIZE_E_HANDLE, "freed");
}

static void send_every_request(const char *url, omnize_status expected) {
    const char *options[] = {"base_url", url, "timeout", "60000", "encoding", "windows-1252", NULL};
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    EXPECT(omnize_client_check(client, 0, NULL, NULL) == expected);
    EXPECT(omnize_conversation_start(client, "1", "12", "Jo\xE3o", "j@example.com", "1", "2", &chat, NULL) == expected);
    if (expected != OMNIZE_OK) EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    EXPECT(strcmp(omnize_conversation_client_id(chat, NULL), "12") == 0);
    EXPECT(strcmp(omnize_conversation_department(chat, NULL), "1") == 0);
    EXPECT(strcmp(omnize_conversation_current_department(chat, NULL), "1") == 0);
    EXPECT(omnize_conversation_send(chat, "ol\xE1", -1, &error) == expected);
    EXPECT(expected == OMNIZE_OK || omnize_error_status(error) == expected);
    EXPECT(expected == OMNIZE_OK || (omnize_error_message(error, NULL) && omnize_error_body(error, NULL)));
    EXPECT(omnize_error_http_status(error) == 0 && omnize_error_retryable(error) < 2 &&
           omnize_error_retry_after(error) == -1 && omnize_error_events_left(error) == 0 &&
           omnize_error_requests_left(error) == 0);
    EXPECT(expected == OMNIZE_OK || omnize_error_delivery(error) != OMNIZE_DELIVERY_NONE);
    omnize_error_free(error);
    EXPECT(omnize_conversation_typing(chat, NULL) == expected);
    EXPECT(omnize_conversation_cleared(chat, NULL) == expected);
    EXPECT(omnize_conversation_finish(chat, NULL) == expected);
    omnize_conversation_free(chat);
    error = NULL;
    EXPECT_OK(omnize_client_close(client, 1000, NULL, NULL, &error));
    omnize_client_free(client);
}

static void test_requests(void) {
    char url[100];

    send_every_request(accepting.url, OMNIZE_OK);
    send_every_request(deep.url, OMNIZE_OK);
    snprintf(url, sizeof url, "http://localhost:%d/", accepting.port);
    send_every_request(url, OMNIZE_OK);
    send_every_request("http://nobody.invalid/", OMNIZE_E_UNREACHABLE);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", silent_tls.port);
    send_every_request(url, OMNIZE_E_TLS);
}

/* {}, compressed with gzip. */
static const char gzipped[] =
    "\037\213\010\000\000\000\000\000\002\003\253\256\005\000\103\277\246\243\002\000\000\000";

static void receive_events(int polls) {
    const char *const options[] = {"listen", "127.0.0.1:0", NULL};
    omnize_client *client = client_with(options);
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t number = 0;
    void *handle = NULL;
    int called = 0;

    EXPECT(strncmp(omnize_client_webhook_url(client, NULL), "http://", 7) == 0);
    EXPECT_OK(omnize_client_wake_fd(client, &number, &error));
    EXPECT_FAILS(omnize_client_wake_handle(client, &handle, &error), OMNIZE_E_UNSUPPORTED, "omnize_client_wake_fd");
    EXPECT_FAILS(omnize_client_wake_message(client, NULL, 0x8000, &error), OMNIZE_E_UNSUPPORTED,
                 "omnize_client_wake_fd");
    EXPECT_FAILS(omnize_client_deliver_compressed(client, gzipped, sizeof gzipped - 1, NULL, "gzip", &error),
                 OMNIZE_E_NO_CLIENT_ID, "");
    EXPECT_OK(omnize_client_deliver(client, TRIGGER, -1, "text/plain; charset=iso-8859-1", &error));
    EXPECT_FAILS(omnize_client_deliver(client, deep_json, DEEP, NULL, &error), OMNIZE_E_NOT_JSON, "");
    EXPECT_FAILS(omnize_client_deliver(client, "{}", -1, NULL, &error), OMNIZE_E_NO_CLIENT_ID, "");
    if (polls) {
        EXPECT_OK(omnize_client_subscribe(client, 0, NULL, on_event, &called, NULL, &number, &error));
        EXPECT_OK(omnize_client_poll(client, 0, 0, NULL, &error));
        EXPECT(called == 1);
        EXPECT_OK(omnize_client_unsubscribe(client, number, &error));
    } else {
        EXPECT_OK(omnize_client_next(client, 0, &event, &error));
        EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_MESSAGE && omnize_event_sequence(event) == 1);
        EXPECT(strcmp(omnize_event_text(event, NULL), "oi") == 0 && omnize_event_replaced(event) == 0);
        EXPECT(strcmp(omnize_event_client_id(event, NULL), "12") == 0 && omnize_event_redelivered(event) == 0);
        EXPECT(omnize_event_raw(event, NULL) != NULL && omnize_event_received_at(event) > 0);
        omnize_event_free(event);
    }
    EXPECT_OK(omnize_client_statistic(client, "received", &number, &error));
    EXPECT(number == 1);
    read_snapshot(client);
    omnize_client_free(client);
}

static void test_dispatch(void) {
    omnize_client *client = plain_client();
    omnize_error *error = NULL;
    int called = 0;

    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, on_event, &called, NULL, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    deliver(client, TRIGGER);
    EXPECT_OK(omnize_client_close(client, 30000, NULL, NULL, &error));
    EXPECT(called == 1);
    omnize_client_free(client);
}

/* A trigger with a deeply nested unknown field is accepted or rejected, and the next one is accepted. */
static void test_deep_triggers(void) {
    omnize_client *client = plain_client();
    char *body = malloc(2 * DEEP + 100);
    omnize_status status;

    EXPECT(body != NULL);
    strcpy(body, "{\"clientId\":\"12\",\"status\":\"typing\",\"deep\":");
    memset(body + strlen(body), '[', DEEP + 1);
    memset(strchr(body, '[') + DEEP, ']', DEEP);
    strcpy(strchr(body, '[') + 2 * DEEP, "}");
    status = omnize_client_deliver(client, body, -1, NULL, NULL);
    EXPECT(status == OMNIZE_OK || status == OMNIZE_E_NOT_JSON);
    deliver(client, TRIGGER);
    free(body);
    omnize_client_free(client);
}

static void test_store(void) {
    char folder[] = "/tmp/omnize-XXXXXX";
    char path[64], command[100];
    const char *options[] = {"store", path, NULL};
    omnize_client *client;
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    if (!omnize_has_feature("store")) return;
    EXPECT(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/store", folder);
    client = client_with(options);
    deliver(client, TRIGGER);
    EXPECT_OK(omnize_client_close(client, 30000, NULL, NULL, &error));
    omnize_client_free(client);
    client = client_with(options);
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(omnize_event_redelivered(event) == 1);
    omnize_event_free(event);
    omnize_client_free(client);
    snprintf(command, sizeof command, "rm -r %s", folder);
    EXPECT(system(command) == 0);
}

static void test_interaction_list(omnize_client *client) {
    omnize_conversation *chat = NULL;
    omnize_interactions *list = NULL;
    omnize_error *error = NULL;
    int64_t length = 0;

    EXPECT_OK(omnize_conversation_attach(client, "sales", "14", &chat, &error));
    EXPECT_OK(omnize_interactions_list(client, &list, &error));
    omnize_conversation_free(chat);
    EXPECT(omnize_interactions_count(list) == 1);
    EXPECT(strcmp(omnize_interactions_client_id(list, 0, &length), "14") == 0 && length == 2);
    EXPECT(strcmp(omnize_interactions_department(list, 0, &length), "sales") == 0 && length == 5);
    EXPECT(strcmp(omnize_interactions_current_department(list, 0, &length), "sales") == 0 && length == 5);
    EXPECT(omnize_interactions_bot_id(list, 0, &length) == NULL && length == 0);
    EXPECT(omnize_interactions_state(list, 0) == OMNIZE_STATE_ACTIVE);
    EXPECT(omnize_interactions_since(list, 0) > 0);
    length = 7;
    EXPECT(omnize_interactions_client_id(list, 1, &length) == NULL && length == 0);
    EXPECT(omnize_interactions_state(list, -1) == 0);
    omnize_interactions_free(list);
}

static void test_posted_requests(void) {
    const char *options[] = {"base_url", accepting.url, NULL};
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t ticket = 0;
    int left = 3;

    EXPECT_OK(omnize_conversation_prepare(client, "1", "13", &chat, &error));
    EXPECT_OK(omnize_conversation_set_timeout(chat, 30000, &error));
    EXPECT_OK(omnize_conversation_post_start(chat, "Jo", NULL, NULL, NULL, &ticket, &error));
    EXPECT_OK(omnize_conversation_keystroke(chat, &error));
    EXPECT_OK(omnize_conversation_post(chat, "oi", -1, &ticket, &error));
    EXPECT_OK(omnize_conversation_post_finish(chat, &ticket, &error));
    while (left-- > 0) {
        EXPECT_OK(omnize_client_next(client, 30000, &event, &error));
        EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_ACCEPTED);
        EXPECT(omnize_event_outcome_ticket(event) == ticket - left);
        EXPECT(omnize_event_outcome_status(event) == OMNIZE_OK && omnize_event_outcome_http_status(event) == 0);
        omnize_event_free(event);
    }
    EXPECT(omnize_conversation_state(chat) == OMNIZE_STATE_FINISHED);
    EXPECT_OK(omnize_conversation_set_user_data(chat, &left, NULL, &error));
    EXPECT(omnize_conversation_user_data(chat) == &left);
    EXPECT_OK(omnize_conversation_next(chat, -1, &event, &error));
    EXPECT(event == NULL);
    omnize_conversation_free(chat);
    test_interaction_list(client);
    expect_outbox_works(client);
    omnize_client_free(client);
}

static void test_shared_listener(void) {
    omnize_config *config = NULL;
    omnize_listener *listener = NULL;
    omnize_client *client = plain_client();
    omnize_error *error = NULL;
    int64_t number = -1;

    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_OK(omnize_config_set(config, "listen", "127.0.0.1:0", &error));
    EXPECT_OK(omnize_listener_open(config, &listener, &error));
    omnize_config_free(config);
    EXPECT_OK(omnize_listener_attach(listener, client, NULL, &error));
    EXPECT(strncmp(omnize_listener_url(listener, client, NULL), "http://", 7) == 0);
    EXPECT_OK(omnize_listener_statistic(listener, "wrong_path", &number, &error));
    EXPECT(number == 0);
    EXPECT_OK(omnize_listener_detach(listener, client, &error));
    EXPECT_OK(omnize_listener_close(listener, 1000, &error));
    omnize_listener_free(listener);
    omnize_client_free(client);
}

static void set(omnize_request *request, const char *name, const char *value) {
    omnize_error *error = NULL;
    EXPECT_OK(omnize_request_set(request, name, value, -1, &error));
}

static void test_event_details(omnize_client *client) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    deliver(client, "{\"interaction_hash\":\"h1\",\"message\":{\"hash\":\"m\",\"content\":\"veja\",\"type\":\"image\","
                    "\"url\":\"u\"},\"agent\":{\"id\":4,\"name\":\"Ana\"},\"external_id\":\"55\",\"department_id\":3,"
                    "\"position\":2,\"extra\":{\"clientId\":\"12\",\"botId\":\"b\",\"order\":1}}");
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(omnize_event_position(event) == 2 && omnize_event_media_kind(event) == OMNIZE_MEDIA_IMAGE);
    EXPECT(strcmp(omnize_event_department(event, NULL), "3") == 0);
    EXPECT(strcmp(omnize_event_agent_id(event, NULL), "4") == 0);
    EXPECT(strcmp(omnize_event_agent_name(event, NULL), "Ana") == 0);
    EXPECT(strcmp(omnize_event_media_url(event, NULL), "u") == 0);
    EXPECT(strcmp(omnize_event_message_hash(event, NULL), "m") == 0);
    EXPECT(strcmp(omnize_event_interaction_hash(event, NULL), "h1") == 0);
    EXPECT(strcmp(omnize_event_external_id(event, NULL), "55") == 0 && *omnize_event_bot_id(event, NULL) == 'b');
    EXPECT(strcmp(omnize_event_extra(event, NULL), "{\"order\":1}") == 0);
    omnize_event_free(event);
}

static void test_history(omnize_client *client) {
    omnize_history *history = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_history_new(client, &history, &error));
    EXPECT_OK(omnize_history_add(history, OMNIZE_SPEAKER_CUSTOMER, "Jo", 0, "oi", -1, OMNIZE_MEDIA_NONE, NULL, &error));
    EXPECT_FAILS(omnize_history_add(history, 9, NULL, 0, "oi", -1, 0, NULL, &error), OMNIZE_E_ARGUMENT, "speaker");
    EXPECT(strstr(omnize_history_json(history, NULL), "\"date\":\"1970-01-01T00:00:00.000Z\"") != NULL);
    omnize_history_free(history);
}

static void test_outcome(omnize_client *client, int64_t ticket) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_client_next(client, 30000, &event, &error));
    EXPECT(omnize_event_outcome_ticket(event) == ticket);
    EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_ACCEPTED);
    omnize_event_free(event);
}

static void test_later_dialect(void) {
    const char *options[] = {"dialect", "interactions", "base_url", telling.url, NULL};
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL, *bot = NULL;
    omnize_request *request = NULL;
    omnize_error *error = NULL;
    int64_t ticket = 0;

    EXPECT_OK(omnize_conversation_prepare(client, "3", "12", &chat, &error));
    EXPECT(*omnize_conversation_interaction_hash(chat, NULL) == '\0');
    EXPECT_OK(omnize_request_new(client, OMNIZE_REQUEST_START, &request, &error));
    set(request, "extra", "{\"order\":1}");
    EXPECT_OK(omnize_conversation_request(chat, request, &error));
    omnize_request_free(request);
    EXPECT(strcmp(omnize_conversation_interaction_hash(chat, NULL), "h1") == 0);
    EXPECT_OK(omnize_request_new(client, OMNIZE_REQUEST_UPDATE, &request, &error));
    set(request, "mood", "POSITIVE");
    EXPECT_OK(omnize_conversation_post_request(chat, request, &ticket, &error));
    test_outcome(client, ticket);
    omnize_request_free(request);
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_conversation_attach_to(client, "3", "13", "h2", &chat, &error));
    EXPECT(strcmp(omnize_conversation_interaction_hash(chat, NULL), "h2") == 0);
    omnize_conversation_free(chat);

    EXPECT_OK(omnize_request_new(client, OMNIZE_REQUEST_OFF_HOURS, &request, &error));
    set(request, "email", "jo@example.com");
    EXPECT_OK(omnize_client_off_hours(client, "3", request, &error));
    EXPECT(strcmp(omnize_request_interaction_hash(request, NULL), "h1") == 0);
    omnize_request_free(request);

    EXPECT_OK(omnize_bot_attach(client, "h3", &bot, &error));
    EXPECT_OK(omnize_bot_accept(bot, &error));
    EXPECT_OK(omnize_bot_transfer(bot, NULL, &error));
    omnize_conversation_free(bot);
    EXPECT_OK(omnize_bot_attach(client, "h4", &bot, &error));
    EXPECT_OK(omnize_bot_post_accept(bot, &ticket, &error));
    test_outcome(client, ticket);
    EXPECT_OK(omnize_bot_post_transfer(bot, "2", &ticket, &error));
    test_outcome(client, ticket);
    omnize_conversation_free(bot);
    expect_account_lists_work(client);
    expect_account_posts_work(client);
    test_history(client);
    test_event_details(client);
    omnize_client_free(client);
}

static void *run_all(void *unused) {
    omnize_error *error = NULL;
    int logged = 0;

    (void)unused;
    EXPECT_OK(omnize_log_set(OMNIZE_LOG_DEBUG, on_log, &logged, NULL, &error));
    test_tables();
    test_configurations();
    test_requests();
    receive_events(1);
    receive_events(0);
    test_dispatch();
    test_deep_triggers();
    test_store();
    test_posted_requests();
    test_shared_listener();
    test_later_dialect();
    EXPECT_OK(omnize_log_set(OMNIZE_LOG_OFF, NULL, NULL, NULL, &error));
    EXPECT(logged > 0);
    return NULL;
}

int main(void) {
    char *stack = mmap(NULL, STACK + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;

    deep_json = malloc(DEEP);
    EXPECT(deep_json != NULL);
    memset(deep_json, '[', DEEP);
    server_open(&accepting, accept_all, NULL);
    server_open(&telling, respond_to_queries, NULL);
    server_open(&deep, respond_with_deep_json, NULL);
    server_open(&silent_tls, hang_up, NULL);

    EXPECT(stack != MAP_FAILED && mprotect(stack + PAGE, STACK, PROT_READ | PROT_WRITE) == 0);
    EXPECT(pthread_attr_init(&attributes) == 0);
    EXPECT(pthread_attr_setstack(&attributes, stack + PAGE, STACK) == 0);
    EXPECT(pthread_create(&thread, &attributes, run_all, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&attributes);
    munmap(stack, STACK + 2 * PAGE);
    server_close(&accepting);
    server_close(&telling);
    server_close(&deep);
    server_close(&silent_tls);
    free(deep_json);
    return 0;
}
