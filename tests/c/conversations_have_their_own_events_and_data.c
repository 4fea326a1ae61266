/* A conversation returns the events of its interaction, and holds a pointer of the application, which is destroyed
 * once. Freeing the conversation or closing the client ends the waits of other threads. */

#include <pthread.h>
#include <unistd.h>

#include "expect.h"

#define TYPING(id) "{\"status\":\"typing\",\"clientId\":\"" id "\"}"
#define FINISH(id) "{\"status\":\"finish\",\"clientId\":\"" id "\"}"

static omnize_conversation *attach(omnize_client *client, const char *client_id) {
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    EXPECT_OK(omnize_conversation_attach(client, "1", client_id, &chat, &error));
    return chat;
}

/* Returns the number of the next event, 0 if there is none now. */
static int64_t next_of(omnize_conversation *chat) {
    omnize_event *event = (omnize_event *)chat;
    omnize_error *error = NULL;
    int64_t number;
    EXPECT_OK(omnize_conversation_next(chat, 0, &event, &error));
    number = omnize_event_sequence(event);
    omnize_event_free(event);
    return number;
}

static int64_t next_of_client(omnize_client *client) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t number;
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    number = omnize_event_sequence(event);
    omnize_event_free(event);
    return number;
}

static void test_events(void) {
    omnize_client *client = plain_client();
    omnize_conversation *one = attach(client, "1"), *two = attach(client, "2");
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    EXPECT(next_of(one) == 0 && next_of(two) == 0);
    deliver(client, TYPING("2"));
    deliver(client, TYPING("1"));
    deliver(client, TYPING("3"));
    EXPECT(next_of_client(client) == 3 && next_of_client(client) == 0);
    EXPECT(next_of(one) == 2 && next_of(one) == 0);
    EXPECT(next_of(two) == 1);
    deliver(client, FINISH("1"));
    EXPECT_OK(omnize_conversation_next(one, -1, &event, &error));
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_FINISH);
    omnize_event_free(event);
    EXPECT_OK(omnize_conversation_next(one, -1, &event, &error));
    EXPECT(event == NULL && omnize_conversation_state(one) == OMNIZE_STATE_FINISHED);
    deliver(client, TYPING("2"));
    omnize_conversation_free(two);
    EXPECT(next_of_client(client) == 5);
    omnize_conversation_free(one);
    omnize_client_free(client);
}

static void test_misuse(void) {
    omnize_client *client = plain_client();
    omnize_conversation *chat = attach(client, "1");
    omnize_event *event = (omnize_event *)client;
    omnize_error *error = NULL;

    EXPECT_FAILS(omnize_conversation_next(chat, 0, NULL, &error), OMNIZE_E_ARGUMENT, "event");
    EXPECT_FAILS(omnize_conversation_next(chat, -2, &event, &error), OMNIZE_E_ARGUMENT, "timeout_ms is -2");
    EXPECT_FAILS(omnize_conversation_next(chat, INT64_MIN, &event, &error), OMNIZE_E_ARGUMENT, "timeout_ms");
    /* These failures did not choose the delivery mode. */
    EXPECT(poll_now(client) == 0);
    EXPECT_FAILS(omnize_conversation_next(chat, 0, &event, &error), OMNIZE_E_MODE, "poll");
    omnize_client_free(client);
    EXPECT_FAILS(omnize_conversation_next(chat, -1, &event, &error), OMNIZE_E_CLOSED, "closed");
    omnize_conversation_free(chat);
    EXPECT_FAILS(omnize_conversation_next(chat, 0, &event, &error), OMNIZE_E_HANDLE, "freed already");
    EXPECT(event == (omnize_event *)client);
}

struct wait {
    omnize_conversation *chat;
    pthread_t thread;
    omnize_status status;
    omnize_event *event;
};

static void *wait_forever(void *of) {
    struct wait *wait = of;
    wait->status = omnize_conversation_next(wait->chat, -1, &wait->event, NULL);
    return NULL;
}

static void begin(struct wait *wait, omnize_conversation *chat) {
    wait->chat = chat;
    wait->event = (omnize_event *)chat;
    EXPECT(pthread_create(&wait->thread, NULL, wait_forever, wait) == 0);
    /* Whether the thread waits already does not matter to the test, only to its strength. */
    usleep(20 * 1000);
}

static void test_ends_of_waits(void) {
    omnize_client *client = plain_client();
    omnize_conversation *freed = attach(client, "1"), *woken = attach(client, "2"), *closed = attach(client, "3");
    omnize_error *error = NULL;
    struct wait waits[3];

    begin(&waits[0], freed);
    begin(&waits[1], woken);
    begin(&waits[2], closed);
    omnize_conversation_free(freed);
    EXPECT(pthread_join(waits[0].thread, NULL) == 0);
    /* The thread may not have begun its call when the handle was freed. */
    EXPECT((waits[0].status == OMNIZE_OK && waits[0].event == NULL) || waits[0].status == OMNIZE_E_HANDLE);
    deliver(client, TYPING("2"));
    EXPECT(pthread_join(waits[1].thread, NULL) == 0);
    EXPECT(waits[1].status == OMNIZE_OK && omnize_event_sequence(waits[1].event) == 1);
    omnize_event_free(waits[1].event);
    EXPECT_OK(omnize_client_close(client, 0, NULL, NULL, &error));
    EXPECT(pthread_join(waits[2].thread, NULL) == 0);
    EXPECT(waits[2].status == OMNIZE_E_CLOSED);
    omnize_conversation_free(woken);
    omnize_conversation_free(closed);
    omnize_client_free(client);
}

struct data {
    int destroyed;
    pthread_t thread;
    omnize_conversation *chat;
};

static void destroy(void *user_data) {
    struct data *data = user_data;
    data->destroyed++;
    data->thread = pthread_self();
    /* A destroy function may call the library, also with the handle that is being freed. */
    omnize_conversation_state(data->chat);
    omnize_conversation_free(data->chat);
}

static void *free_conversation(void *chat) {
    omnize_conversation_free(chat);
    return NULL;
}

static void test_user_data(void) {
    omnize_client *client = plain_client();
    omnize_conversation *chat = attach(client, "1"), *same = attach(client, "1");
    omnize_error *error = NULL;
    struct data first = {0, pthread_self(), NULL}, second = first, third = first;
    pthread_t thread;

    EXPECT(omnize_conversation_user_data(chat) == NULL);
    EXPECT_OK(omnize_conversation_set_user_data(chat, &first, destroy, &error));
    EXPECT(omnize_conversation_user_data(chat) == &first);
    EXPECT(omnize_conversation_user_data(same) == NULL);
    EXPECT_OK(omnize_conversation_set_user_data(chat, &second, destroy, &error));
    EXPECT(first.destroyed == 1 && omnize_conversation_user_data(chat) == &second);
    EXPECT_OK(omnize_conversation_set_user_data(same, &second, NULL, &error));
    omnize_conversation_free(same);
    EXPECT(second.destroyed == 0);
    second.chat = chat;
    EXPECT(pthread_create(&thread, NULL, free_conversation, chat) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    EXPECT(second.destroyed == 1 && pthread_equal(second.thread, thread));
    EXPECT(omnize_conversation_user_data(chat) == NULL);
    EXPECT_FAILS(omnize_conversation_set_user_data(chat, &third, destroy, &error), OMNIZE_E_HANDLE, "freed already");
    EXPECT(third.destroyed == 1);
    omnize_client_free(client);
}

static void test_user_data_of_a_waiting_conversation(void) {
    omnize_client *client = plain_client();
    omnize_conversation *chat = attach(client, "1");
    omnize_error *error = NULL;
    struct data data = {0, pthread_self(), NULL};
    struct wait wait;

    EXPECT_OK(omnize_conversation_set_user_data(chat, &data, destroy, &error));
    begin(&wait, chat);
    omnize_conversation_free(chat);
    /* At once, although the other thread may still be in its call. */
    EXPECT(data.destroyed == 1 && pthread_equal(data.thread, pthread_self()));
    EXPECT(pthread_join(wait.thread, NULL) == 0);
    EXPECT(data.destroyed == 1);
    omnize_client_free(client);
}

int main(void) {
    test_events();
    test_misuse();
    test_ends_of_waits();
    test_user_data();
    test_user_data_of_a_waiting_conversation();
    return 0;
}
