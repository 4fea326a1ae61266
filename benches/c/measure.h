/* Functions of all bench programs: clocks, memory, and exit with a reason. */

#ifndef MEASURE_H
#define MEASURE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS INT64_C(1000000000)

static inline void give_up(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* For system calls: exits if `result` is negative. */
static inline int64_t must(int64_t result, const char *what) {
    if (result < 0) give_up(what, strerror(errno));
    return result;
}

/* Returns the nanoseconds of a monotonic clock. */
static inline int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

/* Returns the CPU time of all threads of this process in nanoseconds, including the kernel's. */
static inline int64_t processor_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

/* Returns the resident set of this process in bytes. */
static inline int64_t resident(void) {
    long long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm == NULL || fscanf(statm, "%*d %lld", &pages) != 1) give_up("/proc/self/statm", "can't be read");
    fclose(statm);
    return pages * sysconf(_SC_PAGESIZE);
}

static inline double number(const char *text) {
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0') give_up(text, "is no number");
    return value;
}

#endif
