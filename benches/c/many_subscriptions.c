/*
 * Receives triggers with one callback for each customer.
 *
 *   many_subscriptions SUBSCRIPTIONS TRIGGERS
 *
 * Triggers are delivered and polled one by one, for customers in the whole range. Prints the nanoseconds of CPU time of
 * each.
 */

#include "client.h"
#include "send.h"

static int64_t called;

static void on_event(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
    called++;
}

int main(int count, char **arguments) {
    int subscriptions = count == 3 ? (int)number(arguments[1]) : 0;
    int triggers = count == 3 ? (int)number(arguments[2]) : 0;
    omnize_client *client = open_client(NULL, 0);
    omnize_error *error = NULL;
    int64_t start;

    if (subscriptions < 1 || triggers < 1) give_up("many_subscriptions", "say SUBSCRIPTIONS TRIGGERS");
    for (int i = 0; i < subscriptions; i++) {
        char id[16];
        write_client_id(id, sizeof id, i);
        succeed(omnize_client_subscribe(client, OMNIZE_EVENT_ANY, id, on_event, NULL, NULL, NULL, &error), error,
                "subscribe");
    }
    start = processor_time();
    for (int i = 0; i < triggers; i++) {
        char body[128];
        char id[16];
        /* A large prime visits all of them out of order. */
        write_client_id(id, sizeof id, (int)((int64_t)i * 7919 % subscriptions));
        snprintf(body, sizeof body, "{\"message\":\"oi\",\"clientId\":\"%s\"}", id);
        succeed(omnize_client_deliver(client, body, -1, NULL, &error), error, "deliver");
        succeed(omnize_client_poll(client, 0, 0, NULL, &error), error, "poll");
    }
    printf("%lld\n", (long long)((processor_time() - start) / triggers));
    if (called != triggers) give_up("many_subscriptions", "a callback was not called");
    return 0;
}
