/* A library for LD_PRELOAD that kills the process before a call of `write`, `fsync` or `fdatasync`. The variable
 * KILL_BEFORE contains the name of the function, the end of the file's name, and the number of the call, such as "write
 * ledger.tsv 3". */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count(const char *function, int descriptor) {
    static atomic_int calls;
    const char *variable = getenv("KILL_BEFORE");
    char wanted[16], suffix[64], link[32], path[512];
    ssize_t length;
    int number;

    if (variable == NULL || sscanf(variable, "%15s %63s %d", wanted, suffix, &number) != 3) return;
    if (strcmp(wanted, function) != 0) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path - 1);
    if (length < (ssize_t)strlen(suffix)) return;
    path[length] = 0;
    if (strcmp(path + length - strlen(suffix), suffix) != 0) return;
    if (atomic_fetch_add(&calls, 1) + 1 == number) kill(getpid(), SIGKILL);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    ssize_t (*next)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");

    count("write", descriptor);
    return next(descriptor, bytes, length);
}

int fsync(int descriptor) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

    count("fsync", descriptor);
    return next(descriptor);
}

int fdatasync(int descriptor) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

    count("fdatasync", descriptor);
    return next(descriptor);
}
