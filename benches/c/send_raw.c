/* Sends with a blocking socket only: the cost of the kernel, which every client has. */

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "send.h"

struct state {
    int socket;
    int length;
    char request[REQUEST_BYTES + 256];
};

static struct target to;

static void open_all(const struct target *target) {
    to = *target;
}

static int connect_to_target(void) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[16];
    int one = 1;
    int connected = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");

    snprintf(port, sizeof port, "%d", to.port);
    if (getaddrinfo(to.host, port, &hints, &found) != 0) give_up(to.host, "is not known");
    must(connect(connected, found->ai_addr, found->ai_addrlen), "connect");
    freeaddrinfo(found);
    must(setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
    return connected;
}

static void *begin(int thread) {
    struct state *state = calloc(1, sizeof *state);
    char body[REQUEST_BYTES + 1];

    if (state == NULL) give_up("calloc", "no memory");
    write_body(body, thread);
    state->socket = connect_to_target();
    state->length = snprintf(state->request, sizeof state->request,
                             "POST /api/rest/v1 HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/json\r\n"
                             "Content-Length: %d\r\n\r\n%s",
                             to.host, to.port, REQUEST_BYTES, body);
    return state;
}

static void send_one(void *argument) {
    struct state *state = argument;
    char answer[1024];
    size_t length = 0;
    const char *end = NULL;
    const char *field = NULL;

    if (must(send(state->socket, state->request, (size_t)state->length, MSG_NOSIGNAL), "send") != state->length)
        give_up("send", "took a part of a request");
    do {
        ssize_t count = must(recv(state->socket, answer + length, sizeof answer - 1 - length, 0), "recv");
        if (count == 0) give_up("recv", "the server hung up");
        length += (size_t)count;
        answer[length] = '\0';
        end = strstr(answer, "\r\n\r\n");
        field = strstr(answer, "Content-Length: ");
    } while (end == NULL || field == NULL || length < (size_t)(end + 4 - answer) + (size_t)atoi(field + 16));
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0) give_up("recv", "the server did not accept it");
}

const struct way send_raw = {"raw", open_all, begin, send_one, NULL};
