/* Threads use, close and free the same handles concurrently: every call ends with a status, none with a crash. */

#include <pthread.h>
#include <stdatomic.h>

#include "expect.h"

#define ROUNDS 100
#define THREADS 6

static omnize_client *client;
static omnize_conversation *chat;
static atomic_int calls;
static atomic_int destroyed;
static atomic_int subscribed;

static void count(const omnize_event *event, void *user_data) {
    (void)user_data;
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_TYPING);
    atomic_fetch_add(&calls, 1);
}

static void on_destroy(void *user_data) {
    (void)user_data;
    atomic_fetch_add(&destroyed, 1);
}

static int is_expected(omnize_status status) {
    return status == OMNIZE_OK || status == OMNIZE_E_CLOSED || status == OMNIZE_E_HANDLE;
}

static void *use_handles(void *number) {
    int64_t subscription = 0;
    omnize_status status;
    int at;

    for (at = 0; at < 20; at++) {
        EXPECT(
            is_expected(omnize_client_deliver(client, "{\"status\":\"typing\",\"clientId\":\"1\"}", -1, NULL, NULL)));
        status = omnize_client_subscribe(client, 0, NULL, count, NULL, on_destroy, &subscription, NULL);
        EXPECT(is_expected(status));
        atomic_fetch_add(&subscribed, 1);
        EXPECT(is_expected(omnize_client_poll(client, 0, 0, NULL, NULL)));
        if (status == OMNIZE_OK) {
            status = omnize_client_unsubscribe(client, subscription, NULL);
            EXPECT(is_expected(status) || status == OMNIZE_E_ARGUMENT);
        }
        omnize_conversation_client_id(chat, NULL);
        if (at == 10 + *(int *)number) {
            EXPECT(is_expected(omnize_client_close(client, 5000, NULL, NULL, NULL)));
            omnize_conversation_free(chat);
            omnize_client_free(client);
        }
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    int numbers[THREADS];
    omnize_error *error = NULL;
    int round, at;

    for (round = 0; round < ROUNDS; round++) {
        client = plain_client();
        EXPECT_OK(omnize_conversation_attach(client, "1", "1", &chat, &error));
        for (at = 0; at < THREADS; at++) {
            numbers[at] = at % 3;
            EXPECT(pthread_create(&threads[at], NULL, use_handles, &numbers[at]) == 0);
        }
        for (at = 0; at < THREADS; at++) EXPECT(pthread_join(threads[at], NULL) == 0);
    }
    EXPECT(atomic_load(&calls) > 0);
    EXPECT(atomic_load(&destroyed) == atomic_load(&subscribed));
    return 0;
}
