/* Functions that all examples use: they open a client, wait for the operator, and end the program if a call fails. */

#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include <omnize.h>

static inline void fail(const char *what, omnize_error *error) {
    fprintf(stderr, "%s: %s\n", what, error == NULL ? "no event" : omnize_error_message(error, NULL));
    omnize_error_free(error);
    exit(1);
}

/* Opens a client with a webhook on this machine. The environment sets the other options. */
static inline omnize_client *open_client(void) {
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    omnize_error *error = NULL;

    if (omnize_config_new(&config, &error) || omnize_config_set(config, "listen", "127.0.0.1:0", &error) ||
        omnize_config_load_env(config, &error) || omnize_client_open(config, &client, &error))
        fail("open", error);
    omnize_config_free(config);
    return client;
}

/* The operator enters the webhook URL in the portal: Menu > Settings > Integrations > ClientSDK. */
static inline void print_webhook_url(const omnize_client *client) {
    printf("Set this webhook URL in the portal, then press Enter.\nwebhook: %s\n",
           omnize_client_webhook_url(client, NULL));
    fflush(stdout);
}

static inline void wait_for_enter(void) {
    int key;

    do key = getchar();
    while (key != '\n' && key != EOF);
}

static inline void close_client(omnize_client *client) {
    omnize_error *error = NULL;

    if (omnize_client_close(client, 5000, NULL, NULL, &error)) fail("close", error);
    omnize_client_free(client);
}

#endif
