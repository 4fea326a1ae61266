/* poll, next and dispatch are each complete and exclude one another. The descriptor is readable while events are
 * queued; on Windows, the event is signalled. */

#include <errno.h>
#ifdef _WIN32
#include <winsock2.h>
#include <windows.h>
#else
#include <poll.h>
#endif
#include <pthread.h>
#include <unistd.h>

#include "expect.h"

#define EVENT_OF(id) "{\"message\":\"oi\",\"clientId\":\"" id "\"}"

#ifdef _WIN32

typedef HANDLE wake_object;

static wake_object wake_of(omnize_client *client) {
    HANDLE handle = NULL;
    int64_t descriptor = -1;
    omnize_error *error = NULL;

    EXPECT_FAILS(omnize_client_wake_fd(client, &descriptor, &error), OMNIZE_E_UNSUPPORTED, "wake_handle");
    EXPECT_OK(omnize_client_wake_handle(client, &handle, &error));
    return handle;
}

static int is_signalled(wake_object handle) {
    return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

static int is_closed(wake_object handle) {
    DWORD flags;
    return !GetHandleInformation(handle, &flags);
}

#else

typedef int64_t wake_object;

static wake_object wake_of(omnize_client *client) {
    void *handle = NULL;
    int64_t descriptor = -1;
    omnize_error *error = NULL;

    EXPECT_FAILS(omnize_client_wake_handle(client, &handle, &error), OMNIZE_E_UNSUPPORTED, "wake_fd");
    EXPECT_OK(omnize_client_wake_fd(client, &descriptor, &error));
    EXPECT(descriptor >= 0);
    return descriptor;
}

static int is_signalled(wake_object descriptor) {
    struct pollfd watched = {(int)descriptor, POLLIN, 0};
    return poll(&watched, 1, 0) == 1;
}

static int is_closed(wake_object descriptor) {
    return write((int)descriptor, "12345678", 8) == -1 && errno == EBADF;
}

#endif

static void test_next(void) {
    omnize_client *client = plain_client();
    omnize_event *event = (omnize_event *)client;
    omnize_error *error = NULL;
    int64_t length = -1;

    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(event == NULL);
    deliver(client, EVENT_OF("1"));
    deliver(client, EVENT_OF("2"));
    EXPECT_OK(omnize_client_next(client, -1, &event, &error));
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_MESSAGE);
    EXPECT(strcmp(omnize_event_client_id(event, &length), "1") == 0 && length == 1);
    EXPECT(strcmp(omnize_event_raw(event, &length), EVENT_OF("1")) == 0 && length == (int64_t)strlen(EVENT_OF("1")));
    EXPECT(omnize_event_sequence(event) == 1);
    EXPECT(omnize_event_received_at(event) > INT64_C(1700000000000));
    EXPECT(omnize_event_replaced(event) == 0);
    omnize_event_free(event);
    EXPECT_FAILS(omnize_client_poll(client, 0, 0, NULL, &error), OMNIZE_E_MODE, "next");
    EXPECT_FAILS(omnize_client_dispatch(client, &error), OMNIZE_E_MODE, "next");
    EXPECT_FAILS(omnize_client_next(client, 0, NULL, &error), OMNIZE_E_ARGUMENT, "event");
    omnize_client_free(client);
}

static void *deliver_later(void *client) {
    usleep(50 * 1000);
    deliver(client, EVENT_OF("9"));
    return NULL;
}

static void test_next_wakes_for_an_event(void) {
    omnize_client *client = plain_client();
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    pthread_t thread;

    EXPECT(pthread_create(&thread, NULL, deliver_later, client) == 0);
    EXPECT_OK(omnize_client_next(client, 60 * 1000, &event, &error));
    EXPECT(event != NULL);
    omnize_event_free(event);
    EXPECT(pthread_join(thread, NULL) == 0);
    omnize_client_free(client);
}

static void test_wake_object(void) {
    omnize_client *client = plain_client();
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    wake_object wake;

    deliver(client, EVENT_OF("1"));
    wake = wake_of(client);
    EXPECT(wake == wake_of(client));
    EXPECT(is_signalled(wake));
    deliver(client, EVENT_OF("2"));
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    omnize_event_free(event);
    EXPECT(is_signalled(wake));
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    omnize_event_free(event);
    EXPECT(!is_signalled(wake));
    deliver(client, EVENT_OF("3"));
    EXPECT(is_signalled(wake));
    omnize_client_free(client);
    EXPECT(is_closed(wake));
}

struct calls {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t host;
    int count;
    int overlapping;
    int inside;
};

static void check_library_thread(const omnize_event *event, void *user_data) {
    struct calls *calls = user_data;
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_MESSAGE);
    EXPECT(!pthread_equal(pthread_self(), calls->host));
    pthread_mutex_lock(&calls->lock);
    if (calls->inside++) calls->overlapping = 1;
    pthread_mutex_unlock(&calls->lock);
    usleep(100);
    pthread_mutex_lock(&calls->lock);
    calls->inside--;
    calls->count++;
    pthread_cond_signal(&calls->changed);
    pthread_mutex_unlock(&calls->lock);
}

static void test_dispatch(void) {
    omnize_client *client = plain_client();
    omnize_error *error = NULL;
    omnize_event *event = NULL;
    struct calls calls = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, pthread_self(), 0, 0, 0};
    int64_t left = -1;
    int at;

    EXPECT_OK(
        omnize_client_subscribe(client, OMNIZE_EVENT_ANY, NULL, check_library_thread, &calls, NULL, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    for (at = 0; at < 50; at++) deliver(client, EVENT_OF("1"));
    pthread_mutex_lock(&calls.lock);
    while (calls.count < 50) pthread_cond_wait(&calls.changed, &calls.lock);
    pthread_mutex_unlock(&calls.lock);
    EXPECT_FAILS(omnize_client_next(client, 0, &event, &error), OMNIZE_E_MODE, "dispatch");
    EXPECT_FAILS(omnize_client_poll(client, 0, 0, NULL, &error), OMNIZE_E_MODE, "dispatch");

    /* close lets the thread handle the queued events. */
    for (at = 0; at < 50; at++) deliver(client, EVENT_OF("1"));
    EXPECT_OK(omnize_client_close(client, 20000, &left, NULL, &error));
    EXPECT(left == 0 && calls.count == 100 && calls.overlapping == 0);
    omnize_client_free(client);
}

int main(void) {
    test_next();
    test_next_wakes_for_an_event();
    test_wake_object();
    test_dispatch();
    return 0;
}
