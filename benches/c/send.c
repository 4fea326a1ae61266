/*
 * An application that sends messages with one of the clients below, each as a request with a body of 240 bytes.
 *
 *   send omnize|posted|libcurl|raw HOST PORT THREADS seconds|requests AMOUNT [CONVERSATIONS]
 *
 * Each thread sends one request that is not measured, then sends for AMOUNT seconds, or AMOUNT requests. CONVERSATIONS
 * is the number of open interactions of one client; omnize uses all of them in turn. Prints the number of requests, the
 * elapsed nanoseconds, and the nanoseconds of CPU time.
 */

#include <pthread.h>

#include "send.h"

static const struct way *const ways[] = {&send_omnize, &send_posted, &send_libcurl, &send_raw};

static struct {
    const struct way *way;
    pthread_barrier_t ready;
    pthread_barrier_t begin;
    int64_t deadline;
    int64_t requests;
} run;

struct sender {
    pthread_t thread;
    int number;
    int64_t sent;
};

static void *send_all(void *argument) {
    struct sender *sender = argument;
    void *state = run.way->begin(sender->number);

    run.way->send(state);
    pthread_barrier_wait(&run.ready);
    pthread_barrier_wait(&run.begin);
    while (sender->sent < run.requests && now() < run.deadline) {
        run.way->send(state);
        sender->sent++;
    }
    if (run.way->finish != NULL) run.way->finish(state);
    return NULL;
}

static const struct way *find_way(const char *name) {
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i]->name, name) == 0) return ways[i];
    give_up(name, "is no way to send");
    return NULL;
}

int main(int count, char **arguments) {
    struct sender senders[256] = {0};
    struct target target = {0};
    int64_t requests = 0;
    int64_t start;
    int64_t start_processor;
    int timed;

    if (count < 7) give_up("send", "say WAY HOST PORT THREADS seconds|requests AMOUNT");
    run.way = find_way(arguments[1]);
    target.host = arguments[2];
    target.port = (int)number(arguments[3]);
    target.threads = (int)number(arguments[4]);
    target.conversations = count > 7 ? (int)number(arguments[7]) : target.threads;
    if (target.threads < 1 || target.threads > 256) give_up(arguments[4], "is not 1 to 256");
    if (target.conversations < target.threads) give_up(arguments[7], "is less than one for each thread");
    timed = strcmp(arguments[5], "seconds") == 0;
    run.requests = timed ? INT64_MAX : (int64_t)number(arguments[6]);
    run.way->open(&target);
    pthread_barrier_init(&run.ready, NULL, (unsigned)target.threads + 1);
    pthread_barrier_init(&run.begin, NULL, (unsigned)target.threads + 1);
    for (int i = 0; i < target.threads; i++) {
        senders[i].number = i;
        if (pthread_create(&senders[i].thread, NULL, send_all, &senders[i]) != 0) give_up("pthread_create", "failed");
    }

    pthread_barrier_wait(&run.ready);
    start = now();
    start_processor = processor_time();
    run.deadline = timed ? start + (int64_t)(number(arguments[6]) * NANOSECONDS) : INT64_MAX;
    pthread_barrier_wait(&run.begin);
    for (int i = 0; i < target.threads; i++) {
        pthread_join(senders[i].thread, NULL);
        requests += senders[i].sent;
    }
    printf("%lld %lld %lld\n", (long long)requests, (long long)(now() - start),
           (long long)(processor_time() - start_processor));
    return 0;
}
