/* Opens a client whose store is the argument. Prints the warnings of the log, and `opened` or the error message. */

#include <omnize.h>
#include <stdio.h>

static void OMNIZE_CALL print(int32_t level, const char *message, void *data) {
    (void)level;
    (void)data;
    printf("%s\n", message);
}

int main(int count, char **arguments) {
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    omnize_error *error = NULL;

    if (count != 2) return 2;
    if (omnize_log_set(OMNIZE_LOG_WARN, print, NULL, NULL, &error) || omnize_config_new(&config, &error) ||
        omnize_config_set(config, "token", "t", &error) ||
        omnize_config_set(config, "base_url", "http://127.0.0.1:1/", &error) ||
        omnize_config_set(config, "store", arguments[1], &error) || omnize_client_open(config, &client, &error)) {
        printf("%s\n", omnize_error_message(error, NULL));
        omnize_error_free(error);
    } else {
        printf("opened\n");
    }
    omnize_client_free(client);
    omnize_config_free(config);
    return 0;
}
