/* A thread with a stack of 64 KiB can hold a whole conversation, with TLS too, and run callbacks. */

#include "process.h"

static char url[64];
static int events;

static void OMNIZE_CALL on_event(const omnize_event *event, void *user_data) {
    (void)user_data;
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_TYPING);
    events++;
}

static DWORD WINAPI hold_a_conversation(void *unused) {
    const char *options[] = {"base_url", url, "listen", "127.0.0.1:0", NULL};
    const char *secure[] = {"base_url", "https://127.0.0.1:9/", "timeout", "5000", NULL};
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    int64_t ticket = 0;

    (void)unused;
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, on_event, NULL, NULL, NULL, &error));
    EXPECT_OK(omnize_conversation_start(client, "1", "12", "Joao", NULL, NULL, NULL, &chat, &error));
    EXPECT_OK(omnize_conversation_send(chat, "Bom dia!", -1, &error));
    EXPECT_OK(omnize_conversation_post(chat, "Oi", -1, &ticket, &error));
    deliver(client, TYPING);
    while (events == 0) EXPECT_OK(omnize_client_poll(client, 1, 10000, NULL, &error));
    EXPECT_OK(omnize_conversation_finish(chat, &error));
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_client_close(client, 10000, NULL, NULL, &error));
    omnize_client_free(client);

    client = client_with(secure);
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    EXPECT(omnize_conversation_send(chat, "Oi", -1, &error) != OMNIZE_OK);
    omnize_error_free(error);
    omnize_conversation_free(chat);
    omnize_client_free(client);
    return 0;
}

int main(void) {
    SOCKET listening = listen_on_loopback(8, url, sizeof url);
    HANDLE server = start_thread(accept_requests, &listening);
    HANDLE thread = CreateThread(NULL, 64 * 1024, hold_a_conversation, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);

    EXPECT(thread != NULL);
    join_thread(thread);
    closesocket(listening);
    join_thread(server);
    return 0;
}
