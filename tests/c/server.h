/* A service that misbehaves as a test needs it. It accepts on loopback on its own thread, and passes each connection
 * to a function of the test. It never raises SIGPIPE itself. */

#ifndef SERVER_H
#define SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"

#define ACCEPTED "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}"

struct server {
    int listening;
    int port;
    char url[64];
    /* Serves one connection, which is closed when this returns. */
    void (*serve)(int connection, void *data);
    void *data;
    pthread_t thread;
};

static inline void send_all(int connection, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t sent = send(connection, at, length, MSG_NOSIGNAL);
        if (sent <= 0) return;
        at += sent;
        length -= (size_t)sent;
    }
}

/* Reads this many bytes, or fewer if the peer closes. Returns the number. */
static inline size_t receive(int connection, size_t length) {
    char buffer[4096];
    size_t received = 0;
    while (received < length) {
        size_t wanted = length - received < sizeof buffer ? length - received : sizeof buffer;
        ssize_t got = recv(connection, buffer, wanted, 0);
        if (got <= 0) break;
        received += (size_t)got;
    }
    return received;
}

/* Reads one HTTP message with a Content-Length. Returns its number of bytes, 0 if none came. */
static inline size_t receive_message(int connection) {
    char head[8192];
    size_t length = 0;
    const char *body;
    const char *line;

    while (length < sizeof head - 1) {
        ssize_t got = recv(connection, head + length, sizeof head - 1 - length, 0);
        if (got <= 0) return 0;
        length += (size_t)got;
        head[length] = '\0';
        if ((body = strstr(head, "\r\n\r\n")) != NULL) {
            size_t whole = (size_t)(body + 4 - head);
            line = strcasestr(head, "\r\ncontent-length:");
            if (line != NULL) whole += (size_t)atol(line + 17);
            return length + receive(connection, whole > length ? whole - length : 0);
        }
    }
    return 0;
}

/* Makes the next close end the connection with a reset. */
static inline void reset_on_close(int connection) {
    struct linger now = {1, 0};
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static inline int connect_to(int port) {
    struct sockaddr_in address;
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    EXPECT(connection >= 0);
    EXPECT(connect(connection, (struct sockaddr *)&address, sizeof address) == 0);
    return connection;
}

/* Returns the port of a URL of this machine. */
static inline int port_of(const char *url) {
    int port = 0;
    EXPECT(sscanf(url, "http%*[s:]//127.0.0.1:%d", &port) == 1);
    return port;
}

/* Listens on loopback at a free port. Nothing accepts yet. */
static inline int listen_on_loopback(int backlog, int *port) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT(listening >= 0);
    EXPECT(bind(listening, (struct sockaddr *)&address, sizeof address) == 0);
    EXPECT(listen(listening, backlog) == 0);
    EXPECT(getsockname(listening, (struct sockaddr *)&address, &size) == 0);
    *port = ntohs(address.sin_port);
    return listening;
}

static inline void *server_accept(void *data) {
    struct server *server = data;
    int connection;

    while ((connection = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        server->serve(connection, server->data);
        close(connection);
    }
    return NULL;
}

static inline void server_open(struct server *server, void (*serve)(int, void *), void *data) {
    server->serve = serve;
    server->data = data;
    server->listening = listen_on_loopback(64, &server->port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/api/rest/v1", server->port);
    EXPECT(pthread_create(&server->thread, NULL, server_accept, server) == 0);
}

/* The connection in progress must end by itself. */
static inline void server_close(struct server *server) {
#ifdef _WIN32
    close(server->listening);
    EXPECT(pthread_join(server->thread, NULL) == 0);
#else
    shutdown(server->listening, SHUT_RDWR);
    EXPECT(pthread_join(server->thread, NULL) == 0);
    close(server->listening);
#endif
}

/* Serves a connection: accepts each request. */
static inline void accept_all(int connection, void *data) {
    (void)data;
    while (receive_message(connection) > 0) send_all(connection, ACCEPTED, strlen(ACCEPTED));
}

#endif
