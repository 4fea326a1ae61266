/* A plug-in loads the library, uses a client with a listener, sends a request, receives a trigger, closes and
 * unloads the library, a hundred times, on Windows twenty times. No thread and no descriptor remains, and nothing
 * crashes. A thread of the host that used the library and ends after the unload does not crash either. */

#include <dlfcn.h>
#include <semaphore.h>

#include "process.h"
#include "server.h"

#ifdef _WIN32
/* Under wine, everything takes longer. */
#define TIMES 20
#define LIBRARY "omnize.dll"
#else
#define TIMES 100
#define LIBRARY "libomnize.so.0"
#endif

/* The functions of the library, resolved after each load. */
#define FUNCTIONS(use)                                                                                                 \
    use(config_new) use(config_set) use(config_free) use(client_open) use(client_webhook_url) use(client_subscribe)    \
        use(client_dispatch) use(client_close) use(client_free) use(conversation_start) use(conversation_free)         \
            use(event_kind) use(error_message) use(error_free) use(option_count)

#define DECLARE(name) static __typeof__(omnize_##name) *name;
FUNCTIONS(DECLARE)
#undef DECLARE

static sem_t called, used, let_go;

static void *load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) fprintf(stderr, "%s\n", dlerror());
    EXPECT(library != NULL);
#define FIND(name) *(void **)&name = dlsym(library, "omnize_" #name);
    FUNCTIONS(FIND)
#undef FIND
    EXPECT(option_count != NULL && option_count() > 5);
    return library;
}

static void on_event(const omnize_event *event, void *user_data) {
    (void)user_data;
    EXPECT(event_kind(event) == OMNIZE_EVENT_TYPING);
    sem_post(&called);
}

static void post_trigger(const char *url) {
    static const char body[] = "{\"status\":\"typing\",\"clientId\":\"12\"}";
    char request[512], answer[13] = "";
    int connection = connect_to(port_of(url));

    snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s",
             strchr(url + strlen("http://"), '/'), (int)strlen(body), body);
    send_all(connection, request, strlen(request));
    EXPECT(recv(connection, answer, 12, MSG_WAITALL) == 12 && strcmp(answer + 9, "200") == 0);
    close(connection);
}

static void use_library(const char *base_url) {
    omnize_config *config = NULL;
    omnize_client *client = NULL;
    omnize_conversation *chat = NULL;

    EXPECT(config_new(&config, NULL) == OMNIZE_OK);
    EXPECT(config_set(config, "token", "t", NULL) == OMNIZE_OK);
    EXPECT(config_set(config, "base_url", base_url, NULL) == OMNIZE_OK);
    EXPECT(config_set(config, "listen", "127.0.0.1:0", NULL) == OMNIZE_OK);
    EXPECT(client_open(config, &client, NULL) == OMNIZE_OK);
    config_free(config);
    EXPECT(client_subscribe(client, 0, NULL, on_event, NULL, NULL, NULL, NULL) == OMNIZE_OK);
    EXPECT(client_dispatch(client, NULL) == OMNIZE_OK);
    EXPECT(conversation_start(client, "1", "12", "Joao", NULL, NULL, NULL, &chat, NULL) == OMNIZE_OK);
    post_trigger(client_webhook_url(client, NULL));
    sem_wait(&called);
    conversation_free(chat);
    EXPECT(client_close(client, 10000, NULL, NULL, NULL) == OMNIZE_OK);
    client_free(client);
}

/* Fails once, so that the library's data for this thread exists. */
static void *use_library_and_outlive_it(void *unused) {
    omnize_error *error = NULL;
    (void)unused;
    EXPECT(config_set(NULL, "token", "t", &error) == OMNIZE_E_HANDLE);
    EXPECT(strstr(error_message(error, NULL), "NULL") != NULL);
    error_free(error);
    sem_post(&used);
    sem_wait(&let_go);
    return NULL;
}

int main(void) {
    struct server server;
    int threads_before, descriptors_before, at;

    EXPECT(dlopen(LIBRARY, RTLD_NOW | RTLD_NOLOAD) == NULL);
    sem_init(&called, 0, 0);
    sem_init(&used, 0, 0);
    sem_init(&let_go, 0, 0);
    server_open(&server, accept_all, NULL);
    threads_before = count_threads();
    descriptors_before = count_descriptors();
    for (at = 0; at < TIMES; at++) {
        void *library = load();
        pthread_t thread;

        use_library(server.url);
        EXPECT(pthread_create(&thread, NULL, use_library_and_outlive_it, NULL) == 0);
        sem_wait(&used);
        EXPECT(dlclose(library) == 0);
        sem_post(&let_go);
        EXPECT(pthread_join(thread, NULL) == 0);
        /* A joined thread is still visible for a moment, and this test's server closes its connections a little
         * later. */
        EXPECT_SOON(count_threads() == threads_before && count_descriptors() == descriptors_before);
    }
    server_close(&server);
    return 0;
}
