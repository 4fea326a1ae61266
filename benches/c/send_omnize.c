/* Sends with omnize_conversation_send: one client for all threads, each with its own interactions. */

#include "conversations.h"

struct state {
    omnize_conversation **mine;
    int count;
    int next;
};

static omnize_conversation **conversations;
static char text[TEXT_BYTES + 1];
static int for_each_thread;

static void open_all(const struct target *target) {
    open_conversations(target, NULL, &conversations);
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

const struct way send_omnize = {"omnize", open_all, begin, send_one, NULL};
