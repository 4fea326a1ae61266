/* valgrind: no (it reports uninitialised reads in the encryption's assembly) */
/* windows: no (there is no SIGPIPE, and it runs the command openssl) */

/* The same over TLS. Between the library's client and the library's listener, both in this process, a relay breaks
 * the connection after every few bytes of handshake, request and response. SIGPIPE would end the host; it continues. */

#include <poll.h>
#include <signal.h>

#include "server.h"

#define STEP 17

static struct {
    int port;
    /* The number of bytes in both directions before the relay breaks the connection; -1: never. */
    long break_after;
    long passed;
} plan;

/* Forwards bytes of one end. Returns 0 if the connection must end. */
static int forward(int from, int to) {
    char bytes[4096];
    size_t most = sizeof bytes;
    ssize_t got;

    if (plan.break_after >= 0 && plan.break_after - plan.passed < (long)most)
        most = (size_t)(plan.break_after - plan.passed);
    if (most == 0) return 0;
    got = recv(from, bytes, most, 0);
    if (got <= 0) return 0;
    send_all(to, bytes, (size_t)got);
    plan.passed += got;
    return plan.break_after < 0 || plan.passed < plan.break_after;
}

static void relay_until_limit(int connection, void *data) {
    int listener = connect_to(plan.port), open = 1;

    (void)data;
    plan.passed = 0;
    while (open) {
        struct pollfd ends[2] = {{connection, POLLIN, 0}, {listener, POLLIN, 0}};
        EXPECT(poll(ends, 2, 20000) > 0);
        if (ends[0].revents != 0) open = forward(connection, listener);
        if (open && ends[1].revents != 0) open = forward(listener, connection);
    }
    reset_on_close(connection);
    reset_on_close(listener);
    close(listener);
}

/* A certificate for 127.0.0.1 that only this test trusts. */
static void make_certificate(const char *folder) {
    char command[400];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test "
             "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE "
             "-keyout %s/key.pem -out %s/certificate.pem 2>/dev/null",
             folder, folder);
    EXPECT(system(command) == 0);
}

static omnize_status send_message(omnize_client *client) {
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;
    omnize_status status;

    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    status = omnize_conversation_send(chat, "oi", -1, &error);
    EXPECT(status == OMNIZE_OK || omnize_error_delivery(error) != OMNIZE_DELIVERY_NONE);
    omnize_error_free(error);
    omnize_conversation_free(chat);
    return status;
}

int main(void) {
    char folder[] = "/tmp/omnize-XXXXXX", certificate[64], key[64], url[200], command[64];
    const char *listening[] = {"listen",      "127.0.0.1:0",    "listen.tls.certificate",
                               certificate,   "listen.tls.key", key,
                               "listen.path", "/hook",          NULL};
    const char *sending[] = {"base_url", url, "tls.ca_file", certificate, "timeout", "20000", NULL};
    struct server server;
    omnize_client *receiver, *sender;
    long whole, at, broken = 0;

    signal(SIGPIPE, SIG_DFL);
    EXPECT(mkdtemp(folder) != NULL);
    snprintf(certificate, sizeof certificate, "%s/certificate.pem", folder);
    snprintf(key, sizeof key, "%s/key.pem", folder);
    make_certificate(folder);

    receiver = client_with(listening);
    plan.port = port_of(omnize_client_webhook_url(receiver, NULL));
    server_open(&server, relay_until_limit, NULL);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/hook", server.port);

    /* A request has a clientId, so the listener accepts it as a trigger: the whole way there and back. */
    plan.break_after = -1;
    sender = client_with(sending);
    EXPECT(send_message(sender) == OMNIZE_OK);
    omnize_client_free(sender);
    for (at = 0; plan.passed == 0 && at < 1000; at++) usleep(1000);
    whole = plan.passed;
    EXPECT(whole > 1000);

    for (at = 0; at < whole; at += STEP) {
        plan.break_after = at;
        sender = client_with(sending);
        broken += send_message(sender) != OMNIZE_OK;
        omnize_client_free(sender);
    }
    /* All but the last few bytes, which belong to the TLS close. */
    EXPECT(broken > whole / STEP * 3 / 4);

    plan.break_after = -1;
    sender = client_with(sending);
    EXPECT(send_message(sender) == OMNIZE_OK);
    omnize_client_free(sender);
    omnize_client_free(receiver);
    server_close(&server);
    snprintf(command, sizeof command, "rm -r %s", folder);
    EXPECT(system(command) == 0);
    return 0;
}
