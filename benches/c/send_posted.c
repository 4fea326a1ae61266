/*
 * Sends with omnize_conversation_post: one client for all threads, each with one interaction. A thread posts a limited
 * number of requests ahead of the outcomes; one further thread receives these.
 */

#include <pthread.h>
#include <semaphore.h>

#include "conversations.h"

/* The maximum number of requests of an interaction without outcome. */
#define AHEAD 32

struct poster {
    omnize_conversation *conversation;
    sem_t room;
};

static omnize_client *client;
static omnize_conversation **conversations;
static struct poster *posters;
static char text[TEXT_BYTES + 1];

static void *take_outcomes(void *unused) {
    for (;;) {
        omnize_error *error = NULL;
        omnize_event *event = NULL;
        succeed(omnize_client_next(client, -1, &event, &error), error, "next");
        if (event == NULL) continue;
        if (omnize_event_outcome_delivery(event) != OMNIZE_DELIVERY_ACCEPTED)
            give_up("post", omnize_event_text(event, NULL));
        sem_post(&posters[(int)number(omnize_event_client_id(event, NULL))].room);
        omnize_event_free(event);
    }
    return unused;
}

static void open_all(const struct target *target) {
    char connections[64];
    pthread_t taker;

    if (target->conversations != target->threads) give_up("posted", "has one conversation for each thread");
    snprintf(connections, sizeof connections, "outbox.connections=%d", target->threads);
    client = open_conversations(target, connections, &conversations);
    posters = calloc((size_t)target->threads, sizeof *posters);
    if (posters == NULL) give_up("calloc", "no memory");
    write_text(text);
    if (pthread_create(&taker, NULL, take_outcomes, NULL) != 0) give_up("pthread_create", "failed");
}

static void *begin(int thread) {
    posters[thread].conversation = conversations[thread];
    must(sem_init(&posters[thread].room, 0, AHEAD), "sem_init");
    return &posters[thread];
}

static void wait_for_room(struct poster *poster) {
    while (sem_wait(&poster->room) != 0) {
    }
}

static void post_one(void *argument) {
    struct poster *poster = argument;
    omnize_error *error = NULL;

    wait_for_room(poster);
    succeed(omnize_conversation_post(poster->conversation, text, TEXT_BYTES, NULL, &error), error, "post");
}

/* Waits for all outcomes. */
static void finish(void *argument) {
    for (int i = 0; i < AHEAD; i++) wait_for_room(argument);
}

const struct way send_posted = {"posted", open_all, begin, post_one, finish};
