/* Callbacks get the subscribed events, in order, and none after the end of the subscription. destroy is called once,
 * after the last callback. */

#include "expect.h"

#define TYPING_12 "{\"status\":\"typing\",\"clientId\":\"12\"}"
#define TYPING_13 "{\"status\":\"typing\",\"clientId\":\"13\"}"
#define MESSAGE_12 "{\"message\":\"oi\",\"clientId\":\"12\"}"

/* The events that a callback saw, and its task. */
struct seen {
    omnize_client *client;
    int64_t subscription;
    int calls;
    int destroyed;
    int64_t last_sequence;
    const omnize_event *borrowed;
    const omnize_event *borrowed_too;
    omnize_event *kept;
};

static void count(const omnize_event *event, void *user_data) {
    struct seen *seen = user_data;
    EXPECT(seen->destroyed == 0);
    EXPECT(omnize_event_sequence(event) > seen->last_sequence);
    seen->last_sequence = omnize_event_sequence(event);
    seen->calls++;
}

static void destroyed(void *user_data) {
    ((struct seen *)user_data)->destroyed++;
}

static void subscribe(struct seen *seen, int32_t kind, const char *client_id, omnize_event_callback callback) {
    omnize_error *error = NULL;
    EXPECT_OK(
        omnize_client_subscribe(seen->client, kind, client_id, callback, seen, destroyed, &seen->subscription, &error));
}

static void test_filters(void) {
    omnize_client *client = plain_client();
    struct seen all = {0}, messages = {0}, of_13 = {0};
    omnize_error *error = NULL;
    int64_t unwanted = 0;

    all.client = messages.client = of_13.client = client;
    subscribe(&messages, OMNIZE_EVENT_MESSAGE, NULL, count);
    subscribe(&of_13, OMNIZE_EVENT_ANY, "13", count);
    deliver(client, TYPING_12);
    EXPECT(poll_now(client) == 1);
    EXPECT_OK(omnize_client_statistic(client, "unwanted", &unwanted, &error));
    EXPECT(unwanted == 1);
    subscribe(&all, OMNIZE_EVENT_ANY, NULL, count);
    deliver(client, TYPING_12);
    deliver(client, TYPING_13);
    deliver(client, MESSAGE_12);
    EXPECT(poll_now(client) == 3);
    EXPECT(poll_now(client) == 0);
    EXPECT(all.calls == 3 && messages.calls == 1 && of_13.calls == 1);

    EXPECT_OK(omnize_client_unsubscribe(client, all.subscription, &error));
    EXPECT(all.destroyed == 1);
    EXPECT_FAILS(omnize_client_unsubscribe(client, all.subscription, &error), OMNIZE_E_ARGUMENT, "does not exist");
    deliver(client, MESSAGE_12);
    EXPECT(poll_now(client) == 1);
    EXPECT(all.calls == 3 && messages.calls == 2);

    omnize_client_free(client);
    EXPECT(all.destroyed == 1 && messages.destroyed == 1 && of_13.destroyed == 1);
}

static void unsubscribe_itself(const omnize_event *event, void *user_data) {
    struct seen *seen = user_data;
    omnize_error *error = NULL;
    count(event, user_data);
    EXPECT_OK(omnize_client_unsubscribe(seen->client, seen->subscription, &error));
    EXPECT(seen->destroyed == 0);
}

static void test_unsubscribe_in_callback(void) {
    struct seen seen = {0};

    seen.client = plain_client();
    subscribe(&seen, OMNIZE_EVENT_ANY, NULL, unsubscribe_itself);
    deliver(seen.client, TYPING_12);
    deliver(seen.client, TYPING_12);
    EXPECT(poll_now(seen.client) == 2);
    EXPECT(seen.calls == 1 && seen.destroyed == 1);
    omnize_client_free(seen.client);
    EXPECT(seen.destroyed == 1);
}

static void close_the_client(const omnize_event *event, void *user_data) {
    struct seen *seen = user_data;
    omnize_error *error = NULL;
    int64_t left = -1;
    count(event, user_data);
    EXPECT_FAILS(omnize_client_poll(seen->client, 0, 0, NULL, &error), OMNIZE_E_MODE, "callback");
    EXPECT_OK(omnize_client_close(seen->client, 5000, &left, NULL, &error));
    EXPECT(left == 1);
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_TYPING);
}

static void test_close_in_callback(void) {
    struct seen seen = {0};
    omnize_error *error = NULL;

    seen.client = plain_client();
    subscribe(&seen, OMNIZE_EVENT_ANY, NULL, close_the_client);
    deliver(seen.client, TYPING_12);
    deliver(seen.client, TYPING_12);
    EXPECT(poll_now(seen.client) == 1);
    EXPECT(seen.calls == 1 && seen.destroyed == 1);
    EXPECT_FAILS(omnize_client_poll(seen.client, 0, 0, NULL, &error), OMNIZE_E_CLOSED, "closed");
    EXPECT_FAILS(omnize_client_close(seen.client, 0, NULL, NULL, &error), OMNIZE_E_CLOSED, "closed");
    EXPECT_FAILS(omnize_client_deliver(seen.client, TYPING_12, -1, NULL, &error), OMNIZE_E_CLOSED, "closed");
    EXPECT_FAILS(omnize_client_subscribe(seen.client, 0, NULL, count, &seen, destroyed, NULL, &error), OMNIZE_E_CLOSED,
                 "closed");
    EXPECT(seen.destroyed == 2);
    omnize_client_free(seen.client);
    EXPECT(seen.destroyed == 2);
}

static void free_the_client(const omnize_event *event, void *user_data) {
    struct seen *seen = user_data;
    count(event, user_data);
    omnize_client_free(seen->client);
    EXPECT(seen->destroyed == 0);
}

static void test_free_in_callback(void) {
    struct seen seen = {0};
    omnize_error *error = NULL;
    int64_t handled = -1;

    seen.client = plain_client();
    subscribe(&seen, OMNIZE_EVENT_ANY, NULL, free_the_client);
    deliver(seen.client, TYPING_12);
    deliver(seen.client, TYPING_12);
    EXPECT_OK(omnize_client_poll(seen.client, 0, 0, &handled, &error));
    EXPECT(handled == 1 && seen.calls == 1 && seen.destroyed == 1);
}

static void retain_one_of_two(const omnize_event *event, void *user_data) {
    struct seen *seen = user_data;
    omnize_error *error = NULL;
    count(event, user_data);
    if (seen->calls == 1) {
        seen->borrowed = event;
    } else {
        EXPECT_OK(omnize_event_keep(event, &seen->kept, &error));
        EXPECT(seen->kept != event);
        seen->borrowed_too = event;
    }
}

static void test_event_lifetime(void) {
    struct seen seen = {0};

    seen.client = plain_client();
    subscribe(&seen, OMNIZE_EVENT_ANY, NULL, retain_one_of_two);
    deliver(seen.client, TYPING_12);
    deliver(seen.client, MESSAGE_12);
    EXPECT(poll_now(seen.client) == 2);
    EXPECT(omnize_event_kind(seen.borrowed) == 0);
    EXPECT(omnize_event_kind(seen.borrowed_too) == 0);
    EXPECT(strcmp(omnize_event_text(seen.kept, NULL), "oi") == 0);
    omnize_client_free(seen.client);
    EXPECT(strcmp(omnize_event_client_id(seen.kept, NULL), "12") == 0);
    omnize_event_free(seen.kept);
    EXPECT(omnize_event_text(seen.kept, NULL) == NULL);
}

int main(void) {
    test_filters();
    test_unsubscribe_in_callback();
    test_close_in_callback();
    test_free_in_callback();
    test_event_lifetime();
    return 0;
}
