/* The log callback runs on any thread of the library, also the listener's, and may close and free the client there. */

#include <semaphore.h>

#include "process.h"
#include "server.h"

static omnize_client *client;
static pthread_t host;
static omnize_status closed = -1;
static sem_t done;

static void on_log(int32_t level, const char *message, void *user_data) {
    (void)level;
    (void)user_data;
    if (pthread_equal(pthread_self(), host) || strstr(message, "rejected") == NULL) return;
    closed = omnize_client_close(client, 1000, NULL, NULL, NULL);
    omnize_client_free(client);
    sem_post(&done);
}

int main(void) {
    const char *const options[] = {"listen", "127.0.0.1:0", NULL};
    omnize_error *error = NULL;
    int connection;

    host = pthread_self();
    sem_init(&done, 0, 0);
    client = client_with(options);
    connection = connect_to(port_of(omnize_client_webhook_url(client, NULL)));
    EXPECT_OK(omnize_log_set(OMNIZE_LOG_WARN, on_log, NULL, NULL, &error));
    send_all(connection, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27);
    sem_wait(&done);
    EXPECT(closed == OMNIZE_OK);
    EXPECT_SOON(count_threads() == 1);
    close(connection);
    EXPECT_OK(omnize_log_set(OMNIZE_LOG_OFF, NULL, NULL, NULL, &error));
    return 0;
}
