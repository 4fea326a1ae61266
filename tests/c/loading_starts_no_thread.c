/* windows: no (it reads signal dispositions and /proc) */

/* Loading the library changes nothing in the process: no thread, no signal disposition, no mask, no descriptor. The
 * same is true after a first call, and after the unload. */

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define SIGNALS 65

struct process {
    int threads;
    int descriptors;
    void (*handlers[SIGNALS])(int);
    int flags[SIGNALS];
    sigset_t blocked;
};

static int entries(const char *folder) {
    DIR *dir = opendir(folder);
    int count = 0;
    if (dir == NULL) return -1;
    while (readdir(dir) != NULL) count++;
    closedir(dir);
    return count;
}

static struct process read_process(void) {
    struct process now;
    int number;
    memset(&now, 0, sizeof now);
    now.threads = entries("/proc/self/task");
    now.descriptors = entries("/proc/self/fd");
    for (number = 1; number < SIGNALS; number++) {
        struct sigaction action;
        /* The C library reserves a few signals, and reports nothing about them. */
        if (sigaction(number, NULL, &action) == 0) {
            now.handlers[number] = action.sa_handler;
            now.flags[number] = action.sa_flags;
        }
    }
    pthread_sigmask(SIG_SETMASK, NULL, &now.blocked);
    return now;
}

static int count_changes(const struct process *before, const char *when) {
    struct process now = read_process();
    int found = 0;
    int number;
    if (before->threads < 0 || now.threads != before->threads) {
        fprintf(stderr, "%s: %d threads became %d\n", when, before->threads - 2, now.threads - 2);
        found++;
    }
    if (before->descriptors < 0 || now.descriptors != before->descriptors) {
        fprintf(stderr, "%s: %d descriptors became %d\n", when, before->descriptors, now.descriptors);
        found++;
    }
    for (number = 1; number < SIGNALS; number++) {
        if (now.handlers[number] != before->handlers[number] || now.flags[number] != before->flags[number]) {
            fprintf(stderr, "%s: signal %d is handled in another way\n", when, number);
            found++;
        }
        if (sigismember(&now.blocked, number) != sigismember(&before->blocked, number)) {
            fprintf(stderr, "%s: signal %d is blocked in another way\n", when, number);
            found++;
        }
    }
    return found;
}

int main(void) {
    const char *(*version)(void);
    struct process before;
    void *library;
    int found = 0;

    if (dlopen("libomnize.so.0", RTLD_NOW | RTLD_NOLOAD) != NULL) {
        fprintf(stderr, "the library was loaded before this program loaded it\n");
        return 1;
    }
    before = read_process();

    library = dlopen("libomnize.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    found += count_changes(&before, "after loading");

    *(void **)&version = dlsym(library, "omnize_version");
    if (version == NULL || version()[0] == '\0') {
        fprintf(stderr, "the library does not tell its version\n");
        return 1;
    }
    found += count_changes(&before, "after a call");

    dlclose(library);
    found += count_changes(&before, "after dlclose");
    return found != 0;
}
