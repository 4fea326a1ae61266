/* Threads subscribe, unsubscribe (also in callbacks), deliver and close concurrently, in each delivery mode that calls
 * callbacks. A model of every subscription checks: no call begins after its end, destroy is called once and after the
 * last call, callbacks of one interaction are in order and never overlap.
 *
 *   subscriptions_under_stress [ROUNDS [SEED]] */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "process.h"

#define INTERACTIONS 5
#define SUBSCRIPTIONS 400
#define DELIVERERS 2
#define DELIVERIES 400
#define SUBSCRIBERS 3

/* The states of a subscription: each follows the one before. */
enum state { FRESH, ACTIVE, ENDED, DESTROYED };

struct interaction {
    atomic_int inside; /* callbacks of one event run in sequence, so this is at most 1 */
    atomic_llong last_sequence;
};

struct world;

struct subscription {
    struct world *world;
    int64_t id;
    atomic_int known; /* whether `id` is set */
    atomic_int state;
    atomic_int calls;
    atomic_int inside;
    atomic_int end_itself_at; /* the number of the call in which it unsubscribes itself; 0: never */
};

struct world {
    omnize_client *client;
    struct interaction interactions[INTERACTIONS];
    struct subscription subscriptions[SUBSCRIPTIONS];
    atomic_int used;
    atomic_int closed;
    atomic_int destroyed;
    atomic_int delivered;
    int overlapping; /* whether callbacks of two interactions may overlap */
    unsigned seed;
};

static atomic_long total_calls, total_ends_inside, total_ends_outside;

static unsigned random_below(unsigned *seed, unsigned below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static int is_expected(omnize_status status) {
    return status == OMNIZE_OK || status == OMNIZE_E_CLOSED;
}

/* Ends the subscription, and updates the model when the end is certain. `inside`: the caller is a callback of this
 * client. */
static void end_subscription(struct subscription *one, int inside) {
    omnize_status status;
    int active = ACTIVE;

    if (!atomic_load(&one->known)) return;
    status = omnize_client_unsubscribe(one->world->client, one->id, NULL);
    EXPECT(status == OMNIZE_OK || status == OMNIZE_E_ARGUMENT);
    if (status != OMNIZE_OK) return; /* another thread or the close ends it */
    if (inside) {
        /* Calls in progress on other threads may continue. */
        atomic_compare_exchange_strong(&one->state, &active, ENDED);
        atomic_fetch_add(&total_ends_inside, 1);
    } else {
        EXPECT(atomic_load(&one->inside) == 0);
        EXPECT(atomic_load(&one->state) == DESTROYED);
        atomic_fetch_add(&total_ends_outside, 1);
    }
}

static void on_event(const omnize_event *event, void *user_data) {
    struct subscription *one = user_data;
    struct world *world = one->world;
    struct interaction *interaction = &world->interactions[atoi(omnize_event_client_id(event, NULL))];
    long long sequence = omnize_event_sequence(event);
    unsigned seed = (unsigned)sequence;
    int calls;

    /* Another callback may have ended the subscription since its entry, but it is not destroyed. */
    atomic_fetch_add(&one->inside, 1);
    EXPECT(atomic_load(&one->state) != DESTROYED);
    if (!world->overlapping) EXPECT(atomic_load(&one->state) != ENDED);
    EXPECT(!atomic_load(&world->closed));
    EXPECT(atomic_fetch_add(&interaction->inside, 1) == 0);
    EXPECT(sequence >= atomic_load(&interaction->last_sequence));
    atomic_store(&interaction->last_sequence, sequence);
    calls = atomic_fetch_add(&one->calls, 1) + 1;
    atomic_fetch_add(&total_calls, 1);

    /* So that other threads meet this call in progress. */
    if (random_below(&seed, 16) == 0) usleep(100);
    if (calls == atomic_load(&one->end_itself_at)) {
        end_subscription(one, 1);
    } else if (random_below(&seed, 50) == 0) {
        end_subscription(&world->subscriptions[random_below(&seed, SUBSCRIPTIONS)], 1);
    }

    EXPECT(atomic_fetch_sub(&interaction->inside, 1) == 1);
    EXPECT(atomic_load(&one->state) != DESTROYED);
    atomic_fetch_sub(&one->inside, 1);
}

static void on_destroy(void *user_data) {
    struct subscription *one = user_data;

    EXPECT(atomic_load(&one->inside) == 0);
    EXPECT(atomic_exchange(&one->state, DESTROYED) != DESTROYED);
    atomic_fetch_add(&one->world->destroyed, 1);
}

static void *subscribe_and_unsubscribe(void *data) {
    struct world *world = data;
    unsigned seed = world->seed + (unsigned)atomic_load(&world->used);
    int at;

    while ((at = atomic_fetch_add(&world->used, 1)) < SUBSCRIPTIONS) {
        struct subscription *one = &world->subscriptions[at];
        int fresh = FRESH;
        char of[12];
        omnize_status status;

        one->world = world;
        if (random_below(&seed, 3) == 0) atomic_store(&one->end_itself_at, 1 + (int)random_below(&seed, 5));
        snprintf(of, sizeof of, "%u", random_below(&seed, INTERACTIONS));
        status =
            omnize_client_subscribe(world->client, random_below(&seed, 2) ? OMNIZE_EVENT_ANY : OMNIZE_EVENT_TYPING,
                                    random_below(&seed, 3) == 0 ? of : NULL, on_event, one, on_destroy, &one->id, NULL);
        EXPECT(is_expected(status));
        if (status != OMNIZE_OK) {
            EXPECT(atomic_load(&one->state) == DESTROYED && atomic_load(&one->calls) == 0);
            continue;
        }
        atomic_compare_exchange_strong(&one->state, &fresh, ACTIVE); /* it may be destroyed by now */
        atomic_store(&one->known, 1);
        if (random_below(&seed, 2) == 0) {
            end_subscription(&world->subscriptions[random_below(&seed, (unsigned)at + 1)], 0);
        } else {
            /* Possibly while a call of it begins. */
            int patience = 200;
            while (atomic_load(&one->inside) == 0 && patience-- > 0) sched_yield();
            end_subscription(one, 0);
        }
    }
    atomic_fetch_sub(&world->used, 1);
    return NULL;
}

static void *deliver_many(void *data) {
    struct world *world = data;
    unsigned seed = world->seed ^ (unsigned)(uintptr_t)&seed;
    char body[64];
    int at;

    for (at = 0; at < DELIVERIES; at++) {
        omnize_status status;
        snprintf(body, sizeof body, "{\"status\":\"%s\",\"clientId\":\"%u\"}",
                 random_below(&seed, 2) ? "typing" : "cleared", random_below(&seed, INTERACTIONS));
        status = omnize_client_deliver(world->client, body, -1, NULL, NULL);
        EXPECT(is_expected(status));
        if (status == OMNIZE_OK) atomic_fetch_add(&world->delivered, 1);
    }
    return NULL;
}

static void *poll_repeatedly(void *data) {
    struct world *world = data;
    omnize_status status;

    do status = omnize_client_poll(world->client, 0, -1, NULL, NULL);
    while (status == OMNIZE_OK);
    EXPECT(status == OMNIZE_E_CLOSED);
    return NULL;
}

/* Closes in the middle, or after all deliveries. */
static void close_client(struct world *world, unsigned *seed) {
    int enough =
        (int)random_below(seed, 2) ? (int)random_below(seed, DELIVERERS * DELIVERIES) : DELIVERERS * DELIVERIES;
    omnize_error *error = NULL;

    EXPECT_SOON(atomic_load(&world->delivered) >= enough);
    EXPECT_OK(omnize_client_close(world->client, 60000, NULL, NULL, &error));
    atomic_store(&world->closed, 1);
}

static void run_round(const char *threads_of_dispatch, unsigned seed) {
    const char *options[] = {"dispatch.threads", threads_of_dispatch, NULL};
    const char *const none[] = {NULL};
    struct world *world = calloc(1, sizeof *world);
    pthread_t workers[SUBSCRIBERS + DELIVERERS + 2];
    omnize_error *error = NULL;
    int count = 0, at, used;

    EXPECT(world != NULL);
    world->seed = seed;
    world->overlapping = threads_of_dispatch != NULL && atoi(threads_of_dispatch) > 1;
    world->client = client_with(threads_of_dispatch ? options : none);
    if (threads_of_dispatch) {
        EXPECT_OK(omnize_client_dispatch(world->client, &error));
    } else {
        for (at = 0; at < 2; at++) EXPECT(pthread_create(&workers[count++], NULL, poll_repeatedly, world) == 0);
    }
    for (at = 0; at < SUBSCRIBERS; at++)
        EXPECT(pthread_create(&workers[count++], NULL, subscribe_and_unsubscribe, world) == 0);
    for (at = 0; at < DELIVERERS; at++) EXPECT(pthread_create(&workers[count++], NULL, deliver_many, world) == 0);
    close_client(world, &seed);
    while (count > 0) EXPECT(pthread_join(workers[--count], NULL) == 0);
    omnize_client_free(world->client);

    used = atomic_load(&world->used);
    EXPECT(used == SUBSCRIPTIONS && atomic_load(&world->destroyed) == used);
    for (at = 0; at < used; at++) EXPECT(atomic_load(&world->subscriptions[at].state) == DESTROYED);
    free(world);
}

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 5;
    unsigned seed = count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : (unsigned)now_ms();
    int at;

    fprintf(stderr, "seed %u\n", seed);
    for (at = 0; at < rounds; at++) {
        run_round(NULL, seed++);
        run_round("1", seed++);
        run_round("4", seed++);
    }
    EXPECT(atomic_load(&total_calls) > 0 && atomic_load(&total_ends_inside) > 0 &&
           atomic_load(&total_ends_outside) > 0);
    return 0;
}
