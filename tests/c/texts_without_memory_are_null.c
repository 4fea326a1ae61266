/* valgrind: no (it has a limit of memory of its own) */
/* windows: no (there is no limit of memory for one process) */

/*
 * Without memory for a text whose size the application or the service chose, a function returns NULL or fails with
 * OMNIZE_E_SYSTEM. The process continues, and the same call succeeds when there is memory again.
 */

#include <sys/resource.h>
#include <unistd.h>

#include "expect.h"

enum { SIZE = 30 * 1000 * 1000 };

/* The process may allocate a few megabytes more. */
static void limit_memory(void) {
    struct rlimit limit = {0, RLIM_INFINITY};
    FILE *statm = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    EXPECT(statm != NULL && fscanf(statm, "%lu", &pages) == 1);
    fclose(statm);
    limit.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + SIZE / 2;
    EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
}

static void lift_limit(void) {
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* {"BEFORExx…xxAFTER"} */
static char *trigger(const char *before, const char *after) {
    char *body = malloc(SIZE + strlen(before) + strlen(after) + 1);

    EXPECT(body != NULL);
    strcpy(body, before);
    memset(body + strlen(before), 'x', SIZE);
    strcpy(body + strlen(before) + SIZE, after);
    return body;
}

static omnize_event *delivered(omnize_client *client, const char *before, const char *after) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    char *body = trigger(before, after);

    EXPECT_OK(omnize_client_deliver(client, body, -1, NULL, &error));
    free(body);
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(event != NULL);
    return event;
}

/* The texts of a large message, and those of a small one in the same event. */
static void check_message(omnize_client *client) {
    omnize_event *event = delivered(client, "{\"clientId\":\"12\",\"message\":\"", "\"}");
    int64_t length = 0;

    limit_memory();
    EXPECT(omnize_event_text(event, &length) == NULL);
    EXPECT(omnize_event_raw(event, NULL) == NULL);
    EXPECT(omnize_event_replaced(event) == 0);
    EXPECT(strcmp(omnize_event_client_id(event, NULL), "12") == 0);
    lift_limit();
    EXPECT(omnize_event_text(event, &length) != NULL && length == SIZE);
    EXPECT(omnize_event_raw(event, NULL) != NULL);
    omnize_event_free(event);
}

static void check_client_id(omnize_client *client) {
    omnize_event *event = delivered(client, "{\"message\":\"Oi\",\"clientId\":\"", "\"}");
    int64_t length = 0;

    limit_memory();
    EXPECT(omnize_event_client_id(event, NULL) == NULL);
    EXPECT(strcmp(omnize_event_text(event, NULL), "Oi") == 0);
    lift_limit();
    EXPECT(omnize_event_client_id(event, &length) != NULL && length == SIZE);
    omnize_event_free(event);
}

/* A text of the later dialects. */
static void check_media_url(omnize_client *client) {
    omnize_event *event = delivered(
        client,
        "{\"interaction_hash\":\"h\",\"message\":{\"hash\":\"m\",\"type\":\"image\",\"content\":\"\",\"url\":\"",
        "\"}}");
    int64_t length = 0;

    limit_memory();
    EXPECT(omnize_event_media_url(event, NULL) == NULL);
    lift_limit();
    EXPECT(omnize_event_media_url(event, &length) != NULL && length == SIZE);
    omnize_event_free(event);
}

static void check_conversation(omnize_client *client) {
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    char *client_id = trigger("", "");
    int64_t length = 0;

    EXPECT_OK(omnize_conversation_attach(client, "1", client_id, &chat, &error));
    limit_memory();
    EXPECT(omnize_conversation_client_id(chat, NULL) == NULL);
    lift_limit();
    EXPECT(omnize_conversation_client_id(chat, &length) != NULL && length == SIZE);
    omnize_conversation_free(chat);
    free(client_id);
}

static void check_option(void) {
    omnize_config *config = NULL;
    omnize_error *error = NULL;
    const char *value = NULL;
    char *host = trigger("", "");

    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_OK(omnize_config_set(config, "no_proxy", host, &error));
    limit_memory();
    EXPECT_FAILS(omnize_config_get(config, "no_proxy", &value, &error), OMNIZE_E_SYSTEM, "memory");
    lift_limit();
    EXPECT_OK(omnize_config_get(config, "no_proxy", &value, &error));
    EXPECT(strlen(value) == SIZE);
    omnize_config_free(config);
    free(host);
}

int main(void) {
    const char *const rest[] = {"events.max_bytes", "1000000000", NULL};
    const char *const interactions[] = {"events.max_bytes", "1000000000", "dialect", "interactions", NULL};
    omnize_client *client = client_with(rest);

    check_message(client);
    check_client_id(client);
    check_conversation(client);
    omnize_client_free(client);
    client = client_with(interactions);
    check_media_url(client);
    omnize_client_free(client);
    check_option();
    return 0;
}
