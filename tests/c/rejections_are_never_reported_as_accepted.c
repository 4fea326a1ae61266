/* The library parses responses in any coding, charset, JSON and HTTP form. A rejection is reported with its reason,
 * and an unparsable response as unknown. This is true on a new and on a used connection, for blocking and posted
 * requests. */

#include "server.h"

#define HEAD "HTTP/1.1 200 OK\r\n"
#define REFUSAL "{\"success\":false,\"errors\":[\"full\"]}"

struct answer {
    const char *bytes;
    size_t length;
    omnize_status status;
    int delivery;
    const char *says;
};

#define ANSWER(bytes, status, delivery, says)                                                                          \
    { (bytes), sizeof(bytes) - 1, (status), (delivery), (says) }
#define REFUSED(bytes, says) ANSWER(bytes, OMNIZE_E_FAILED, OMNIZE_DELIVERY_REJECTED, says)
#define UNKNOWN(bytes, says) ANSWER(bytes, OMNIZE_E_PROTOCOL, OMNIZE_DELIVERY_UNKNOWN, says)

static const struct answer answers[] = {
    /* gzip of {"success":false,"message":"blocked"} */
    REFUSED(HEAD "Content-Encoding: gzip\r\nContent-Length: 55\r\n\r\n"
                 "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x2a\x2e\x4d\x4e\x4e\x2d\x2e\x56\xb2\x4a\x4b\xcc\x29"
                 "\x4e\xd5\x51\xca\x05\x72\x12\xd3\x53\x95\xac\x94\x92\x72\xf2\x93\xb3\x53\x53\x94\x6a\x01\x5c\x50\xcd"
                 "\xe9\x25\x00\x00\x00",
            "blocked"),
    UNKNOWN(HEAD "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", "supported are gzip, deflate"),
    REFUSED(HEAD "Content-Length: 38\r\n\r\n\xef\xbb\xbf" REFUSAL, "full"),
    REFUSED(HEAD "Content-Type: text/json; charset=iso-8859-1\r\nContent-Length: 33\r\n\r\n"
                 "{\"success\":false,\"message\":\"n\xe3o\"}",
            "n\xc3\xa3o"),
    REFUSED(HEAD "Content-Length: 36\r\n\r\n{\"success\":false,\"errors\":[\"fu\tll\"]}", "fu\\tll"),
    REFUSED(HEAD "Content-Length: 36\r\n\r\n{\"success\":false,\"errors\":[\"full\"],}", "full"),
    UNKNOWN(HEAD "Content-Length: 15\r\n\r\n{success:false}", "not valid JSON"),
    REFUSED(HEAD "X-Trace: a\r\n b\r\nServer : x\r\nno colon\r\nX: \x01\r\nContent-Length: 35\r\n\r\n" REFUSAL, "full"),
    UNKNOWN(HEAD "Content-Length : 35\r\n\r\n" REFUSAL, "not in HTTP"),
    REFUSED(HEAD "Transfer-Encoding: chunked\r\n\r\n23;signature=\"0123456789abcdef0123\"\r\n" REFUSAL "\r\n0\r\n\r\n",
            "full"),
};

/* Responds with 200 to the first request on a connection if a second one follows. */
static struct {
    const struct answer *answer;
    int is_later;
} plan;

static void serve_by_plan(int connection, void *data) {
    (void)data;
    if (plan.is_later) {
        EXPECT(receive_message(connection) > 0);
        send_all(connection, ACCEPTED, strlen(ACCEPTED));
    }
    if (receive_message(connection) > 0) send_all(connection, plan.answer->bytes, plan.answer->length);
}

static void expect_rejection(const char *url, const char *dialect, int is_posted) {
    const char *options[] = {"base_url", url, "dialect", dialect, NULL};
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    if (plan.is_later) EXPECT_OK(omnize_conversation_typing(chat, &error));
    if (is_posted) {
        EXPECT_OK(omnize_conversation_post(chat, "oi", -1, NULL, &error));
        EXPECT_OK(omnize_client_next(client, 20000, &event, &error));
        EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_OUTCOME);
        EXPECT(omnize_event_outcome_status(event) == plan.answer->status);
        EXPECT(omnize_event_outcome_delivery(event) == plan.answer->delivery);
        EXPECT(strstr(omnize_event_text(event, NULL), plan.answer->says) != NULL);
        omnize_event_free(event);
    } else {
        EXPECT(omnize_conversation_send(chat, "oi", -1, &error) == plan.answer->status);
        EXPECT(omnize_error_delivery(error) == plan.answer->delivery);
        EXPECT(strstr(omnize_error_message(error, NULL), plan.answer->says) != NULL);
        omnize_error_free(error);
    }
    omnize_conversation_free(chat);
    omnize_client_free(client);
}

int main(void) {
    const char *const dialects[] = {"rest", "gateway"};
    struct server server;
    size_t at;
    int round;

    server_open(&server, serve_by_plan, NULL);
    for (at = 0; at < sizeof answers / sizeof *answers; at++) {
        for (round = 0; round < 8; round++) {
            plan.answer = &answers[at];
            plan.is_later = round & 1;
            expect_rejection(server.url, dialects[round >> 2], round & 2);
        }
    }
    server_close(&server);
    return 0;
}
