/* An event loop of Windows is woken by the HANDLE of a client, or by a message to its window. */

#include "process.h"

#define WM_EVENTS (WM_APP + 7)

static int messages, events;
static int events_per_message;
static omnize_client *client;

/* Takes at most this many events, with omnize_client_next(). */
static int take(int most) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int taken = 0;

    while (taken < most) {
        EXPECT_OK(omnize_client_next(client, 0, &event, &error));
        if (event == NULL) break;
        omnize_event_free(event);
        taken++;
    }
    return taken;
}

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM first, LPARAM second) {
    if (message != WM_EVENTS) return DefWindowProcW(window, message, first, second);
    EXPECT(first == 0 && second == 0);
    messages++;
    events += take(events_per_message);
    return 0;
}

/* Handles all messages of the thread. */
static void pump(void) {
    MSG message;
    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) DispatchMessageW(&message);
}

static void expect_counts(int expected_messages, int expected_events) {
    pump();
    if (messages != expected_messages || events != expected_events)
        fprintf(stderr, "%d messages and %d events\n", messages, events);
    EXPECT(messages == expected_messages && events == expected_events);
    messages = events = 0;
}

static HWND new_window(void) {
    WNDCLASSW class;
    HWND window;

    memset(&class, 0, sizeof class);
    class.lpfnWndProc = on_message;
    class.lpszClassName = L"omnize test";
    RegisterClassW(&class);
    window = CreateWindowExW(0, class.lpszClassName, L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    EXPECT(window != NULL);
    return window;
}

static void test_handle(void) {
    omnize_error *error = NULL;
    void *handle = NULL, *again = NULL;
    int64_t descriptor = 5;
    HANDLE other = CreateEventW(NULL, TRUE, FALSE, NULL);
    HANDLE both[2];

    client = plain_client();
    EXPECT_FAILS(omnize_client_wake_fd(client, &descriptor, &error), OMNIZE_E_UNSUPPORTED, "omnize_client_wake_handle");
    EXPECT(descriptor == 5);
    EXPECT_FAILS(omnize_client_wake_handle(client, NULL, &error), OMNIZE_E_ARGUMENT, "handle");
    EXPECT_OK(omnize_client_wake_handle(client, &handle, &error));
    EXPECT_OK(omnize_client_wake_handle(client, &again, &error));
    EXPECT(handle != NULL && handle == again);
    both[0] = other;
    both[1] = handle;
    EXPECT(WaitForMultipleObjects(2, both, FALSE, 0) == WAIT_TIMEOUT);
    deliver(client, TYPING);
    deliver(client, TYPING);
    EXPECT(WaitForMultipleObjects(2, both, FALSE, 10000) == WAIT_OBJECT_0 + 1);
    EXPECT(MsgWaitForMultipleObjects(2, both, FALSE, 10000, QS_ALLINPUT) == WAIT_OBJECT_0 + 1);
    EXPECT(take(1) == 1);
    EXPECT(WaitForSingleObject(handle, 0) == WAIT_OBJECT_0);
    EXPECT(take(2) == 1);
    EXPECT(WaitForSingleObject(handle, 0) == WAIT_TIMEOUT);
    omnize_client_free(client);
    CloseHandle(other);
}

static DWORD WINAPI deliver_later(void *unused) {
    (void)unused;
    deliver(client, TYPING);
    return 0;
}

/* The loop of an application that waits for messages and for other objects. */
static void test_wait_in_a_loop(void) {
    omnize_error *error = NULL;
    void *handle = NULL;
    HANDLE thread;

    client = plain_client();
    EXPECT_OK(omnize_client_wake_handle(client, &handle, &error));
    thread = start_thread(deliver_later, NULL);
    EXPECT(MsgWaitForMultipleObjects(1, &handle, FALSE, 20000, QS_ALLINPUT) == WAIT_OBJECT_0);
    EXPECT(take(9) == 1);
    join_thread(thread);
    omnize_client_free(client);
}

static void test_message_after_each_call_that_leaves_events(void) {
    omnize_error *error = NULL;
    HWND window = new_window();
    int at;

    client = plain_client();
    deliver(client, TYPING);
    events_per_message = 1;
    EXPECT_OK(omnize_client_wake_message(client, window, WM_EVENTS, &error));
    expect_counts(1, 1); /* the event was queued before */
    for (at = 0; at < 5; at++) deliver(client, TYPING);
    expect_counts(5, 5); /* one event for each message */
    deliver(client, TYPING);
    expect_counts(1, 1);
    expect_counts(0, 0);

    events_per_message = 0;
    for (at = 0; at < 5; at++) deliver(client, TYPING);
    expect_counts(1, 0); /* the application took nothing, so no other message follows */
    deliver(client, TYPING);
    expect_counts(0, 0);
    events_per_message = 9;
    EXPECT(take(1) == 1);
    pump();
    EXPECT(events == 5 && messages >= 1);
    messages = events = 0;

    EXPECT_OK(omnize_client_wake_message(client, NULL, 0, &error));
    deliver(client, TYPING);
    expect_counts(0, 0);
    EXPECT(take(9) == 1);
    omnize_client_free(client);
    DestroyWindow(window);
}

static void OMNIZE_CALL count_event(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
    events++;
}

static LRESULT CALLBACK poll_on_message(HWND window, UINT message, WPARAM first, LPARAM second) {
    if (message != WM_EVENTS) return DefWindowProcW(window, message, first, second);
    messages++;
    poll_now(client);
    return 0;
}

static void test_one_message_for_a_poll_of_all_events(void) {
    omnize_error *error = NULL;
    HWND window = new_window();
    int at;

    SetWindowLongPtrW(window, GWLP_WNDPROC, (LONG_PTR)poll_on_message);
    client = plain_client();
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, count_event, NULL, NULL, NULL, &error));
    EXPECT_OK(omnize_client_wake_message(client, window, WM_EVENTS, &error));
    for (at = 0; at < 7; at++) deliver(client, TYPING);
    expect_counts(1, 7);
    deliver(client, TYPING);
    expect_counts(1, 1);
    omnize_client_free(client);
    DestroyWindow(window);
}

static void test_bad_windows(void) {
    omnize_error *error = NULL;
    HWND window = new_window();

    client = plain_client();
    EXPECT_FAILS(omnize_client_wake_message(client, window, WM_CLOSE, &error), OMNIZE_E_ARGUMENT, "WM_USER");
    EXPECT_FAILS(omnize_client_wake_message(client, window, 0x10000, &error), OMNIZE_E_ARGUMENT, "65535");
    EXPECT_OK(omnize_client_wake_message(client, window, WM_EVENTS, &error));
    DestroyWindow(window);
    EXPECT_FAILS(omnize_client_wake_message(client, window, WM_EVENTS, &error), OMNIZE_E_ARGUMENT, "HWND");
    /* The window was destroyed while the client posts to it: no call fails. */
    deliver(client, TYPING);
    deliver(client, TYPING);
    EXPECT(take(9) == 2);
    omnize_client_free(client);
}

/* A full message queue loses no message for ever: the next call that leaves events posts it. */
static void test_full_message_queue(void) {
    omnize_error *error = NULL;
    HWND window = new_window();
    int filled = 0;

    client = plain_client();
    while (filled < 20000 && PostMessageW(window, WM_NULL, 0, 0)) filled++;
    EXPECT_OK(omnize_client_wake_message(client, window, WM_EVENTS, &error));
    deliver(client, TYPING);
    events_per_message = 9;
    pump();
    deliver(client, TYPING);
    pump();
    EXPECT(events == 2);
    messages = events = 0;
    omnize_client_free(client);
    DestroyWindow(window);
}

int main(void) {
    EXPECT(GetModuleHandleW(L"omnize.dll") != NULL);
    test_handle();
    test_wait_in_a_loop();
    test_message_after_each_call_that_leaves_events();
    test_one_message_for_a_poll_of_all_events();
    test_bad_windows();
    test_full_message_queue();
    return 0;
}
