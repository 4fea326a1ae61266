/* The library can be loaded and unloaded any number of times. After its first call it stays loaded, so that threads and
 * thread-locals that need its code never crash. Its threads end with the client. */

#include "process.h"

#define LOADS 100
#define USES 20

#define FUNCTIONS(use)                                                                                                 \
    use(config_new) use(config_set) use(config_free) use(client_open) use(client_webhook_url) use(client_subscribe)    \
        use(client_dispatch) use(client_close) use(client_free) use(conversation_start) use(conversation_free)         \
            use(event_kind) use(error_message) use(error_free) use(option_count)

#define DECLARE(name) static __typeof__(omnize_##name) *name;
FUNCTIONS(DECLARE)
#undef DECLARE

static HANDLE called, used, let_go;

static HMODULE load(void) {
    HMODULE library = LoadLibraryA("omnize.dll");

    EXPECT(library != NULL);
#define FIND(name)                                                                                                     \
    {                                                                                                                  \
        FARPROC found = GetProcAddress(library, "omnize_" #name);                                                      \
        EXPECT(found != NULL);                                                                                         \
        memcpy(&name, &found, sizeof found);                                                                           \
    }
    FUNCTIONS(FIND)
#undef FIND
    return library;
}

static void OMNIZE_CALL on_event(const omnize_event *event, void *user_data) {
    (void)user_data;
    EXPECT(event_kind(event) == OMNIZE_EVENT_TYPING);
    SetEvent(called);
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
    EXPECT(WaitForSingleObject(called, 20000) == WAIT_OBJECT_0);
    conversation_free(chat);
    EXPECT(client_close(client, 10000, NULL, NULL, NULL) == OMNIZE_OK);
    client_free(client);
}

/* Fails once, so that the library's data for this thread exists. */
static DWORD WINAPI use_library_and_outlive_it(void *unused) {
    omnize_error *error = NULL;
    (void)unused;
    EXPECT(config_set(NULL, "token", "t", &error) == OMNIZE_E_HANDLE);
    EXPECT(strstr(error_message(error, NULL), "NULL") != NULL);
    error_free(error);
    SetEvent(used);
    EXPECT(WaitForSingleObject(let_go, 20000) == WAIT_OBJECT_0);
    return 0;
}

int main(void) {
    char url[64];
    SOCKET listening;
    HANDLE server;
    int threads_before, handles_at, at;
    DWORD handles = 0, handles_now = 0;

    EXPECT(GetModuleHandleA("omnize.dll") == NULL);
    threads_before = count_threads();
    for (at = 0; at < LOADS; at++) {
        HMODULE library = load();

        EXPECT(count_threads() == threads_before); /* loading starts no thread */
        EXPECT(FreeLibrary(library));
        EXPECT(GetModuleHandleA("omnize.dll") == NULL);
    }
    called = CreateEventA(NULL, FALSE, FALSE, NULL);
    used = CreateEventA(NULL, FALSE, FALSE, NULL);
    let_go = CreateEventA(NULL, FALSE, FALSE, NULL);
    listening = listen_on_loopback(8, url, sizeof url);
    server = start_thread(accept_requests, &listening);
    EXPECT(FreeLibrary(load()));
    threads_before = count_threads();
    for (handles_at = 0; handles_at < USES; handles_at++) {
        HMODULE library = load();
        HANDLE thread;

        use_library(url);
        thread = start_thread(use_library_and_outlive_it, NULL);
        EXPECT(WaitForSingleObject(used, 20000) == WAIT_OBJECT_0);
        EXPECT(FreeLibrary(library));
        EXPECT(GetModuleHandleA("omnize.dll") == library);
        EXPECT(option_count() > 5);
        SetEvent(let_go);
        join_thread(thread);
        EXPECT_SOON(count_threads() <= threads_before);
        EXPECT(GetProcessHandleCount(GetCurrentProcess(), &handles_now));
        if (handles_at == USES / 2) handles = handles_now;
    }
    /* No handle is lost with a client. */
    if (handles_now > handles + 5) fprintf(stderr, "%lu handles, and then %lu\n", handles, handles_now);
    EXPECT(handles_now <= handles + 5);
    closesocket(listening);
    join_thread(server);
    return 0;
}
