/* Closing returns within its time, whatever a callback does, and says what was left. */

#include <dirent.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

static sem_t entered, release_callback;
static int destroyed_after_return = -1;
static int returned;

static void block(const omnize_event *event, void *user_data) {
    (void)event;
    (void)user_data;
    sem_post(&entered);
    sem_wait(&release_callback);
    returned++;
}

static void on_destroy(void *user_data) {
    (void)user_data;
    destroyed_after_return = returned;
}

/* How many threads this process has. */
static int threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;

    EXPECT(tasks != NULL);
    while (readdir(tasks) != NULL) count++;
    closedir(tasks);
    return count - 2; /* "." and ".." */
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(void) {
    omnize_client *client = plain_client();
    omnize_error *error = NULL;
    int64_t begun;
    int at;

    sem_init(&entered, 0, 0);
    sem_init(&release_callback, 0, 0);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, block, NULL, on_destroy, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    for (at = 0; at < 3; at++) deliver(client, "{\"status\":\"typing\",\"clientId\":\"12\"}");
    sem_wait(&entered);

    begun = now_ms();
    EXPECT_FAILS(omnize_client_close(client, 200, NULL, NULL, &error), OMNIZE_E_TIMEOUT, "2 events");
    EXPECT(now_ms() - begun >= 200 && now_ms() - begun < 5000);

    begun = now_ms();
    omnize_client_free(client);
    EXPECT(now_ms() - begun < 2000);

    /* The callback that ran on is the last one, and its user data goes after it. */
    EXPECT(destroyed_after_return == -1);
    sem_post(&release_callback);
    for (at = 0; at < 2000 && destroyed_after_return == -1; at++) usleep(10 * 1000);
    EXPECT(destroyed_after_return == 1);
    EXPECT(sem_trywait(&entered) == -1);
    for (at = 0; at < 2000 && threads() > 1; at++) usleep(10 * 1000);
    EXPECT(threads() == 1);
    return 0;
}
