/*
 * An application that receives triggers with its listener and reads each.
 *
 *   receive poll|next|dispatch [NAME=VALUE...]
 *
 * It prints its webhook URL, then for each input line the number of triggers that its own code has handled. It exits at
 * the end of its input.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "client.h"

static atomic_llong handled;
static atomic_int over;
/* Stores the values of events, so that the compiler cannot remove the reads. */
static atomic_llong bytes;

static void look_at(const omnize_event *event) {
    int64_t id = 0;
    int64_t text = 0;

    omnize_event_client_id(event, &id);
    omnize_event_text(event, &text);
    atomic_fetch_add_explicit(&bytes, omnize_event_kind(event) + id + text, memory_order_relaxed);
    atomic_fetch_add_explicit(&handled, 1, memory_order_release);
}

static void on_event(const omnize_event *event, void *user_data) {
    (void)user_data;
    look_at(event);
}

static void *answer_questions(void *unused) {
    char line[16];
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%lld\n", atomic_load_explicit(&handled, memory_order_acquire));
        fflush(stdout);
    }
    atomic_store(&over, 1);
    return unused;
}

static void poll_until_over(omnize_client *client) {
    omnize_error *error = NULL;
    while (!atomic_load(&over)) succeed(omnize_client_poll(client, 0, 1000, NULL, &error), error, "poll");
}

static void next_until_over(omnize_client *client) {
    omnize_error *error = NULL;
    omnize_event *event = NULL;
    while (!atomic_load(&over)) {
        succeed(omnize_client_next(client, 1000, &event, &error), error, "next");
        if (event == NULL) continue;
        look_at(event);
        omnize_event_free(event);
    }
}

int main(int count, char **arguments) {
    const char *way = count > 1 ? arguments[1] : "";
    omnize_client *client = NULL;
    omnize_error *error = NULL;
    pthread_t questions;

    if (count < 2) give_up("receive", "say poll, next or dispatch");
    client = open_client(arguments + 2, count - 2);
    if (strcmp(way, "next") != 0)
        succeed(omnize_client_subscribe(client, OMNIZE_EVENT_ANY, NULL, on_event, NULL, NULL, NULL, &error), error,
                "subscribe");
    if (strcmp(way, "dispatch") == 0) succeed(omnize_client_dispatch(client, &error), error, "dispatch");
    printf("%s\n", omnize_client_webhook_url(client, NULL));
    fflush(stdout);

    if (pthread_create(&questions, NULL, answer_questions, NULL) != 0) give_up("pthread_create", "failed");
    if (strcmp(way, "poll") == 0) poll_until_over(client);
    if (strcmp(way, "next") == 0) next_until_over(client);
    pthread_join(questions, NULL);
    omnize_client_free(client);
    return 0;
}
