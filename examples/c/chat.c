/*
 * A whole conversation: two interactions, all five requests, all six triggers.
 *
 * The options come from the environment: OMNIZE_TOKEN, and OMNIZE_BASE_URL for another service, for example `omnize
 * sandbox`. Department 1 has an agent, department 2 has no available agent.
 */

#include <stdio.h>
#include <stdlib.h>

#include "example.h"

#define KINDS 8

/* The events of one customer: how many of each kind were received. */
struct received {
    const char *client_id;
    int count[KINDS];
};

static void OMNIZE_CALL on_event(const omnize_event *event, void *user_data) {
    struct received *received = user_data;
    int32_t kind = omnize_event_kind(event);

    printf("%s: agent %s %s\n", received->client_id, omnize_event_kind_name(kind), omnize_event_text(event, NULL));
    fflush(stdout);
    if (kind > 0 && kind < KINDS) received->count[kind]++;
}

/* Waits for the next event of a kind. A real application does other things in the meantime. */
static void wait_for(omnize_client *client, struct received *received, int32_t kind) {
    omnize_error *error = NULL;
    int64_t delivered = 0;

    while (received->count[kind] == 0) {
        if (omnize_client_poll(client, 0, 20000, &delivered, &error) != OMNIZE_OK) fail("poll", error);
        if (delivered == 0) {
            fprintf(stderr, "%s: no %s came\n", received->client_id, omnize_event_kind_name(kind));
            exit(1);
        }
    }
    received->count[kind]--;
}

static omnize_conversation *start(omnize_client *client, const char *department, struct received *received) {
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    if (omnize_client_subscribe(client, OMNIZE_EVENT_ANY, received->client_id, on_event, received, NULL, NULL, &error))
        fail("subscribe", error);
    if (omnize_conversation_start(client, department, received->client_id, "Joao", "joao@example.com", "11988776655",
                                  "123.456.789-09", &chat, &error))
        fail("start", error);
    return chat;
}

static void send(omnize_conversation *chat, const char *text) {
    omnize_error *error = NULL;

    if (omnize_conversation_typing(chat, &error)) fail("typing", error);
    if (omnize_conversation_cleared(chat, &error)) fail("cleared", error);
    if (omnize_conversation_send(chat, text, -1, &error)) fail("send", error);
}

int main(void) {
    struct received joao = {"12", {0}};
    struct received maria = {"13", {0}};
    omnize_client *client = open_client();
    omnize_conversation *chat;
    omnize_error *error = NULL;

    print_webhook_url(client);
    wait_for_enter();

    chat = start(client, "1", &joao);
    wait_for(client, &joao, OMNIZE_EVENT_ACCEPTED);
    wait_for(client, &joao, OMNIZE_EVENT_MESSAGE);
    send(chat, "Bom dia! Minha fatura veio errada.");
    wait_for(client, &joao, OMNIZE_EVENT_MESSAGE);
    send(chat, "Obrigado, tchau!");
    wait_for(client, &joao, OMNIZE_EVENT_FINISH);
    omnize_conversation_free(chat);

    chat = start(client, "2", &maria);
    wait_for(client, &maria, OMNIZE_EVENT_UNAVAILABLE);
    if (omnize_conversation_finish(chat, &error)) fail("finish", error);
    omnize_conversation_free(chat);

    close_client(client);
    return 0;
}
