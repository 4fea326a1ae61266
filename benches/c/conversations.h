/* A client, and the conversations of a program that sends. */

#ifndef CONVERSATIONS_H
#define CONVERSATIONS_H

#include "client.h"
#include "send.h"

/* Opens a client, with one more option unless that is NULL, and attaches it to the target's conversations. */
static inline omnize_client *open_conversations(const struct target *target, char *option,
                                                omnize_conversation ***conversations) {
    char base_url[256];
    char *const options[] = {base_url, option};
    omnize_error *error = NULL;
    omnize_client *client;

    snprintf(base_url, sizeof base_url, "base_url=http://%s:%d/api/rest/v1", target->host, target->port);
    client = open_client(options, option == NULL ? 1 : 2);
    *conversations = calloc((size_t)target->conversations, sizeof(omnize_conversation *));
    if (*conversations == NULL) give_up("calloc", "no memory");
    for (int i = 0; i < target->conversations; i++) {
        char id[16];
        write_client_id(id, sizeof id, i);
        succeed(omnize_conversation_attach(client, DEPARTMENT, id, &(*conversations)[i], &error), error, "attach");
    }
    return client;
}

#endif
