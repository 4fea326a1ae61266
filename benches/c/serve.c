/*
 * The service's side of sending: an HTTP server that responds to each POST at once with minimal cost, so that only the
 * cost of the clients differs.
 *
 *   serve
 *
 * It prints its port, then for each input line the number of responses and the total bytes of request bodies. It exits
 * at the end of its input.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "measure.h"

#define MOST_DESCRIPTORS 4096

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n"
                             "{\"status\":200}";

struct connection {
    size_t length;
    char request[4096];
};

static struct connection connections[MOST_DESCRIPTORS];
static long long requests;
static long long body_bytes;

/* Responds to complete requests. Clients wait for each response, so two requests never arrive together. */
static void answer_request(int client, struct connection *connection) {
    const char *end;
    const char *field;
    size_t body;

    connection->request[connection->length] = '\0';
    end = strstr(connection->request, "\r\n\r\n");
    if (end == NULL) return;
    field = strcasestr(connection->request, "\r\ncontent-length:");
    if (field == NULL || field > end) give_up("serve", "a request has no Content-Length");
    body = (size_t)atoi(field + 17);
    if (connection->length < (size_t)(end + 4 - connection->request) + body) return;
    connection->length = 0;
    requests++;
    body_bytes += (long long)body;
    /* The next read detects a closed connection. */
    if (send(client, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
        give_up("send", strerror(errno));
}

static void read_request(int client) {
    struct connection *connection = &connections[client];
    size_t room = sizeof connection->request - 1 - connection->length;
    ssize_t count = recv(client, connection->request + connection->length, room, 0);

    if (count <= 0) {
        close(client);
        return;
    }
    connection->length += (size_t)count;
    answer_request(client, connection);
}

static void accept_client(int epoll, int listener) {
    struct epoll_event readable = {.events = EPOLLIN};
    int one = 1;
    int client = (int)must(accept(listener, NULL, NULL), "accept");

    if (client >= MOST_DESCRIPTORS) give_up("accept", "too many clients");
    must(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
    connections[client].length = 0;
    readable.data.fd = client;
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, client, &readable), "epoll_ctl");
}

/* Responds to the lines of the input. Returns 0 at its end. */
static int answer_question(void) {
    char line[64];
    if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
    printf("%lld %lld\n", requests, body_bytes);
    fflush(stdout);
    return 1;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    struct epoll_event events[64];
    struct epoll_event readable = {.events = EPOLLIN};
    int epoll = (int)must(epoll_create1(0), "epoll_create1");
    int listener = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
    must(listen(listener, 1024), "listen");
    must(getsockname(listener, (struct sockaddr *)&address, &size), "getsockname");
    readable.data.fd = listener;
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &readable), "epoll_ctl");
    readable.data.fd = STDIN_FILENO;
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &readable), "epoll_ctl");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    for (;;) {
        int ready = (int)must(epoll_wait(epoll, events, 64, -1), "epoll_wait");
        for (int i = 0; i < ready; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == listener)
                accept_client(epoll, listener);
            else if (descriptor != STDIN_FILENO)
                read_request(descriptor);
            else if (!answer_question())
                return 0;
        }
    }
}
