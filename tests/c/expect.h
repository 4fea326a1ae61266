/* Checks of the C tests: a failure prints its line and ends the program. */

#ifndef EXPECT_H
#define EXPECT_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <omnize.h>

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition);                                   \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The call succeeds; `error` is the error variable that it was given. */
#define EXPECT_OK(call)                                                                                                \
    do {                                                                                                               \
        omnize_status status_ = (call);                                                                                \
        if (status_ != OMNIZE_OK) {                                                                                    \
            fprintf(stderr, "%s:%d: %s gave %s: %s\n", __FILE__, __LINE__, #call, omnize_status_name(status_),         \
                    error ? omnize_error_message(error, NULL) : "");                                                   \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The call fails with this status, and its error has this status and these words in its message. */
#define EXPECT_FAILS(call, expected, words)                                                                            \
    do {                                                                                                               \
        omnize_status status_ = (call);                                                                                \
        EXPECT(status_ == (expected));                                                                                 \
        EXPECT(error != NULL);                                                                                         \
        EXPECT(omnize_error_status(error) == (expected));                                                              \
        if (strstr(omnize_error_message(error, NULL), (words)) == NULL) {                                              \
            fprintf(stderr, "%s:%d: no \"%s\" in: %s\n", __FILE__, __LINE__, (words),                                  \
                    omnize_error_message(error, NULL));                                                                \
            exit(1);                                                                                                   \
        }                                                                                                              \
        omnize_error_free(error);                                                                                      \
        error = NULL;                                                                                                  \
    } while (0)

/* Opens a client with these options, as name, value, ..., NULL. Its token is "t", unless the environment contains
 * one. */
static inline omnize_client *client_with(const char *const *options) {
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_OK(omnize_config_set(config, "token", "t", &error));
    EXPECT_OK(omnize_config_load_env(config, &error));
    for (; *options != NULL; options += 2) EXPECT_OK(omnize_config_set(config, options[0], options[1], &error));
    EXPECT_OK(omnize_client_open(config, &client, &error));
    omnize_config_free(config);
    return client;
}

static inline omnize_client *plain_client(void) {
    const char *const none[] = {NULL};
    return client_with(none);
}

static inline void deliver(omnize_client *client, const char *body) {
    omnize_error *error = NULL;
    EXPECT_OK(omnize_client_deliver(client, body, -1, NULL, &error));
}

static inline int64_t poll_now(omnize_client *client) {
    omnize_error *error = NULL;
    int64_t handled = -1;
    EXPECT_OK(omnize_client_poll(client, 0, 0, &handled, &error));
    return handled;
}

#endif
