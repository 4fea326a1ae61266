/* sandbox: --agent echo */
/* windows: no (it reads settings of POSIX) */

/* The settings of a process are the same before and after a whole conversation: signals, locale, floating point,
 * working directory, environment, limits. The library works with the host's settings. */

#include <fenv.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "process.h"

#define SIGNALS 65
#define LIMITS 16

extern char **environ;

struct settings {
    struct sigaction actions[SIGNALS];
    sigset_t blocked;
    sigset_t pending;
    stack_t signal_stack;
    char locale[200];
    char decimal_point[10];
    locale_t thread_locale;
    mode_t file_mode_mask;
    char folder[PATH_MAX];
    char *environment[200];
    char environment_text[20000];
    int rounding;
    int float_traps;
    int float_flags;
    struct rlimit limits[LIMITS];
    struct itimerval timer;
    char thread_name[16];
    int priority;
    int subreaper;
};

static void handler(int number) {
    (void)number;
}

static void read_settings(struct settings *now) {
    int at;

    memset(now, 0, sizeof *now);
    for (at = 1; at < SIGNALS; at++) sigaction(at, NULL, &now->actions[at]);
    pthread_sigmask(SIG_SETMASK, NULL, &now->blocked);
    sigpending(&now->pending);
    sigaltstack(NULL, &now->signal_stack);
    snprintf(now->locale, sizeof now->locale, "%s", setlocale(LC_ALL, NULL));
    snprintf(now->decimal_point, sizeof now->decimal_point, "%s", localeconv()->decimal_point);
    now->thread_locale = uselocale((locale_t)0);
    now->file_mode_mask = umask(0);
    umask(now->file_mode_mask);
    EXPECT(getcwd(now->folder, sizeof now->folder) != NULL);
    for (at = 0; environ[at] != NULL; at++) {
        EXPECT(at < 200 && strlen(now->environment_text) + strlen(environ[at]) + 2 < sizeof now->environment_text);
        now->environment[at] = environ[at];
        strcat(strcat(now->environment_text, environ[at]), "\n");
    }
    now->rounding = fegetround();
    now->float_traps = fegetexcept();
    now->float_flags = fetestexcept(FE_DIVBYZERO | FE_OVERFLOW | FE_INVALID);
    for (at = 0; at < LIMITS; at++) getrlimit(at, &now->limits[at]);
    getitimer(ITIMER_REAL, &now->timer);
    now->timer.it_value.tv_sec = now->timer.it_value.tv_usec = 0; /* it runs */
    prctl(PR_GET_NAME, now->thread_name);
    now->priority = getpriority(PRIO_PROCESS, 0);
    prctl(PR_GET_CHILD_SUBREAPER, &now->subreaper);
}

#define SAME(part) EXPECT(memcmp(&before->part, &now.part, sizeof now.part) == 0)

/* The C library's set is larger than the number of signals; the rest is undefined. */
static void expect_equal_signals(const sigset_t *before, const sigset_t *now) {
    int at;
    for (at = 1; at < SIGNALS; at++) EXPECT(sigismember(before, at) == sigismember(now, at));
}

static void expect_equal_settings(const struct settings *before) {
    static struct settings now;
    int at;

    read_settings(&now);
    for (at = 1; at < SIGNALS; at++) {
        EXPECT(before->actions[at].sa_handler == now.actions[at].sa_handler);
        EXPECT(before->actions[at].sa_flags == now.actions[at].sa_flags);
        expect_equal_signals(&before->actions[at].sa_mask, &now.actions[at].sa_mask);
    }
    expect_equal_signals(&before->blocked, &now.blocked);
    expect_equal_signals(&before->pending, &now.pending);
    EXPECT(before->signal_stack.ss_sp == now.signal_stack.ss_sp);
    EXPECT(before->signal_stack.ss_flags == now.signal_stack.ss_flags);
    SAME(locale);
    SAME(decimal_point);
    SAME(thread_locale);
    SAME(file_mode_mask);
    SAME(folder);
    SAME(environment);
    SAME(environment_text);
    SAME(rounding);
    SAME(float_traps);
    SAME(float_flags);
    SAME(limits);
    SAME(timer);
    SAME(thread_name);
    SAME(priority);
    SAME(subreaper);
}

/* Settings that differ from all defaults, so that a library that "restores" defaults is detected too. */
static void set_unusual_settings(void) {
    static char stack[64 * 1024];
    stack_t signal_stack;
    struct sigaction action;
    sigset_t blocked;

    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaddset(&action.sa_mask, SIGHUP);
    EXPECT(sigaction(SIGUSR2, &action, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGCHLD, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGWINCH);
    sigaddset(&blocked, SIGUSR1);
    EXPECT(pthread_sigmask(SIG_BLOCK, &blocked, NULL) == 0);
    raise(SIGUSR1); /* stays pending */
    memset(&signal_stack, 0, sizeof signal_stack);
    signal_stack.ss_sp = stack;
    signal_stack.ss_size = sizeof stack;
    EXPECT(sigaltstack(&signal_stack, NULL) == 0);
    EXPECT(setlocale(LC_ALL, "C.UTF-8") != NULL && setlocale(LC_NUMERIC, "C") != NULL);
    umask(0137);
    EXPECT(chdir("/") == 0);
    EXPECT(fesetround(FE_UPWARD) == 0);
    prctl(PR_SET_NAME, "host");
}

struct received {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int accepted;
    int messages;
};

static void on_event(const omnize_event *event, void *user_data) {
    struct received *received = user_data;

    pthread_mutex_lock(&received->lock);
    received->accepted += omnize_event_kind(event) == OMNIZE_EVENT_ACCEPTED;
    received->messages += omnize_event_kind(event) == OMNIZE_EVENT_MESSAGE;
    pthread_cond_signal(&received->changed);
    pthread_mutex_unlock(&received->lock);
}

static void wait_for(struct received *received, const int *count) {
    pthread_mutex_lock(&received->lock);
    while (*count == 0) pthread_cond_wait(&received->changed, &received->lock);
    pthread_mutex_unlock(&received->lock);
}

int main(void) {
    const char *const options[] = {"listen", "127.0.0.1:0", "encoding", "windows-1252", NULL};
    static struct settings before;
    struct received received = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
    omnize_client *client;
    omnize_conversation *chat = NULL;
    omnize_error *error = NULL;

    set_unusual_settings();
    read_settings(&before);
    client = client_with(options);
    EXPECT_OK(omnize_client_subscribe(client, 0, NULL, on_event, &received, NULL, NULL, &error));
    EXPECT_OK(omnize_client_dispatch(client, &error));
    expect_equal_settings(&before);

    /* The sandbox's operator sets the webhook URL that this line prints, and presses Enter. */
    printf("webhook: %s\n", omnize_client_webhook_url(client, NULL));
    fflush(stdout);
    EXPECT(getchar() == '\n');
    EXPECT_OK(omnize_conversation_start(client, "1", "12", "Jo\xE3o", NULL, NULL, NULL, &chat, &error));
    wait_for(&received, &received.accepted);
    EXPECT_OK(omnize_conversation_send(chat, "Bom dia!", -1, &error));
    wait_for(&received, &received.messages);
    expect_equal_settings(&before);

    EXPECT_OK(omnize_conversation_finish(chat, &error));
    omnize_conversation_free(chat);
    EXPECT_OK(omnize_client_close(client, 5000, NULL, NULL, &error));
    omnize_client_free(client);
    expect_equal_settings(&before);
    return 0;
}
