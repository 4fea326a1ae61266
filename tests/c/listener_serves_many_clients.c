/* Clients that share a listener each get the triggers of their path. The listener and its clients may end in any
 * order. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"

#define CLIENTS 8

static omnize_listener *open_listener(void) {
    omnize_config *config = NULL;
    omnize_listener *listener = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_config_new(&config, &error));
    EXPECT_FAILS(omnize_listener_open(config, &listener, &error), OMNIZE_E_VALUE, "listen");
    EXPECT_OK(omnize_config_set(config, "listen", "127.0.0.1:0", &error));
    EXPECT_FAILS(omnize_listener_open(config, NULL, &error), OMNIZE_E_ARGUMENT, "listener");
    EXPECT_OK(omnize_listener_open(config, &listener, &error));
    omnize_config_free(config);
    return listener;
}

/* Posts a trigger of this customer to a URL of 127.0.0.1, and returns the status of the response. */
static int post(const char *url, int customer) {
    int port, length, status = 0, end = socket(AF_INET, SOCK_STREAM, 0);
    char path[100], body[100], request[400], answer[400];
    struct sockaddr_in address = {0};
    ssize_t got = 0, more;

    EXPECT(sscanf(url, "http://127.0.0.1:%d%99s", &port, path) == 2);
    sprintf(body, "{\"status\":\"typing\",\"clientId\":\"%d\"}", customer);
    length = sprintf(request, "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", path,
                     (int)strlen(body), body);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT(end >= 0);
    EXPECT(connect(end, (struct sockaddr *)&address, sizeof(address)) == 0);
    EXPECT(send(end, request, (size_t)length, 0) == length);
    while ((more = recv(end, answer + got, sizeof(answer) - 1 - (size_t)got, 0)) > 0) got += more;
    answer[got] = '\0';
    EXPECT(sscanf(answer, "HTTP/1.1 %d", &status) == 1);
    close(end);
    return status;
}

/* The next event is of this customer, and there is no other. */
static void expect_single_event(omnize_client *client, int customer) {
    omnize_error *error = NULL;
    omnize_event *event = NULL;

    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(event != NULL);
    EXPECT(atoi(omnize_event_client_id(event, NULL)) == customer);
    omnize_event_free(event);
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(event == NULL);
}

static int64_t count(omnize_listener *listener, const char *name) {
    omnize_error *error = NULL;
    int64_t value = -1;

    EXPECT_OK(omnize_listener_statistic(listener, name, &value, &error));
    return value;
}

int main(void) {
    omnize_listener *listener = open_listener();
    omnize_client *clients[CLIENTS];
    omnize_error *error = NULL;
    const char *url;
    char path[20];
    int64_t length;
    int at;

    for (at = 0; at < CLIENTS; at++) {
        clients[at] = plain_client();
        EXPECT(omnize_listener_url(listener, clients[at], NULL) == NULL);
        sprintf(path, "/client/%d", at);
        EXPECT_OK(omnize_listener_attach(listener, clients[at], at % 2 ? path : NULL, &error));
    }
    url = omnize_listener_url(listener, clients[1], &length);
    EXPECT(length == (int64_t)strlen(url));
    EXPECT(strcmp(url + length - 9, "/client/1") == 0);
    EXPECT(omnize_listener_url(listener, clients[1], NULL) == url);
    EXPECT(omnize_client_webhook_url(clients[1], NULL)[0] == '\0');

    for (at = 0; at < CLIENTS; at++) EXPECT(post(omnize_listener_url(listener, clients[at], NULL), at) == 200);
    for (at = 0; at < CLIENTS; at++) expect_single_event(clients[at], at);
    EXPECT(count(listener, "received") == CLIENTS);
    EXPECT_FAILS(omnize_listener_statistic(listener, "colour", &length, &error), OMNIZE_E_ARGUMENT, "colour");

    EXPECT_FAILS(omnize_listener_attach(listener, clients[0], "/x", &error), OMNIZE_E_ARGUMENT, "already");
    EXPECT_OK(omnize_listener_detach(listener, clients[0], &error));
    EXPECT_FAILS(omnize_listener_detach(listener, clients[0], &error), OMNIZE_E_ARGUMENT, "not attached");
    EXPECT_FAILS(omnize_listener_attach(listener, clients[0], "/client/1", &error), OMNIZE_E_ARGUMENT, "another");
    EXPECT_FAILS(omnize_listener_attach(listener, clients[0], "client", &error), OMNIZE_E_ARGUMENT, "slash");

    /* The borrowed URL stays valid after its client is freed, and its path is free. */
    omnize_client_free(clients[1]);
    EXPECT(post(url, 1) == 404);
    EXPECT(count(listener, "wrong_path") == 1);
    EXPECT_OK(omnize_listener_attach(listener, clients[0], "/client/1", &error));
    EXPECT(post(url, 100) == 200);
    expect_single_event(clients[0], 100);

    EXPECT_FAILS(omnize_listener_attach((omnize_listener *)clients[0], clients[0], NULL, &error), OMNIZE_E_HANDLE,
                 "is an omnize_client");
    EXPECT_FAILS(omnize_listener_attach(listener, NULL, NULL, &error), OMNIZE_E_HANDLE, "NULL");

    EXPECT_FAILS(omnize_listener_close(listener, -2, &error), OMNIZE_E_ARGUMENT, "timeout_ms");
    EXPECT_OK(omnize_listener_close(listener, 5000, &error));
    EXPECT_FAILS(omnize_listener_close(listener, 0, &error), OMNIZE_E_CLOSED, "closed");
    omnize_listener_free(listener);
    omnize_listener_free(listener);
    omnize_listener_free(NULL);
    deliver(clients[2], "{\"status\":\"typing\",\"clientId\":\"2\"}");
    expect_single_event(clients[2], 2);
    for (at = 0; at < CLIENTS; at++) omnize_client_free(clients[at]);
    return 0;
}
