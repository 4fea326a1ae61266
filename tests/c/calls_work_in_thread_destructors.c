/* valgrind: no (the C library does not free thread-locals that are created in the last destructor) */

/* A host calls the library in the destructor of a thread-specific value, after the thread's own thread-locals are
 * gone. Calls work there too, also requests and errors. */

#include "process.h"
#include "server.h"

static struct server server;
static pthread_key_t key;
static int cleaned;

static void on_event(const omnize_event *event, void *user_data) {
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_TYPING);
    ++*(int *)user_data;
}

/* A destructor that sets its value again is called again, a few times: the last time after all other destructors. */
static void clean_up(void *times) {
    const char *options[] = {"base_url", server.url, "listen", "127.0.0.1:0", NULL};
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    int called = 0;

    EXPECT_FAILS(omnize_conversation_attach(client, "", "", &chat, &error), OMNIZE_E_DEPARTMENT, "department");
    EXPECT_OK(omnize_conversation_start(client, "1", "12", NULL, NULL, NULL, NULL, &chat, &error));
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, on_event, &called, NULL, NULL, &error));
    deliver(client, "{\"status\":\"typing\",\"clientId\":\"12\"}");
    EXPECT(poll_now(client) == 1 && called == 1);
    EXPECT_OK(omnize_client_close(client, 1000, NULL, NULL, &error));
    omnize_client_free(client);
    cleaned++;
    if (*(int *)times > 0) {
        --*(int *)times;
        EXPECT(pthread_setspecific(key, times) == 0);
    }
}

static void *thread_main(void *times) {
    omnize_error *error = NULL;

    EXPECT_FAILS(omnize_config_set(NULL, "token", "t", &error), OMNIZE_E_HANDLE, "NULL");
    EXPECT(pthread_setspecific(key, times) == 0);
    return NULL;
}

int main(void) {
    pthread_t thread;
    int times = 2;

    server_open(&server, accept_all, NULL);
    EXPECT(pthread_key_create(&key, clean_up) == 0);
    EXPECT(pthread_create(&thread, NULL, thread_main, &times) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    EXPECT(cleaned == 3);
    EXPECT_SOON(count_threads() == 2);
    server_close(&server);
    return 0;
}
