/* A close returns in time whatever a callback, a request or a connection does, and reports the remaining events and
 * requests. */

#include <netdb.h>
#include <semaphore.h>

#include "process.h"
#include "server.h"

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

static void test_long_callback(void) {
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
    EXPECT(omnize_client_close(client, 200, NULL, NULL, &error) == OMNIZE_E_TIMEOUT);
    EXPECT(strstr(omnize_error_message(error, NULL), "2 events") != NULL);
    EXPECT(omnize_error_events_left(error) == 2 && omnize_error_requests_left(error) == 0);
    omnize_error_free(error);
    EXPECT(now_ms() - begun >= 200 && now_ms() - begun < 5000);

    begun = now_ms();
    omnize_client_free(client);
    EXPECT(now_ms() - begun < 2000);

    /* The long callback is the last one, and its user data is destroyed after it. */
    EXPECT(destroyed_after_return == -1);
    sem_post(&release_callback);
    EXPECT_SOON(destroyed_after_return == 1);
    EXPECT(sem_trywait(&entered) == -1);
    EXPECT_SOON(count_threads() == 1);
}

/* A request on its own thread, and its result. */
struct request {
    omnize_client *client;
    omnize_status status;
    int32_t delivery;
    pthread_t thread;
};

static void *make_request(void *data) {
    struct request *request = data;
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    request->status = omnize_conversation_start(request->client, "1", "12", NULL, NULL, NULL, NULL, &chat, &error);
    EXPECT(request->status != OMNIZE_OK);
    request->delivery = omnize_error_delivery(error);
    omnize_error_free(error);
    return NULL;
}

static void start_request(struct request *request, omnize_client *client) {
    request->client = client;
    EXPECT(pthread_create(&request->thread, NULL, make_request, request) == 0);
}

/* Closes in time, with this number of remaining requests. `request` ends soon after. */
static void expect_close_in_time(omnize_client *client, int64_t requests, struct request *request) {
    omnize_error *error = NULL;
    int64_t begun = now_ms(), left = -1;

    EXPECT_OK(omnize_client_close(client, 200, NULL, &left, &error));
    EXPECT(now_ms() - begun >= 200 && now_ms() - begun < 5000);
    EXPECT(left == requests);
    begun = now_ms();
    EXPECT(pthread_join(request->thread, NULL) == 0);
    EXPECT(now_ms() - begun < 5000);
    begun = now_ms();
    omnize_client_free(client);
    EXPECT(now_ms() - begun < 2000);
}

static sem_t received, hang_up;

static void never_respond(int connection, void *data) {
    (void)data;
    EXPECT(receive_message(connection) > 0);
    sem_post(&received);
    sem_wait(&hang_up);
}

static void test_hanging_request(void) {
    struct server server;
    const char *options[] = {"base_url", server.url, "timeout", "600000", NULL};
    struct request request;
    omnize_client *client;

    sem_init(&received, 0, 0);
    sem_init(&hang_up, 0, 0);
    server_open(&server, never_respond, NULL);
    client = client_with(options);
    start_request(&request, client);
    sem_wait(&received);
    expect_close_in_time(client, 1, &request);
    EXPECT(request.delivery == OMNIZE_DELIVERY_UNKNOWN);
    sem_post(&hang_up);
    server_close(&server);
}

#ifndef _WIN32

/* Nothing accepts, and the kernel's queue is full: it does not respond to further connections. */
static void test_hanging_connect(void) {
    char url[64];
    const char *options[] = {"base_url", url, "timeout", "600000", "timeout.connect", "600000", NULL};
    struct request request;
    omnize_client *client;
    struct sockaddr_in address;
    int listening, port, queued[16], at, before;

    listening = listen_on_loopback(0, &port);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    for (at = 0; at < 16; at++) {
        queued[at] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(queued[at], (struct sockaddr *)&address, sizeof address);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    client = client_with(options);
    before = count_descriptors();
    start_request(&request, client);
    EXPECT_SOON(count_descriptors() > before);
    expect_close_in_time(client, 1, &request);
    EXPECT(request.status == OMNIZE_E_CLOSED && request.delivery == OMNIZE_DELIVERY_NOT_SENT);
    for (at = 0; at < 16; at++) close(queued[at]);
    close(listening);
}

static sem_t asked, answer;

/* Replaces the C library's function, blocks, and then resolves no name. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    (void)name, (void)service, (void)hints, (void)found;
    sem_post(&asked);
    sem_wait(&answer);
    return EAI_NONAME;
}

static void test_hanging_name_resolution(void) {
    const char *options[] = {"base_url", "http://chat.example/", "timeout.connect", "600000", NULL};
    struct request request;
    omnize_client *client = client_with(options);

    sem_init(&asked, 0, 0);
    sem_init(&answer, 0, 0);
    start_request(&request, client);
    sem_wait(&asked);
    expect_close_in_time(client, 1, &request);
    EXPECT(request.status == OMNIZE_E_CLOSED && request.delivery == OMNIZE_DELIVERY_NOT_SENT);
    sem_post(&answer);
    EXPECT_SOON(count_threads() == 1);
}

#endif

/* Callbacks have the whole time to end, also while a request hangs. */
static void test_callbacks_keep_their_time_with_a_hanging_request(void) {
    struct server server;
    const char *options[] = {"base_url", server.url, "timeout", "600000", NULL};
    struct request request;
    omnize_client *client;
    omnize_error *error = NULL;
    int at;

    sem_init(&received, 0, 0);
    sem_init(&hang_up, 0, 0);
    sem_init(&release_callback, 0, 0);
    returned = 0;
    server_open(&server, never_respond, NULL);
    client = client_with(options);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, block, NULL, NULL, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    start_request(&request, client);
    sem_wait(&received);
    for (at = 0; at < 3; at++) {
        deliver(client, "{\"status\":\"typing\",\"clientId\":\"12\"}");
        sem_post(&release_callback);
    }
    expect_close_in_time(client, 1, &request);
    EXPECT(returned == 3);
    sem_post(&hang_up);
    server_close(&server);
}

int main(void) {
    test_long_callback();
    test_hanging_request();
#ifndef _WIN32
    /* Windows rejects a connection if the queue is full, and a program can't replace a function of a system library. */
    test_hanging_connect();
    test_hanging_name_resolution();
#endif
    test_callbacks_keep_their_time_with_a_hanging_request();
    return 0;
}
