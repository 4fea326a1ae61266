/* Sending by omnize_conversation_send: one client for all threads, each with interactions of its own. */

#include "client.h"
#include "send.h"

struct state {
    omnize_conversation **mine;
    int count;
    int next;
};

static omnize_conversation **conversations;
static char text[TEXT_BYTES + 1];
static int for_each_thread;

static void open_all(const struct target *target) {
    char base_url[256];
    char *const options[] = {base_url};
    omnize_error *error = NULL;
    omnize_client *client;

    snprintf(base_url, sizeof base_url, "base_url=http://%s:%d/api/rest/v1", target->host, target->port);
    client = open_client(options, 1);
    conversations = calloc((size_t)target->conversations, sizeof(omnize_conversation *));
    if (conversations == NULL) give_up("calloc", "no memory");
    for (int i = 0; i < target->conversations; i++) {
        char id[16];
        write_client_id(id, sizeof id, i);
        succeed(omnize_conversation_attach(client, DEPARTMENT, id, &conversations[i], &error), error, "attach");
    }
    for_each_thread = target->conversations / target->threads;
    write_text(text);
}

static void *begin(int thread) {
    struct state *state = calloc(1, sizeof *state);
    if (state == NULL) give_up("calloc", "no memory");
    state->mine = conversations + thread * for_each_thread;
    state->count = for_each_thread;
    return state;
}

static void send_one(void *argument) {
    struct state *state = argument;
    omnize_error *error = NULL;

    succeed(omnize_conversation_send(state->mine[state->next], text, TEXT_BYTES, &error), error, "send");
    if (++state->next == state->count) state->next = 0;
}

const struct way send_omnize = {"omnize", open_all, begin, send_one};
