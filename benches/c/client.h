/* Opens a client for the measured programs, with options as NAME=VALUE. */

#ifndef CLIENT_H
#define CLIENT_H

#include <omnize.h>

#include "measure.h"

/* The exit status of a program with an option that this version of the library does not support. */
#define EXIT_UNSUPPORTED 3

static inline void succeed(omnize_status status, omnize_error *error, const char *what) {
    if (status != OMNIZE_OK) give_up(what, error ? omnize_error_message(error, NULL) : omnize_status_name(status));
}

static inline void set_option(omnize_config *config, const char *name, const char *value) {
    omnize_error *error = NULL;
    omnize_status status = omnize_config_set(config, name, value, &error);
    if (status == OMNIZE_E_OPTION) {
        fprintf(stderr, "there is no option %s\n", name);
        exit(EXIT_UNSUPPORTED);
    }
    succeed(status, error, name);
}

/* Opens a client with `count` options. */
static inline omnize_client *open_client(char *const *options, int count) {
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    omnize_error *error = NULL;

    succeed(omnize_config_new(&config, &error), error, "config");
    set_option(config, "token", "0123456789abcdef0123456789abcdef");
    /* All connections of a bench come from one address. */
    set_option(config, "listen.max_connections", "100000");
    set_option(config, "listen.max_connections_per_address", "100000");
    for (int i = 0; i < count; i++) {
        char name[64];
        const char *equals = strchr(options[i], '=');
        if (equals == NULL || equals - options[i] >= (long)sizeof name) give_up(options[i], "is not NAME=VALUE");
        snprintf(name, sizeof name, "%.*s", (int)(equals - options[i]), options[i]);
        set_option(config, name, equals + 1);
    }
    succeed(omnize_client_open(config, &client, &error), error, "open");
    omnize_config_free(config);
    return client;
}

#endif
