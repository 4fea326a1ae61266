/*
 * The service's side of receiving: posts 64-byte triggers over keep-alive connections as fast as responses come, or
 * holds connections open.
 *
 *   post PORT PATH CONNECTIONS seconds S     posts for S seconds, after an untimed tenth of S
 *   post PORT PATH CONNECTIONS requests N    posts N in total
 *   post PORT PATH CONNECTIONS hold          posts once on each new connection, prints a line, and waits for the end of
 * its input
 *
 * Prints: responses with 200, other responses, responses with 200 in the timed part, the nanoseconds of that part, and
 * the nanoseconds of CPU time of this program in it.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "measure.h"

#define BODY_BYTES 64

struct connection {
    int socket;
    int request_length;
    int answer_length;
    char request[256];
    char answer[2048];
};

static struct { int64_t sent, accepted, refused; } total;

static int connect_to(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1;
    int connected = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(connect(connected, (struct sockaddr *)&address, sizeof address), "connect");
    must(setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
    return connected;
}

/* Each connection posts the messages of one customer. */
static void write_request(struct connection *connection, const char *path, int number) {
    char body[BODY_BYTES + 1];
    int written = snprintf(body, sizeof body, "{\"clientId\":\"%d\",\"message\":\"", 100000 + number);

    memset(body + written, 'm', (size_t)(BODY_BYTES - written));
    memcpy(body + BODY_BYTES - 2, "\"}", 3);
    connection->request_length = snprintf(
        connection->request, sizeof connection->request,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path,
        BODY_BYTES, body);
    if (connection->request_length >= (int)sizeof connection->request) give_up(path, "is too long");
}

static void post(struct connection *connection) {
    ssize_t sent =
        must(send(connection->socket, connection->request, (size_t)connection->request_length, MSG_NOSIGNAL), "send");
    if (sent != connection->request_length) give_up("send", "took a part of a request");
    connection->answer_length = 0;
    total.sent++;
}

/* Returns whether the response is complete. It has a Content-Length, or no body. */
static int is_complete(struct connection *connection) {
    const char *end;
    const char *length;

    connection->answer[connection->answer_length] = '\0';
    end = strstr(connection->answer, "\r\n\r\n");
    if (end == NULL) return 0;
    length = strcasestr(connection->answer, "\r\ncontent-length:");
    if (length == NULL || length > end) return 1;
    return connection->answer + connection->answer_length >= end + 4 + atoi(length + 17);
}

/* Reads available bytes. Returns 1 if the response is complete. */
static int read_answer(struct connection *connection) {
    size_t room = sizeof connection->answer - 1 - (size_t)connection->answer_length;
    ssize_t count = must(recv(connection->socket, connection->answer + connection->answer_length, room, 0), "recv");

    if (count == 0) give_up("recv", "the server hung up");
    connection->answer_length += (int)count;
    if (!is_complete(connection)) return 0;
    if (strncmp(connection->answer, "HTTP/1.1 200", 12) == 0)
        total.accepted++;
    else
        total.refused++;
    return 1;
}

/* Posts repeatedly on every connection, until `deadline` or until `requests` were sent. Reads all responses. */
static void post_until(int epoll, struct connection *connections, int count, int64_t deadline, int64_t requests) {
    struct epoll_event events[256];
    int idle = 0;

    requests += total.sent;
    for (int i = 0; i < count; i++) {
        if (total.sent < requests)
            post(&connections[i]);
        else
            idle++;
    }
    while (idle < count) {
        int ready = (int)must(epoll_wait(epoll, events, 256, -1), "epoll_wait");
        int ends = now() >= deadline;
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!read_answer(connection)) continue;
            if (ends || total.sent >= requests)
                idle++;
            else
                post(connection);
        }
    }
}

int main(int count, char **arguments) {
    const char *what = count > 4 ? arguments[4] : "";
    int connections = count > 3 ? (int)number(arguments[3]) : 0;
    struct connection *all = calloc((size_t)connections, sizeof *all);
    int epoll = (int)must(epoll_create1(0), "epoll_create1");
    int64_t before = 0;
    int64_t start;
    int64_t start_processor;

    if (connections < 1 || all == NULL) give_up("post", "say PORT PATH CONNECTIONS WHAT");
    for (int i = 0; i < connections; i++) {
        struct epoll_event readable = {.events = EPOLLIN, .data.ptr = &all[i]};
        all[i].socket = connect_to((int)number(arguments[1]));
        write_request(&all[i], arguments[2], i);
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].socket, &readable), "epoll_ctl");
        if (strcmp(what, "hold") == 0) post_until(epoll, &all[i], 1, INT64_MAX, 1);
    }

    start = now();
    start_processor = processor_time();
    if (strcmp(what, "seconds") == 0 && count == 6) {
        int64_t length = (int64_t)(number(arguments[5]) * NANOSECONDS);
        post_until(epoll, all, connections, start + length / 10, INT64_MAX / 2);
        before = total.accepted;
        start = now();
        start_processor = processor_time();
        post_until(epoll, all, connections, start + length, INT64_MAX / 2);
    } else if (strcmp(what, "requests") == 0 && count == 6) {
        post_until(epoll, all, connections, INT64_MAX, (int64_t)number(arguments[5]));
    } else if (strcmp(what, "hold") != 0) {
        give_up("post", "say seconds S, requests N, or hold");
    }
    printf("%lld %lld %lld %lld %lld\n", (long long)total.accepted, (long long)total.refused,
           (long long)(total.accepted - before), (long long)(now() - start),
           (long long)(processor_time() - start_processor));
    fflush(stdout);
    if (strcmp(what, "hold") == 0) getchar();
    return 0;
}
