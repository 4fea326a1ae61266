/* The compared HTTP clients, and their requests. */

#ifndef SEND_H
#define SEND_H

#include "measure.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define REQUEST_BYTES 240

/* The server, and the amount. */
struct target {
    const char *host;
    int port;
    int threads;
    int conversations;
};

struct way {
    const char *name;
    /* Called once, before any thread. */
    void (*open)(const struct target *target);
    /* Called once in each thread, with numbers from 0. Its result is passed to `send`. */
    void *(*begin)(int thread);
    /* Sends one request and reads its response, directly or by a library. Exits unless the server accepted it. */
    void (*send)(void *state);
    /* Called once in each thread after its last request: waits for all outcomes. NULL if not needed. */
    void (*finish)(void *state);
};

extern const struct way send_omnize, send_posted, send_libcurl, send_raw;

/* Department and customer of conversation `number`. All have the same length. */
#define DEPARTMENT "1"
static inline void write_client_id(char *id, size_t size, int number) {
    snprintf(id, size, "%07d", number);
}

/* The body without the text. */
#define AROUND_TEXT                                                                                                    \
    "{\"token\":\"" TOKEN "\",\"type\":\"message\",\"content\":\"\",\"departmentId\":\"" DEPARTMENT                    \
    "\",\"clientId\":\"0000000\"}"
#define TEXT_BYTES (REQUEST_BYTES - (sizeof AROUND_TEXT - 1))

/* A text that gives the request its length. */
static inline void write_text(char text[TEXT_BYTES + 1]) {
    memset(text, 't', TEXT_BYTES);
    text[TEXT_BYTES] = '\0';
}

/* The body of a request, prepared before the measurement: neither libcurl nor a raw socket encodes JSON. */
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
