/* Measures the test's own process: its threads, its descriptors, the time. */

#ifndef PROCESS_H
#define PROCESS_H

#ifdef _WIN32
#include <winsock2.h>
#include <windows.h>
#include <tlhelp32.h>
#else
#include <dirent.h>
#endif
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

/* Waits until the condition holds, for changes by other threads. Fails after a timeout. */
#define EXPECT_SOON(condition)                                                                                         \
    do {                                                                                                               \
        int64_t until_ = now_ms() + 30 * 1000;                                                                         \
        while (!(condition) && now_ms() < until_) usleep(1000);                                                        \
        EXPECT(condition);                                                                                             \
    } while (0)

static inline int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#ifdef _WIN32

/* Returns the number of threads of this process. */
static inline int count_threads(void) {
    HANDLE threads = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry;
    int count = 0;
    BOOL found;

    EXPECT(threads != INVALID_HANDLE_VALUE);
    entry.dwSize = sizeof entry;
    for (found = Thread32First(threads, &entry); found; found = Thread32Next(threads, &entry)) {
        count += entry.th32OwnerProcessID == GetCurrentProcessId();
    }
    CloseHandle(threads);
    return count;
}

/* Returns the number of open handles. */
static inline int count_descriptors(void) {
    DWORD count = 0;
    EXPECT(GetProcessHandleCount(GetCurrentProcess(), &count));
    return (int)count;
}

#else

static inline int count_entries(const char *folder) {
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;

    EXPECT(dir != NULL);
    while ((entry = readdir(dir)) != NULL) count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* Returns the number of threads of this process. */
static inline int count_threads(void) {
    return count_entries("/proc/self/task");
}

/* Returns the number of open descriptors, without the one for the count itself. */
static inline int count_descriptors(void) {
    return count_entries("/proc/self/fd") - 1;
}

#endif

#endif
