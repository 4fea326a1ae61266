/*
 * A whole conversation: two interactions, all five requests out, all six triggers in.
 *
 * The options come from the environment: OMNIZE_TOKEN, and OMNIZE_BASE_URL for another service than the real one, as
 * `omnize sandbox` provides. The departments are 1, where an agent answers, and 2, where none is available.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <omnize.h>

#define KINDS 8

/* What has been heard of one customer's interaction: how many events of each kind. */
struct heard {
    const char *client_id;
    int count[KINDS];
};

static void fail(const char *what, omnize_error *error) {
    fprintf(stderr, "%s: %s\n", what, omnize_error_message(error, NULL));
    omnize_error_free(error);
    exit(1);
}

static void on_event(const omnize_event *event, void *user_data) {
    struct heard *heard = user_data;
    int32_t kind = omnize_event_kind(event);

    printf("%s: agent %s %s\n", heard->client_id, omnize_event_kind_name(kind), omnize_event_text(event, NULL));
    fflush(stdout);
    if (kind > 0 && kind < KINDS) heard->count[kind]++;
}

/* Waits for the next event of a kind: a real application does other things meanwhile. */
static void wait_for(omnize_client *client, struct heard *heard, int32_t kind) {
    omnize_error *error = NULL;
    int64_t handled = 0;

    while (heard->count[kind] == 0) {
        if (omnize_client_poll(client, 20000, &handled, &error) != OMNIZE_OK) fail("poll", error);
        if (handled == 0) {
            fprintf(stderr, "%s: no %s came\n", heard->client_id, omnize_event_kind_name(kind));
            exit(1);
        }
    }
    heard->count[kind]--;
}

static omnize_client *open_client(void) {
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    omnize_error *error = NULL;

    if (omnize_config_new(&config, &error) != OMNIZE_OK) fail("config", error);
    if (omnize_config_set(config, "listen", "127.0.0.1:0", &error) != OMNIZE_OK) fail("config", error);
    if (omnize_config_load_env(config, &error) != OMNIZE_OK) fail("config", error);
    if (omnize_client_open(config, &client, &error) != OMNIZE_OK) fail("open", error);
    omnize_config_free(config);
    return client;
}

/* The operator sets the webhook URL in the portal: Menu > Settings > Integrations > ClientSDK. */
static void wait_for_operator(omnize_client *client) {
    int key;

    printf("Set this webhook URL in the portal, then press Enter.\n");
    printf("webhook: %s\n", omnize_client_webhook_url(client, NULL));
    fflush(stdout);
    do key = getchar();
    while (key != '\n' && key != EOF);
}

static omnize_conversation *start(omnize_client *client, const char *department, struct heard *heard) {
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    if (omnize_client_subscribe(client, OMNIZE_EVENT_ANY, heard->client_id, on_event, heard, NULL, NULL, &error))
        fail("subscribe", error);
    if (omnize_conversation_start(client, department, heard->client_id, "Joao", "joao@example.com", "11988776655",
                                  "123.456.789-09", &chat, &error))
        fail("start", error);
    return chat;
}

static void say(omnize_conversation *chat, const char *text) {
    omnize_error *error = NULL;

    if (omnize_conversation_typing(chat, &error)) fail("typing", error);
    if (omnize_conversation_cleared(chat, &error)) fail("cleared", error);
    if (omnize_conversation_send(chat, text, -1, &error)) fail("send", error);
}

int main(void) {
    struct heard joao = {"12", {0}};
    struct heard maria = {"13", {0}};
    omnize_client *client = open_client();
    omnize_conversation *chat;
    omnize_error *error = NULL;

    wait_for_operator(client);

    chat = start(client, "1", &joao);
    wait_for(client, &joao, OMNIZE_EVENT_ACCEPTED);
    wait_for(client, &joao, OMNIZE_EVENT_MESSAGE);
    say(chat, "Bom dia! Minha fatura veio errada.");
    wait_for(client, &joao, OMNIZE_EVENT_MESSAGE);
    say(chat, "Obrigado, tchau!");
    wait_for(client, &joao, OMNIZE_EVENT_FINISH);
    omnize_conversation_free(chat);

    chat = start(client, "2", &maria);
    wait_for(client, &maria, OMNIZE_EVENT_UNAVAILABLE);
    if (omnize_conversation_finish(chat, &error)) fail("finish", error);
    omnize_conversation_free(chat);

    if (omnize_client_close(client, 5000, NULL, NULL, &error)) fail("close", error);
    omnize_client_free(client);
    return 0;
}
