/*
 * Opens many idle conversations.
 *
 *   idle_conversations COUNT
 *
 * Prints the bytes of memory of each, and the nanoseconds of CPU time to open one.
 */

#include "client.h"
#include "send.h"

/* Opened first and not measured: they include the growth of the client's tables. */
#define FIRST 1000

static omnize_client *client;

static void attach(int number) {
    omnize_conversation *conversation = NULL;
    omnize_error *error = NULL;
    char id[16];

    write_client_id(id, sizeof id, number);
    succeed(omnize_conversation_attach(client, DEPARTMENT, id, &conversation, &error), error, "attach");
}

int main(int count, char **arguments) {
    int conversations = count == 2 ? (int)number(arguments[1]) : 0;
    int64_t before;
    int64_t start;
    int64_t taken;

    if (conversations < 1) give_up("idle_conversations", "say COUNT");
    client = open_client(NULL, 0);
    for (int i = 0; i < FIRST; i++) attach(i);
    before = resident();
    start = processor_time();
    for (int i = 0; i < conversations; i++) attach(FIRST + i);
    taken = processor_time() - start;
    printf("%lld %lld\n", (long long)((resident() - before) / conversations), (long long)(taken / conversations));
    return 0;
}
