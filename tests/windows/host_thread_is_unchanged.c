/* The settings of a thread and of the process are the same before and after calls, and while a callback runs: floating
 * point as Delphi sets it, COM, priority, affinity, locale, error mode, the filter of unhandled exceptions. Structured
 * exceptions that a callback handles itself work there. */

#include "process.h"

#include <locale.h>
#include <objbase.h>

/* Delphi and C++Builder trap invalid operations, divisions by zero and overflows. The precision is 64 bits. */
#define DELPHI_X87 0x1372
#define DELPHI_SSE 0x1900

#define RAISED 0xE0000001

struct settings {
    unsigned short x87;
    unsigned sse;
    int priority;
    DWORD_PTR affinity;
    char locale[100];
    UINT error_mode;
    DWORD thread_error_mode;
    LPTOP_LEVEL_EXCEPTION_FILTER filter;
    char folder[MAX_PATH];
    UINT code_page;
};

static volatile LONG handled;
static int callbacks;

static LONG WINAPI on_unhandled(EXCEPTION_POINTERS *exception) {
    (void)exception;
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI on_exception(EXCEPTION_POINTERS *exception) {
    if (exception->ExceptionRecord->ExceptionCode != RAISED) return EXCEPTION_CONTINUE_SEARCH;
    handled++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void read_settings(struct settings *now) {
    DWORD_PTR affinity, system;

    memset(now, 0, sizeof *now);
    __asm__ volatile("fnstcw %0" : "=m"(now->x87));
    __asm__ volatile("stmxcsr %0" : "=m"(now->sse));
    now->sse &= ~0x3Fu; /* without the flags of exceptions that occurred */
    now->priority = GetThreadPriority(GetCurrentThread());
    EXPECT(GetProcessAffinityMask(GetCurrentProcess(), &affinity, &system));
    now->affinity = SetThreadAffinityMask(GetCurrentThread(), affinity);
    SetThreadAffinityMask(GetCurrentThread(), now->affinity);
    snprintf(now->locale, sizeof now->locale, "%s", setlocale(LC_ALL, NULL));
    now->error_mode = GetErrorMode();
    now->thread_error_mode = GetThreadErrorMode();
    now->filter = SetUnhandledExceptionFilter(on_unhandled);
    GetCurrentDirectoryA(sizeof now->folder, now->folder);
    now->code_page = GetConsoleOutputCP();
}

static void set_floating_point(unsigned short x87, unsigned sse) {
    __asm__ volatile("fnclex\n\tfldcw %0" : : "m"(x87));
    __asm__ volatile("ldmxcsr %0" : : "m"(sse));
}

static struct settings before;

static void expect_unchanged(void) {
    struct settings now;

    read_settings(&now);
    if (now.x87 != before.x87 || now.sse != before.sse) fprintf(stderr, "x87 %#x, SSE %#x\n", now.x87, now.sse);
    EXPECT(memcmp(&now, &before, sizeof now) == 0);
}

static void OMNIZE_CALL on_event(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
    expect_unchanged();
    RaiseException(RAISED, 0, 0, NULL);
    callbacks++;
}

static DWORD host_thread;
static int logged, destroyed;

/* Some messages come on threads of the library, which have the settings of the system. */
static void OMNIZE_CALL on_log(int32_t level, const char *message, void *user_data) {
    (void)level;
    (void)message;
    (void)user_data;
    if (GetCurrentThreadId() != host_thread) return;
    expect_unchanged();
    logged++;
}

static void OMNIZE_CALL on_destroy(void *user_data) {
    (void)user_data;
    expect_unchanged();
    destroyed++;
}

/* A service whose response contains numbers out of the range of double. */
static DWORD WINAPI respond_with_huge_numbers(void *listening) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{\"status\":1e400,\"y\":-9e308}";
    char request[4096];
    SOCKET peer = accept(*(SOCKET *)listening, NULL, NULL);

    EXPECT(recv(peer, request, sizeof request, 0) > 0);
    EXPECT(send(peer, answer, (int)strlen(answer), 0) > 0);
    shutdown(peer, SD_SEND);
    while (recv(peer, request, sizeof request, 0) > 0) continue;
    closesocket(peer);
    return 0;
}

static void hold_a_conversation(void) {
    char url[64];
    SOCKET listening = listen_on_loopback(8, url, sizeof url);
    const char *options[] = {"base_url", url, "listen", "127.0.0.1:0", NULL};
    HANDLE server = start_thread(respond_with_huge_numbers, &listening);
    omnize_client *client = client_with(options);
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    expect_unchanged();
    host_thread = GetCurrentThreadId();
    EXPECT_OK(omnize_log_set(OMNIZE_LOG_DEBUG, on_log, NULL, on_destroy, &error));
    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    EXPECT_OK(omnize_conversation_send(chat, "oi", -1, &error));
    expect_unchanged();
    EXPECT_FAILS(omnize_conversation_attach(client, NULL, NULL, &chat, &error), OMNIZE_E_DEPARTMENT, "department");
    expect_unchanged();
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, on_event, NULL, on_destroy, NULL, &error));
    deliver(client, "{\"status\":1e999,\"clientId\":9e9999,\"x\":-1e400}");
    EXPECT(poll_now(client) == 1 && callbacks == 1 && handled == 1);
    expect_unchanged();
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    omnize_client_free(client);
    expect_unchanged();
    EXPECT(destroyed == 1 && logged > 0);
    EXPECT_OK(omnize_log_set(OMNIZE_LOG_OFF, NULL, NULL, NULL, &error));
    EXPECT(destroyed == 2);
    expect_unchanged();
    join_thread(server);
    closesocket(listening);
    callbacks = logged = destroyed = 0;
    handled = 0;
}

int main(void) {
    unsigned short x87;
    unsigned sse;

    AddVectoredExceptionHandler(0, on_exception);
    SetUnhandledExceptionFilter(on_unhandled);
    EXPECT(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL));
    SetThreadAffinityMask(GetCurrentThread(), 1);
    SetErrorMode(SEM_NOOPENFILEERRORBOX);
    EXPECT(setlocale(LC_NUMERIC, "C") != NULL);
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    __asm__ volatile("stmxcsr %0" : "=m"(sse));

    read_settings(&before);
    hold_a_conversation();
    /* The library has entered no apartment: S_FALSE or RPC_E_CHANGED_MODE would say that it has. */
    EXPECT(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED) == S_OK);
    hold_a_conversation();
    EXPECT(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED) == S_FALSE);
    CoUninitialize();
    CoUninitialize();

    set_floating_point(DELPHI_X87, DELPHI_SSE);
    read_settings(&before);
    EXPECT(before.x87 == DELPHI_X87 && before.sse == DELPHI_SSE);
    hold_a_conversation();
    set_floating_point(x87, sse & ~0x3Fu);
    return 0;
}
