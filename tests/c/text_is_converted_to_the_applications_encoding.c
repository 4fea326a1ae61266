/* sandbox: --agent echo */

/* A Latin-1 application sends and receives Latin-1. Unmappable characters are reported, and the original stays
 * available. */

#include "expect.h"

#define OLA_LATIN_1 "Ol\xE1, Jo\xE3o"
#define OLA_UTF_8 "Ol\xC3\xA1, Jo\xC3\xA3o"
#define SMILE_UTF_8 "\xF0\x9F\x98\x80"

static omnize_event *next_of_kind(omnize_client *client, int32_t kind) {
    omnize_error *error = NULL;
    omnize_event *event = NULL;

    for (;;) {
        EXPECT_OK(omnize_client_next(client, 20000, &event, &error));
        EXPECT(event != NULL);
        if (omnize_event_kind(event) == kind) return event;
        omnize_event_free(event);
    }
}

/* The sandbox's operator sets the webhook URL that this line prints, and presses Enter. */
static void register_webhook(omnize_client *client) {
    printf("webhook: %s\n", omnize_client_webhook_url(client, NULL));
    fflush(stdout);
    EXPECT(getchar() == '\n');
}

static void test_round_trip_in_latin_1(void) {
    const char *const options[] = {"encoding", "iso-8859-1", "listen", "127.0.0.1:0", NULL};
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    omnize_event *event;
    int64_t length = 0;

    register_webhook(client);
    EXPECT_OK(omnize_conversation_start(client, "1", "jo\xE3o", OLA_LATIN_1, NULL, NULL, NULL, &chat, &error));
    EXPECT(strcmp(omnize_conversation_client_id(chat, &length), "jo\xE3o") == 0 && length == 4);
    EXPECT(strcmp(omnize_conversation_department(chat, NULL), "1") == 0);
    omnize_event_free(next_of_kind(client, OMNIZE_EVENT_ACCEPTED));
    EXPECT_OK(omnize_conversation_send(chat, OLA_LATIN_1, -1, &error));
    event = next_of_kind(client, OMNIZE_EVENT_MESSAGE);
    EXPECT(strcmp(omnize_event_text(event, NULL), OLA_LATIN_1) == 0);
    EXPECT(strcmp(omnize_event_client_id(event, NULL), "jo\xE3o") == 0);
    EXPECT(strstr(omnize_event_raw(event, NULL), OLA_UTF_8) != NULL);
    EXPECT(omnize_event_replaced(event) == 0);
    omnize_event_free(event);

    /* A NUL inside a text of a given length arrives, and comes back. */
    EXPECT_OK(omnize_conversation_send(chat, "a\0b", 3, &error));
    event = next_of_kind(client, OMNIZE_EVENT_MESSAGE);
    EXPECT(memcmp(omnize_event_text(event, &length), "a\0b", 4) == 0 && length == 3);
    omnize_event_free(event);

    omnize_conversation_free(chat);
    omnize_client_free(client);
}

static void test_unmappable_characters(const char *how, const char *expected) {
    const char *const options[] = {"encoding", "windows-1252", "encoding.unmappable", how, NULL};
    omnize_client *client = client_with(options);
    omnize_event *event;

    deliver(client, "{\"message\":\"oi " SMILE_UTF_8 "!\",\"clientId\":\"1\"}");
    event = next_of_kind(client, OMNIZE_EVENT_MESSAGE);
    EXPECT(strcmp(omnize_event_text(event, NULL), expected) == 0);
    EXPECT(omnize_event_replaced(event) == 1);
    EXPECT(strstr(omnize_event_raw(event, NULL), SMILE_UTF_8) != NULL);
    omnize_event_free(event);
    omnize_client_free(client);
}

int main(void) {
    test_round_trip_in_latin_1();
    test_unmappable_characters("question", "oi ?!");
    test_unmappable_characters("reference", "oi &#128512;!");
    return 0;
}
