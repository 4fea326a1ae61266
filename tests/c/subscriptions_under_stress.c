/* Threads subscribe, unsubscribe (also from inside callbacks), deliver and close at once, in each of the ways that
 * call, and a model of every subscription watches: no call begins after its end, destroy comes once and after the last
 * call, callbacks of one interaction keep its order and never overlap.
 *
 *   subscriptions_under_stress [ROUNDS [SEED]] */

#include <pthread.h>
#include <stdatomic.h>

#include "process.h"

#define INTERACTIONS 5
#define SUBSCRIPTIONS 400
#define DELIVERERS 2
#define DELIVERIES 400
#define SUBSCRIBERS 3

/* What may be: each state follows the one before. */
enum state { FRESH, ACTIVE, ENDED, DESTROYED };

struct interaction {
    atomic_int inside; /* callbacks of one event follow one another, so this is never above 1 */
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
    atomic_int end_itself_at; /* the call in which it ends itself; 0 is never */
};

struct world {
    omnize_client *client;
    struct interaction interactions[INTERACTIONS];
    struct subscription subscriptions[SUBSCRIPTIONS];
    atomic_int used;
    atomic_int closed;
    atomic_int destroyed;
    atomic_int delivered;
    int overlapping; /* whether callbacks of two interactions may */
    unsigned seed;
};

static atomic_long total_calls, total_ends_inside, total_ends_outside;

static unsigned any(unsigned *seed, unsigned below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static int is_expected(omnize_status status) {
    return status == OMNIZE_OK || status == OMNIZE_E_CLOSED;
}

/* The subscription ends, and this is told to the model once that is certain. `inside` is in a callback of this client.
 */
static void end(struct subscription *one, int inside) {
    omnize_status status;
    int active = ACTIVE;

    if (!atomic_load(&one->known)) return;
    status = omnize_client_unsubscribe(one->world->client, one->id, NULL);
    EXPECT(status == OMNIZE_OK || status == OMNIZE_E_ARGUMENT);
    if (status != OMNIZE_OK) return; /* another thread ends it, or closing does */
    if (inside) {
        /* Calls that were under way on other threads may go on. */
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

    /* Between entering and this line the subscription may be ended from inside another callback, but not destroyed. */
    atomic_fetch_add(&one->inside, 1);
    EXPECT(atomic_load(&one->state) != DESTROYED);
    if (!world->overlapping) EXPECT(atomic_load(&one->state) != ENDED);
    EXPECT(!atomic_load(&world->closed));
    EXPECT(atomic_fetch_add(&interaction->inside, 1) == 0);
    EXPECT(sequence >= atomic_load(&interaction->last_sequence));
    atomic_store(&interaction->last_sequence, sequence);
    calls = atomic_fetch_add(&one->calls, 1) + 1;
    atomic_fetch_add(&total_calls, 1);

    if (calls == atomic_load(&one->end_itself_at)) {
        end(one, 1);
    } else if (any(&seed, 50) == 0) {
        end(&world->subscriptions[any(&seed, SUBSCRIPTIONS)], 1);
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

static void *subscribe_and_end(void *data) {
    struct world *world = data;
    unsigned seed = world->seed + (unsigned)atomic_load(&world->used);
    int at;

    while ((at = atomic_fetch_add(&world->used, 1)) < SUBSCRIPTIONS) {
        struct subscription *one = &world->subscriptions[at];
        int fresh = FRESH;
        char of[12];
        omnize_status status;

        one->world = world;
        if (any(&seed, 3) == 0) atomic_store(&one->end_itself_at, 1 + (int)any(&seed, 5));
        snprintf(of, sizeof of, "%u", any(&seed, INTERACTIONS));
        status = omnize_client_subscribe(world->client, any(&seed, 2) ? OMNIZE_EVENT_ANY : OMNIZE_EVENT_TYPING,
                                         any(&seed, 3) == 0 ? of : NULL, on_event, one, on_destroy, &one->id, NULL);
        EXPECT(is_expected(status));
        if (status != OMNIZE_OK) {
            EXPECT(atomic_load(&one->state) == DESTROYED && atomic_load(&one->calls) == 0);
            continue;
        }
        atomic_compare_exchange_strong(&one->state, &fresh, ACTIVE); /* it may be destroyed by now */
        atomic_store(&one->known, 1);
        if (any(&seed, 2) == 0) end(&world->subscriptions[any(&seed, (unsigned)at + 1)], 0);
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
        snprintf(body, sizeof body, "{\"status\":\"%s\",\"clientId\":\"%u\"}", any(&seed, 2) ? "typing" : "cleared",
                 any(&seed, INTERACTIONS));
        status = omnize_client_deliver(world->client, body, -1, NULL, NULL);
        EXPECT(is_expected(status));
        if (status == OMNIZE_OK) atomic_fetch_add(&world->delivered, 1);
    }
    return NULL;
}

static void *poll_for_ever(void *data) {
    struct world *world = data;
    omnize_status status;

    do status = omnize_client_poll(world->client, -1, NULL, NULL);
    while (status == OMNIZE_OK);
    EXPECT(status == OMNIZE_E_CLOSED);
    return NULL;
}

/* Closes somewhere in the middle, or when all is said. */
static void close_client(struct world *world, unsigned *seed) {
    int enough = (int)any(seed, 2) ? (int)any(seed, DELIVERERS * DELIVERIES) : DELIVERERS * DELIVERIES;
    omnize_error *error = NULL;

    EXPECT_SOON(atomic_load(&world->delivered) >= enough);
    EXPECT_OK(omnize_client_close(world->client, 60000, NULL, NULL, &error));
    atomic_store(&world->closed, 1);
}

static void live(const char *threads_of_dispatch, unsigned seed) {
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
        for (at = 0; at < 2; at++) EXPECT(pthread_create(&workers[count++], NULL, poll_for_ever, world) == 0);
    }
    for (at = 0; at < SUBSCRIBERS; at++) EXPECT(pthread_create(&workers[count++], NULL, subscribe_and_end, world) == 0);
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
    int rounds = count > 1 ? atoi(arguments[1]) : 10;
    unsigned seed = count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : (unsigned)now_ms();
    int at;

    fprintf(stderr, "seed %u\n", seed);
    for (at = 0; at < rounds; at++) {
        live(NULL, seed++);
        live("1", seed++);
        live("4", seed++);
    }
    EXPECT(atomic_load(&total_calls) > 0 && atomic_load(&total_ends_inside) > 0 &&
           atomic_load(&total_ends_outside) > 0);
    return 0;
}
