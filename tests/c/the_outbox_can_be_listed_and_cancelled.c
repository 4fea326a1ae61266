/* An application looks into its outbox, cancels requests that wait, and waits for the others. The last error of a
 * request that waits for its next attempt contains the reason, but not the token. */

#include "outbox.h"
#include "server.h"

static void be_busy(int connection, void *data) {
    static const char busy[] = "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 30\r\n\r\n"
                               "{\"message\":\"secret is closed\"}";
    (void)data;
    while (receive_message(connection) > 0) send_all(connection, busy, sizeof busy - 1);
}

/* Lists the outbox until its first request has failed once. */
static omnize_outbox *list_after_failure(omnize_client *client) {
    omnize_outbox *list = NULL;
    omnize_error *error = NULL;

    for (;;) {
        EXPECT_OK(omnize_outbox_list(client, &list, &error));
        EXPECT(omnize_outbox_count(list) == 2);
        if (omnize_outbox_last_status(list, 0) != OMNIZE_OK) return list;
        omnize_outbox_free(list);
        usleep(1000);
    }
}

static void test_busy_service(const char *url) {
    const char *options[] = {"base_url", url, "token", "secret", NULL};
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL;
    omnize_outbox *list = NULL;
    omnize_error *error = NULL;
    int64_t first = 0;
    int64_t count = -1;

    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    EXPECT_OK(omnize_conversation_post(chat, "um", -1, &first, &error));
    EXPECT_OK(omnize_conversation_post(chat, "dois", -1, NULL, &error));
    list = list_after_failure(client);
    EXPECT(omnize_outbox_ticket(list, 0) == first && omnize_outbox_attempts(list, 0) == 1);
    EXPECT(omnize_outbox_last_status(list, 0) == OMNIZE_E_SERVICE);
    EXPECT(strstr(omnize_outbox_last_message(list, 0, NULL), "is closed") != NULL);
    EXPECT(strstr(omnize_outbox_last_message(list, 0, NULL), "secret") == NULL);
    EXPECT(omnize_outbox_attempts(list, 1) == 0 && omnize_outbox_last_message(list, 1, NULL) == NULL);
    omnize_outbox_free(list);

    EXPECT_FAILS(omnize_client_flush(client, 10, &error), OMNIZE_E_TIMEOUT, "2 posted requests remain");
    EXPECT_OK(omnize_conversation_cancel(chat, &count, &error));
    EXPECT(count == 2);
    EXPECT_OK(omnize_client_flush(client, 0, &error));
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_client_close(client, 20000, NULL, &count, &error));
    EXPECT(count == 0);
    EXPECT(omnize_client_is_paused(client) == 0);
    EXPECT_FAILS(omnize_client_pause(client, &error), OMNIZE_E_CLOSED, "closed");
    EXPECT_FAILS(omnize_client_resume(client, &error), OMNIZE_E_CLOSED, "closed");
    EXPECT_FAILS(omnize_client_flush(client, 0, &error), OMNIZE_E_CLOSED, "closed");
    EXPECT_FAILS(omnize_client_cancel(client, first, &error), OMNIZE_E_CLOSED, "closed");
    omnize_client_free(client);
}

int main(void) {
    struct server accepting;
    struct server busy;
    const char *options[] = {"base_url", accepting.url, NULL};
    omnize_client *client;

    server_open(&accepting, accept_all, NULL);
    server_open(&busy, be_busy, NULL);
    client = client_with(options);
    expect_outbox_works(client);
    omnize_client_free(client);
    test_busy_service(busy.url);
    server_close(&accepting);
    server_close(&busy);
    return 0;
}
