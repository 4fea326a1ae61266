/* An application with its own web server passes a compressed trigger. Each failure has the status that the header
 * lists. */

#include "expect.h"

/* {"message":"Oi","clientId":"12"}, compressed with gzip. */
static const unsigned char gzipped[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0xca,
                                        0x4d, 0x2d, 0x2e, 0x4e, 0x4c, 0x4f, 0x55, 0xb2, 0x52, 0xf2, 0xcf, 0x54, 0xd2,
                                        0x51, 0x4a, 0xce, 0xc9, 0x4c, 0xcd, 0x2b, 0xf1, 0x4c, 0x01, 0xf2, 0x0d, 0x8d,
                                        0x94, 0x6a, 0x01, 0x60, 0x04, 0x31, 0x19, 0x20, 0x00, 0x00, 0x00};

static omnize_status deliver_gzipped(omnize_client *client, int64_t length, const char *coding, omnize_error **error) {
    return omnize_client_deliver_compressed(client, (const char *)gzipped, length, "application/json", coding, error);
}

static void expect_event(omnize_client *client) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t length = 0;
    const char *raw;

    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(event != NULL && omnize_event_kind(event) == OMNIZE_EVENT_MESSAGE);
    EXPECT(strcmp(omnize_event_text(event, NULL), "Oi") == 0);
    raw = omnize_event_raw(event, &length);
    EXPECT(length == 32 && memcmp(raw, "{\"message\":\"Oi\",\"clientId\":\"12\"}", 32) == 0);
    omnize_event_free(event);
}

int main(void) {
    const char *const small[] = {"listen.max_body", "31", NULL};
    const int64_t whole = sizeof gzipped;
    omnize_client *client = plain_client();
    omnize_error *error = NULL;

    EXPECT_OK(deliver_gzipped(client, whole, "gzip", &error));
    expect_event(client);
    EXPECT_OK(deliver_gzipped(client, whole, "x-gzip, identity", &error));
    expect_event(client);

    EXPECT_FAILS(deliver_gzipped(client, whole, "br", &error), OMNIZE_E_UNSUPPORTED, "content coding");
    EXPECT_FAILS(deliver_gzipped(client, whole - 9, "gzip", &error), OMNIZE_E_NOT_JSON, "content coding");
    EXPECT_FAILS(deliver_gzipped(client, whole, "deflate", &error), OMNIZE_E_NOT_JSON, "content coding");
    EXPECT(deliver_gzipped(client, whole, NULL, NULL) == OMNIZE_E_NOT_JSON);
    EXPECT(deliver_gzipped(client, whole, "gzip\xff", NULL) == OMNIZE_E_ENCODING);
    EXPECT_OK(omnize_client_close(client, 0, NULL, NULL, &error));
    EXPECT(deliver_gzipped(client, whole, "gzip", NULL) == OMNIZE_E_CLOSED);
    omnize_client_free(client);

    client = client_with(small);
    EXPECT_FAILS(deliver_gzipped(client, whole, "gzip", &error), OMNIZE_E_TRIGGER_TOO_LARGE, "31 bytes");
    omnize_client_free(client);
    return 0;
}
