/*
 * sandbox: --dialect interactions --agent 1=echo
 *
 * The additions of the later dialects work from C: requests field by field, blocking and posted, lists, event details.
 * An error names each field that the dialect lacks.
 */

#include "expect.h"

static omnize_client *open_client(const char *dialect, int listens) {
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_OK(omnize_config_load_env(config, &error));
    if (dialect != NULL) EXPECT_OK(omnize_config_set(config, "dialect", dialect, &error));
    if (listens) EXPECT_OK(omnize_config_set(config, "listen", "127.0.0.1:0", &error));
    EXPECT_OK(omnize_client_open(config, &client, &error));
    omnize_config_free(config);
    return client;
}

/* A request of this kind with up to two fields. */
static omnize_request *request_of(omnize_client *client, int32_t kind, const char *name, const char *value,
                                  const char *other, const char *other_value) {
    omnize_request *request = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_request_new(client, kind, &request, &error));
    if (name != NULL) EXPECT_OK(omnize_request_set(request, name, value, -1, &error));
    if (other != NULL) EXPECT_OK(omnize_request_set(request, other, other_value, -1, &error));
    return request;
}

static omnize_event *next_of(omnize_client *client, int32_t kind) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    for (;;) {
        EXPECT_OK(omnize_client_next(client, 20000, &event, &error));
        EXPECT(event != NULL);
        if (omnize_event_kind(event) == kind) return event;
        omnize_event_free(event);
    }
}

static void test_invalid_requests(omnize_client *client) {
    omnize_request *request = request_of(client, OMNIZE_REQUEST_START, NULL, NULL, NULL, NULL);
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    EXPECT_FAILS(omnize_request_set(request, "colour", "x", -1, &error), OMNIZE_E_ARGUMENT, "external_history");
    EXPECT_FAILS(omnize_request_set(request, "extra", "[]", -1, &error), OMNIZE_E_ARGUMENT, "JSON object");
    EXPECT_FAILS(omnize_request_set(request, "extra", "{\"clientId\":1}", -1, &error), OMNIZE_E_ARGUMENT, "clientId");
    EXPECT_FAILS(omnize_request_set(request, "name", NULL, -1, &error), OMNIZE_E_ARGUMENT, "value is NULL");
    omnize_request_free(request);
    EXPECT_FAILS(omnize_request_new(client, 99, &request, &error), OMNIZE_E_ARGUMENT, "99");

    EXPECT_OK(omnize_conversation_attach(client, "1", "99", &chat, &error));
    request = request_of(client, OMNIZE_REQUEST_OFF_HOURS, "text", "oi", NULL, NULL);
    EXPECT_FAILS(omnize_conversation_request(chat, request, &error), OMNIZE_E_ARGUMENT,
                 "does not belong to an interaction");
    EXPECT_FAILS(omnize_client_off_hours(client, "1", request, &error), OMNIZE_E_ARGUMENT, "email");
    EXPECT_FAILS(omnize_client_off_hours(client, "vendas", request, &error), OMNIZE_E_ARGUMENT, "email");
    omnize_request_free(request);
    EXPECT_FAILS(omnize_conversation_send(chat, "oi", -1, &error), OMNIZE_E_INTERACTION, "hash");
    EXPECT_FAILS(omnize_bot_accept(chat, &error), OMNIZE_E_ARGUMENT, "bot");
    EXPECT_FAILS(omnize_bot_post_accept(chat, NULL, &error), OMNIZE_E_ARGUMENT, "bot");
    EXPECT_FAILS(omnize_bot_post_transfer(chat, "2", NULL, &error), OMNIZE_E_ARGUMENT, "bot");
    omnize_conversation_free(chat);
}

static void test_unsupported_requests(void) {
    omnize_client *client = open_client("rest", 0);
    omnize_request *request = request_of(client, OMNIZE_REQUEST_START, "bot_id", "7", NULL, NULL);
    omnize_conversation *chat = NULL;
    omnize_departments *departments = NULL;
    omnize_agents *agents = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_conversation_prepare(client, "1", "12", &chat, &error));
    EXPECT_FAILS(omnize_conversation_request(chat, request, &error), OMNIZE_E_UNSUPPORTED, "bot_id");
    EXPECT_FAILS(omnize_conversation_post_request(chat, request, NULL, &error), OMNIZE_E_UNSUPPORTED, "gateway");
    omnize_request_free(request);
    EXPECT_FAILS(omnize_departments_list(client, "12", &departments, &error), OMNIZE_E_UNSUPPORTED, "departments");
    EXPECT_FAILS(omnize_agents_online(client, "1", &agents, &error), OMNIZE_E_UNSUPPORTED, "online_agents");
    EXPECT_FAILS(omnize_departments_post(client, "12", NULL, &error), OMNIZE_E_UNSUPPORTED, "departments");
    EXPECT_FAILS(omnize_agents_post(client, "1", NULL, &error), OMNIZE_E_UNSUPPORTED, "online_agents");
    request = request_of(client, OMNIZE_REQUEST_OFF_HOURS, "email", "joao@example.com", NULL, NULL);
    EXPECT_FAILS(omnize_client_post_off_hours(client, "1", request, NULL, &error), OMNIZE_E_UNSUPPORTED, "off_hours");
    omnize_request_free(request);
    EXPECT_FAILS(omnize_bot_attach(client, "h", &chat, &error), OMNIZE_E_UNSUPPORTED, "interactions");
    omnize_conversation_free(chat);
    omnize_client_free(client);
}

static void test_conversation(omnize_client *client) {
    omnize_conversation *chat = NULL;
    omnize_request *request = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t ticket = 0;

    EXPECT_OK(omnize_conversation_prepare(client, "1", "12", &chat, &error));
    request = request_of(client, OMNIZE_REQUEST_START, "bot_id", "7", "extra", "{\"order\":42}");
    EXPECT_OK(omnize_conversation_post_request(chat, request, &ticket, &error));
    omnize_request_free(request);
    request = request_of(client, OMNIZE_REQUEST_MESSAGE, "text", "veja", NULL, NULL);
    EXPECT_OK(omnize_conversation_request(chat, request, &error));
    omnize_request_free(request);
    EXPECT(*omnize_conversation_interaction_hash(chat, NULL) != '\0');

    event = next_of(client, OMNIZE_EVENT_MESSAGE);
    EXPECT(strcmp(omnize_event_client_id(event, NULL), "12") == 0);
    EXPECT(strcmp(omnize_event_text(event, NULL), "veja") == 0);
    EXPECT(strcmp(omnize_event_bot_id(event, NULL), "7") == 0);
    EXPECT(strcmp(omnize_event_extra(event, NULL), "{\"order\":42}") == 0);
    EXPECT(strcmp(omnize_event_interaction_hash(event, NULL), omnize_conversation_interaction_hash(chat, NULL)) == 0);
    EXPECT(*omnize_event_agent_name(event, NULL) != '\0' && *omnize_event_message_hash(event, NULL) != '\0');
    EXPECT(omnize_event_media_kind(event) == OMNIZE_MEDIA_NONE && omnize_event_position(event) == -1);
    EXPECT(*omnize_event_media_url(event, NULL) == '\0' && omnize_event_media_url(NULL, NULL) == NULL);
    omnize_event_free(event);

    request = request_of(client, OMNIZE_REQUEST_MESSAGE, "media", "image", NULL, NULL);
    EXPECT_FAILS(omnize_conversation_request(chat, request, &error), OMNIZE_E_ARGUMENT, "url");
    EXPECT_OK(omnize_request_set(request, "url", "https://example.com/a.png", -1, &error));
    EXPECT_OK(omnize_conversation_request(chat, request, &error));
    omnize_request_free(request);
    request = request_of(client, OMNIZE_REQUEST_UPDATE, "mood", "POSITIVE", "note", "volta amanhã");
    EXPECT_OK(omnize_conversation_request(chat, request, &error));
    omnize_request_free(request);
    EXPECT_OK(omnize_conversation_finish(chat, &error));
    omnize_conversation_free(chat);
}

static void test_lists(omnize_client *client) {
    omnize_departments *departments = NULL;
    omnize_agents *agents = NULL;
    omnize_request *request = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_departments_list(client, NULL, &departments, &error));
    EXPECT(omnize_departments_count(departments) >= 2 && omnize_departments_open(departments, 0) == 1);
    EXPECT(strcmp(omnize_departments_id(departments, 0, NULL), "1") == 0);
    omnize_departments_free(departments);
    EXPECT_OK(omnize_agents_online(client, "1", &agents, &error));
    EXPECT(omnize_agents_total(agents) >= 1 && omnize_agents_count(agents) >= 1);
    omnize_agents_free(agents);
    request = request_of(client, OMNIZE_REQUEST_OFF_HOURS, "text", "liguem", "email", "joao@example.com");
    EXPECT(*omnize_request_interaction_hash(request, NULL) == '\0');
    EXPECT_OK(omnize_client_off_hours(client, "1", request, &error));
    EXPECT(*omnize_request_interaction_hash(request, NULL) != '\0');
    omnize_request_free(request);
}

/* The outcome with this ticket, which is the next one and belongs to no customer. */
static omnize_event *outcome_of(omnize_client *client, int64_t ticket) {
    omnize_event *event = next_of(client, OMNIZE_EVENT_OUTCOME);

    EXPECT(omnize_event_outcome_ticket(event) == ticket && *omnize_event_client_id(event, NULL) == '\0');
    return event;
}

static void test_posted_queries(omnize_client *client) {
    omnize_departments *departments = NULL;
    omnize_agents *agents = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t ticket = 0;

    EXPECT_OK(omnize_departments_post(client, NULL, &ticket, &error));
    event = outcome_of(client, ticket);
    EXPECT(omnize_event_outcome_request_kind(event) == OMNIZE_REQUEST_DEPARTMENTS);
    EXPECT_FAILS(omnize_event_agents(event, &agents, &error), OMNIZE_E_ARGUMENT, "departments");
    EXPECT_FAILS(omnize_event_departments(event, NULL, &error), OMNIZE_E_ARGUMENT, "list");
    EXPECT_OK(omnize_event_departments(event, &departments, &error));
    omnize_event_free(event);
    EXPECT(omnize_departments_count(departments) >= 2 && strcmp(omnize_departments_id(departments, 0, NULL), "1") == 0);
    omnize_departments_free(departments);

    EXPECT_OK(omnize_agents_post(client, "1", &ticket, &error));
    event = outcome_of(client, ticket);
    EXPECT(omnize_event_outcome_request_kind(event) == OMNIZE_REQUEST_ONLINE_AGENTS);
    EXPECT_FAILS(omnize_event_departments(event, &departments, &error), OMNIZE_E_ARGUMENT, "online_agents");
    EXPECT_OK(omnize_event_agents(event, &agents, &error));
    EXPECT(omnize_agents_total(agents) >= 1 && omnize_agents_count(agents) >= 1);
    omnize_agents_free(agents);
    omnize_event_free(event);

    EXPECT_OK(omnize_agents_post(client, "99", &ticket, &error));
    event = outcome_of(client, ticket);
    EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_REJECTED);
    EXPECT_FAILS(omnize_event_agents(event, &agents, &error), OMNIZE_E_ARGUMENT, "not accepted");
    omnize_event_free(event);
    EXPECT_FAILS(omnize_agents_post(client, NULL, NULL, &error), OMNIZE_E_DEPARTMENT, "department");
    EXPECT_FAILS(omnize_event_agents(NULL, &agents, &error), OMNIZE_E_HANDLE, "event");
    EXPECT_FAILS(omnize_departments_post(NULL, NULL, NULL, &error), OMNIZE_E_HANDLE, "client");
}

static void test_posted_contact(omnize_client *client) {
    omnize_request *request = request_of(client, OMNIZE_REQUEST_OFF_HOURS, "text", "liguem", NULL, NULL);
    omnize_request *start = request_of(client, OMNIZE_REQUEST_START, NULL, NULL, NULL, NULL);
    omnize_departments *departments = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t ticket = 0, again = 0;

    EXPECT_FAILS(omnize_client_post_off_hours(client, "1", request, &ticket, &error), OMNIZE_E_ARGUMENT, "email");
    EXPECT_OK(omnize_request_set(request, "email", "joao@example.com", -1, &error));
    EXPECT_OK(omnize_request_set_reference(request, "contact 1", -1, &error));
    EXPECT_OK(omnize_client_post_off_hours(client, "1", request, &ticket, &error));
    EXPECT_OK(omnize_client_post_off_hours(client, "1", request, &again, &error));
    EXPECT(ticket == again);
    event = outcome_of(client, ticket);
    EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_ACCEPTED);
    EXPECT(strcmp(omnize_event_outcome_reference(event, NULL), "contact 1") == 0);
    EXPECT(*omnize_event_interaction_hash(event, NULL) != '\0');
    EXPECT_FAILS(omnize_event_departments(event, &departments, &error), OMNIZE_E_ARGUMENT, "off_hours");
    omnize_event_free(event);
    EXPECT_FAILS(omnize_client_off_hours(client, "1", request, &error), OMNIZE_E_ARGUMENT,
                 "omnize_client_post_off_hours");
    EXPECT_FAILS(omnize_client_post_off_hours(client, "2", request, &ticket, &error), OMNIZE_E_ARGUMENT, "ticket");
    EXPECT_FAILS(omnize_client_post_off_hours(client, "1", start, &ticket, &error), OMNIZE_E_ARGUMENT, "start");
    EXPECT_FAILS(omnize_client_post_off_hours(client, "1", NULL, &ticket, &error), OMNIZE_E_HANDLE, "request");
    omnize_request_free(request);
    omnize_request_free(start);
}

static void test_check(omnize_client *client) {
    const char *const rest[] = {"dialect", "rest", "token", "segredo", NULL};
    const char *const wrong[] = {"token", "segredo", NULL};
    omnize_client *other = NULL;
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    int32_t level = 0;

    EXPECT_OK(omnize_client_check(client, 0, &level, &error));
    EXPECT(level == OMNIZE_CHECK_ACCOUNT);
    EXPECT_OK(omnize_client_check(client, 20000, NULL, &error));
    other = client_with(rest);
    EXPECT_OK(omnize_client_check(other, 20000, &level, &error));
    EXPECT(level == OMNIZE_CHECK_CONNECTION);
    omnize_client_free(other);
    other = client_with(wrong);
    level = 0;
    EXPECT(omnize_client_check(other, 20000, &level, &error) == OMNIZE_E_AUTH);
    EXPECT(level == 0 && omnize_error_delivery(error) == OMNIZE_DELIVERY_REJECTED);
    EXPECT(omnize_error_http_status(error) == 404 && omnize_error_retryable(error) == 0);
    EXPECT(strstr(omnize_error_message(error, NULL), "segredo") == NULL);
    omnize_error_free(error);
    error = NULL;
    EXPECT(omnize_conversation_start(other, "1", "70", NULL, NULL, NULL, NULL, &chat, &error) == OMNIZE_E_AUTH);
    EXPECT(omnize_error_http_status(error) == 422);
    omnize_error_free(error);
    omnize_client_free(other);
}

static void transfer(omnize_client *client, const char *hash, const char *department) {
    char body[256];
    omnize_error *error = NULL;

    snprintf(body, sizeof body, "{\"state\":\"transferred\",\"interaction_hash\":\"%s\",\"department_id\":%s}", hash,
             department);
    EXPECT_OK(omnize_client_deliver(client, body, -1, NULL, &error));
}

/* The texts of C stay valid after the next transfer. */
static void test_departments_of_a_transfer(void) {
    omnize_client *client = open_client(NULL, 0);
    omnize_conversation *chat = NULL;
    omnize_conversation *same = NULL;
    omnize_interactions *list = NULL;
    omnize_error *error = NULL;
    const char *hash = NULL;
    const char *at_first = NULL;
    int64_t length = 0;

    EXPECT_OK(omnize_conversation_start(client, "1", "71", NULL, NULL, NULL, NULL, &chat, &error));
    EXPECT_OK(omnize_conversation_attach(client, "2", "71", &same, &error));
    hash = omnize_conversation_interaction_hash(chat, NULL);
    at_first = omnize_conversation_current_department(same, &length);
    EXPECT(strcmp(at_first, "1") == 0 && length == 1);
    transfer(client, hash, "23");
    EXPECT(strcmp(omnize_conversation_current_department(same, &length), "23") == 0 && length == 2);
    EXPECT(strcmp(omnize_conversation_current_department(chat, NULL), "23") == 0);
    EXPECT(strcmp(omnize_conversation_department(same, NULL), "1") == 0 && strcmp(at_first, "1") == 0);
    transfer(client, hash, "1");
    EXPECT(omnize_conversation_current_department(same, NULL) == at_first);
    transfer(client, hash, "23");
    EXPECT_OK(omnize_interactions_list(client, &list, &error));
    EXPECT(omnize_interactions_count(list) == 1);
    EXPECT(strcmp(omnize_interactions_department(list, 0, NULL), "1") == 0);
    EXPECT(strcmp(omnize_interactions_current_department(list, 0, &length), "23") == 0 && length == 2);
    EXPECT(omnize_interactions_current_department(list, 1, &length) == NULL && length == 0);
    omnize_interactions_free(list);
    EXPECT_OK(omnize_conversation_finish(chat, &error));
    omnize_conversation_free(same);
    omnize_conversation_free(chat);
    omnize_client_free(client);
}

int main(void) {
    omnize_client *client = open_client(NULL, 1);

    printf("webhook: %s\n", omnize_client_webhook_url(client, NULL));
    fflush(stdout);
    EXPECT(getchar() == '\n');
    test_invalid_requests(client);
    test_unsupported_requests();
    test_conversation(client);
    test_lists(client);
    test_posted_queries(client);
    test_posted_contact(client);
    test_check(client);
    test_departments_of_a_transfer();
    omnize_client_free(client);
    return 0;
}
