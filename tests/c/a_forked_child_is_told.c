/* valgrind: no (the child can't free what the threads of its parent hold) */

/* In a child of a process that uses the library, every call says so and none hangs; the parent goes on. */

#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

static void in_the_child(omnize_client *client, omnize_conversation *chat) {
    omnize_config *config = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    alarm(20);
    EXPECT_FAILS(omnize_client_poll(client, 0, NULL, &error), OMNIZE_E_FORKED, "forked");
    EXPECT(strcmp(omnize_status_name(OMNIZE_E_FORKED), "OMNIZE_E_FORKED") == 0);
    EXPECT(strcmp(omnize_version(), OMNIZE_VERSION) == 0);
    EXPECT(omnize_config_new(&config, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_next(client, 60000, &event, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_conversation_send(chat, "oi", -1, NULL) == OMNIZE_E_FORKED);
    EXPECT(omnize_client_close(client, 60000, NULL, NULL, NULL) == OMNIZE_E_FORKED);
    omnize_conversation_free(chat);
    omnize_client_free(client);
    exit(42);
}

int main(void) {
    const char *const listening[] = {"listen", "127.0.0.1:0", NULL};
    omnize_client *client = client_with(listening);
    omnize_conversation *chat = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int status = 0;
    pid_t child;

    EXPECT_OK(omnize_conversation_attach(client, "1", "12", &chat, &error));
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) in_the_child(client, chat);
    EXPECT(waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 42);

    deliver(client, "{\"status\":\"typing\",\"clientId\":\"12\"}");
    EXPECT_OK(omnize_client_next(client, 0, &event, &error));
    EXPECT(omnize_event_kind(event) == OMNIZE_EVENT_TYPING);
    omnize_event_free(event);
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    omnize_client_free(client);
    return 0;
}
