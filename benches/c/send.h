/* The ways to send that are compared, and what they send. */

#ifndef SEND_H
#define SEND_H

#include "measure.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define REQUEST_BYTES 240

/* Where to, and with how much. */
struct target {
    const char *host;
    int port;
    int threads;
    int conversations;
};

struct way {
    const char *name;
    /* Once, before any thread. */
    void (*open)(const struct target *target);
    /* Once in each thread, 0 and up; what it returns goes to `send`. */
    void *(*begin)(int thread);
    /* Sends one request and reads its answer, or has that done; ends the program unless the server accepted it. */
    void (*send)(void *state);
    /* Once in each thread, after its last request: waits until all are done. NULL where they are. */
    void (*finish)(void *state);
};

extern const struct way send_omnize, send_posted, send_libcurl, send_raw;

/* The department and the customer of conversation `number`, which have the same length for each. */
#define DEPARTMENT "1"
static inline void write_client_id(char *id, size_t size, int number) {
    snprintf(id, size, "%07d", number);
}

/* What is sent besides the text. */
#define AROUND_TEXT                                                                                                    \
    "{\"token\":\"" TOKEN "\",\"type\":\"message\",\"content\":\"\",\"departmentId\":\"" DEPARTMENT                    \
    "\",\"clientId\":\"0000000\"}"
#define TEXT_BYTES (REQUEST_BYTES - (sizeof AROUND_TEXT - 1))

/* A message that makes the request as long as it is to be. */
static inline void write_text(char text[TEXT_BYTES + 1]) {
    memset(text, 't', TEXT_BYTES);
    text[TEXT_BYTES] = '\0';
}

/* The body of a request, written before the measuring begins: neither libcurl nor a raw socket writes JSON. */
static inline void write_body(char body[REQUEST_BYTES + 1], int number) {
    char text[TEXT_BYTES + 1];
    char id[16];
    char written[REQUEST_BYTES + sizeof id];

    write_text(text);
    write_client_id(id, sizeof id, number);
    if (snprintf(written, sizeof written,
                 "{\"token\":\"" TOKEN "\",\"type\":\"message\",\"content\":\"%s\",\"departmentId\":\"" DEPARTMENT
                 "\",\"clientId\":\"%s\"}",
                 text, id) != REQUEST_BYTES)
        give_up("write_body", "has not the length it is to have");
    memcpy(body, written, REQUEST_BYTES + 1);
}

#endif
