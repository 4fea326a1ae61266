/*
 * sandbox: --dialect interactions --agent 1=echo
 *
 * With encoding = utf-16le, the texts of a client are UTF-16 in both directions. Names of options and fields, URLs and
 * error messages stay as they are.
 */

#include "expect.h"

#define MAX_TEXTS 100

/* Texts in memory of their exact size, so that valgrind finds reads after their end. */
static unsigned char *texts[MAX_TEXTS];
static int text_count = 0;

/* Returns `size` bytes as a text without NUL. */
static const char *bytes(const void *content, size_t size) {
    unsigned char *text = malloc(size);

    EXPECT(text != NULL && text_count < MAX_TEXTS);
    memcpy(text, content, size);
    return (const char *)(texts[text_count++] = text);
}

/* Returns a Latin-1 text as UTF-16, with a NUL unit. */
static const char *wide(const char *latin_1) {
    unsigned char units[200];
    size_t length = 0;

    do {
        units[length++] = (unsigned char)*latin_1;
        units[length++] = 0;
    } while (*latin_1++ != '\0');
    return bytes(units, length);
}

static void free_texts(void) {
    while (text_count > 0) free(texts[--text_count]);
}

/* The output text is aligned, has this content, and ends with a NUL unit. */
static int is_wide(const char *text, int64_t length, const char *latin_1) {
    const size_t size = strlen(latin_1) * 2;
    const uint16_t *units = (const uint16_t *)(const void *)text;

    return text != NULL && (uintptr_t)text % sizeof *units == 0 && length == (int64_t)size &&
           memcmp(text, wide(latin_1), size) == 0 && units[size / 2] == 0;
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

static void expect_message(omnize_client *client, const char *latin_1) {
    omnize_event *event = next_of(client, OMNIZE_EVENT_MESSAGE);
    int64_t length = 0;
    const char *text = omnize_event_text(event, &length);

    EXPECT(is_wide(text, length, latin_1));
    EXPECT(omnize_event_replaced(event) == 0);
    text = omnize_event_client_id(event, &length);
    EXPECT(is_wide(text, length, "jo\xE3o"));
    omnize_event_free(event);
}

/* The echo of the posted message and the outcome arrive in any order. */
static void expect_posted_message(omnize_client *client) {
    omnize_error *error = NULL;
    int remaining = 2;

    while (remaining > 0) {
        omnize_event *event = NULL;
        const char *text = NULL;
        int64_t length = 0;

        EXPECT_OK(omnize_client_next(client, 20000, &event, &error));
        EXPECT(event != NULL);
        if (omnize_event_kind(event) == OMNIZE_EVENT_MESSAGE) {
            text = omnize_event_text(event, &length);
            EXPECT(is_wide(text, length, "\xDC"));
            remaining--;
        } else if (omnize_event_kind(event) == OMNIZE_EVENT_OUTCOME) {
            text = omnize_event_outcome_reference(event, &length);
            EXPECT(is_wide(text, length, "r 1"));
            remaining--;
        }
        omnize_event_free(event);
    }
}

static void test_conversation(omnize_client *client) {
    omnize_conversation *chat = NULL;
    omnize_request *request = NULL;
    omnize_error *error = NULL;
    const char *text;
    int64_t length = 0;

    EXPECT_OK(omnize_conversation_start(client, wide("1"), wide("jo\xE3o"), wide("Jo\xE3o"), NULL, NULL, NULL, &chat,
                                        &error));
    text = omnize_conversation_client_id(chat, &length);
    EXPECT(is_wide(text, length, "jo\xE3o"));
    text = omnize_conversation_department(chat, &length);
    EXPECT(is_wide(text, length, "1"));
    omnize_event_free(next_of(client, OMNIZE_EVENT_ACCEPTED));

    EXPECT_OK(omnize_conversation_send(chat, wide("Ol\xE1"), -1, &error));
    expect_message(client, "Ol\xE1");
    EXPECT_OK(omnize_conversation_send(chat, bytes("O\0l\0\xE1", 6), 6, &error));
    expect_message(client, "Ol\xE1");

    /* The name of a field is not a text of the client; its value is. */
    EXPECT_OK(omnize_request_new(client, OMNIZE_REQUEST_MESSAGE, &request, &error));
    EXPECT_OK(omnize_request_set(request, "text", wide("\xDC"), -1, &error));
    EXPECT_OK(omnize_request_set_reference(request, wide("r 1"), -1, &error));
    EXPECT_OK(omnize_conversation_post_request(chat, request, NULL, &error));
    omnize_request_free(request);
    expect_posted_message(client);

    /* A character outside of the first plane has two units. */
    EXPECT_OK(omnize_conversation_send(chat, bytes("\x3D\xD8\0\xDE", 4), 4, &error));
    {
        omnize_event *event = next_of(client, OMNIZE_EVENT_MESSAGE);
        EXPECT(memcmp(omnize_event_text(event, &length), "\x3D\xD8\0\xDE\0", 6) == 0 && length == 4);
        omnize_event_free(event);
    }

    EXPECT_OK(omnize_conversation_finish(chat, &error));
    omnize_conversation_free(chat);
}

static void test_lists(omnize_client *client) {
    omnize_departments *departments = NULL;
    omnize_error *error = NULL;
    int64_t length = 0;
    const char *text;

    EXPECT_OK(omnize_departments_list(client, wide("7"), &departments, &error));
    EXPECT(omnize_departments_count(departments) > 0);
    text = omnize_departments_id(departments, 0, &length);
    EXPECT(is_wide(text, length, "1"));
    omnize_departments_free(departments);
}

static void test_invalid_texts(omnize_client *client) {
    static const struct {
        const char *content;
        size_t size;
        const char *words;
    } invalid[] = {
        {"a", 1, "1, an odd number"}, {"a\0b", 3, "3, an odd number"},    {"a\0\x3D\xD8", 4, "at byte 2"},
        {"\0\xDE", 2, "at byte 0"},   {"\0\xDE\x3D\xD8", 4, "at byte 0"},
    };
    static const unsigned char lone[] = {0x3D, 0xD8, 'a', 0, 0, 0};
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    size_t i;

    EXPECT_OK(omnize_conversation_attach(client, wide("1"), wide("9"), &chat, &error));
    for (i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        const char *text = bytes(invalid[i].content, invalid[i].size);
        EXPECT_FAILS(omnize_conversation_send(chat, text, (int64_t)invalid[i].size, &error), OMNIZE_E_ENCODING,
                     invalid[i].words);
    }
    EXPECT_FAILS(omnize_conversation_send(chat, bytes(lone, sizeof lone), -1, &error), OMNIZE_E_ENCODING, "at byte 0");
    EXPECT_FAILS(
        omnize_conversation_start(client, wide("1"), bytes(lone, sizeof lone), NULL, NULL, NULL, NULL, &chat, &error),
        OMNIZE_E_ENCODING, "client_id is not valid UTF-16LE");
    omnize_conversation_free(chat);
}

/* An event without a text has an empty one, also in UTF-16. */
static void test_empty_texts(void) {
    const char *const options[] = {"encoding", "utf-16le", "dialect", "rest", NULL};
    omnize_client *client = client_with(options);
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t length = -1;
    const char *text;

    EXPECT_OK(omnize_client_deliver(client, "{\"status\":\"typing\",\"clientId\":\"5\"}", -1, NULL, &error));
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    text = omnize_event_text(event, &length);
    EXPECT(is_wide(text, length, ""));
    text = omnize_event_agent_name(event, &length);
    EXPECT(is_wide(text, length, ""));
    omnize_event_free(event);
    omnize_client_free(client);
}

int main(void) {
    const char *const options[] = {"encoding", "utf-16le", "listen", "127.0.0.1:0", NULL};
    omnize_client *client = client_with(options);

    printf("webhook: %s\n", omnize_client_webhook_url(client, NULL));
    fflush(stdout);
    EXPECT(getchar() == '\n');
    test_conversation(client);
    test_lists(client);
    test_invalid_texts(client);
    omnize_client_free(client);
    test_empty_texts();
    free_texts();
    return 0;
}
