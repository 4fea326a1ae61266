/* A process ends at once, with its own exit code, while clients are open: whatever the library's threads are doing, and
 * also from a callback. The program starts itself for each way. */

#include "process.h"

#define CODE 42

static omnize_client *client;
static volatile LONG calls, requests;

static void OMNIZE_CALL count(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
    InterlockedIncrement(&calls);
}

static void OMNIZE_CALL exit_on_event(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
    exit(CODE);
}

static DWORD WINAPI deliver_repeatedly(void *unused) {
    (void)unused;
    for (;;) omnize_client_deliver(client, TYPING, -1, NULL, NULL);
    return 0;
}

static DWORD WINAPI send_repeatedly(void *unused) {
    omnize_conversation *chat = NULL;
    (void)unused;
    for (;;) {
        omnize_conversation_attach(client, "1", "12", &chat, NULL);
        InterlockedIncrement(&requests);
        omnize_conversation_typing(chat, NULL);
        omnize_conversation_free(chat);
    }
    return 0;
}

static DWORD WINAPI exit_here(void *unused) {
    (void)unused;
    exit(CODE);
    return 0;
}

static void start_all_threads(void) {
    static SOCKET listening;
    static char url[64];
    const char *options[] = {"listen", "127.0.0.1:0", "base_url", url, "dispatch.threads", "2", NULL};
    omnize_error *error = NULL;

    listening = listen_on_loopback(8, url, sizeof url);
    start_thread(accept_requests, &listening);
    client = client_with(options);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, count, NULL, NULL, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    start_thread(deliver_repeatedly, NULL);
    start_thread(send_repeatedly, NULL);
    EXPECT_SOON(calls > 0 && requests > 0);
}

static void run(const char *way) {
    omnize_error *error = NULL;

    start_all_threads();
    if (strcmp(way, "exit") == 0) exit(CODE);
    if (strcmp(way, "ExitProcess") == 0) ExitProcess(CODE);
    if (strcmp(way, "TerminateProcess") == 0) TerminateProcess(GetCurrentProcess(), CODE);
    if (strcmp(way, "thread") == 0) join_thread(start_thread(exit_here, NULL));
    if (strcmp(way, "callback") == 0) {
        EXPECT_OK(omnize_client_subscribe(client, 0, NULL, exit_on_event, NULL, NULL, NULL, &error));
        Sleep(INFINITE);
    }
}

int main(int count_of_arguments, char **arguments) {
    static const char *const ways[] = {"exit", "ExitProcess", "TerminateProcess", "thread", "callback"};
    unsigned at, round;

    if (count_of_arguments > 1) {
        run(arguments[1]);
        return 1;
    }
    for (at = 0; at < sizeof ways / sizeof ways[0]; at++) {
        for (round = 0; round < 4; round++) {
            char command[2 * MAX_PATH], program[MAX_PATH];
            STARTUPINFOA startup;
            PROCESS_INFORMATION process;
            DWORD code = 0;

            memset(&startup, 0, sizeof startup);
            startup.cb = sizeof startup;
            GetModuleFileNameA(NULL, program, sizeof program);
            snprintf(command, sizeof command, "\"%s\" %s", program, ways[at]);
            EXPECT(CreateProcessA(program, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
            if (WaitForSingleObject(process.hProcess, 30000) != WAIT_OBJECT_0) {
                fprintf(stderr, "%s does not end the process\n", ways[at]);
                TerminateProcess(process.hProcess, 1);
                return 1;
            }
            EXPECT(GetExitCodeProcess(process.hProcess, &code));
            if (code != CODE) fprintf(stderr, "%s ends the process with %#lx\n", ways[at], code);
            EXPECT(code == CODE);
            CloseHandle(process.hThread);
            CloseHandle(process.hProcess);
        }
    }
    return 0;
}
