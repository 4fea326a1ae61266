/* Sends with libcurl's easy interface: one reused handle for each thread, with our timeouts. */

#include <curl/curl.h>

#include "send.h"

struct state {
    CURL *curl;
    size_t length;
    char body[REQUEST_BYTES + 1];
    char answer[1024];
};

static char url[256];

static void open_all(const struct target *target) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) give_up("curl_global_init", "failed");
    snprintf(url, sizeof url, "http://%s:%d/api/rest/v1", target->host, target->port);
}

static size_t keep(char *bytes, size_t size, size_t count, void *argument) {
    struct state *state = argument;
    if (state->length + count >= sizeof state->answer) return 0;
    memcpy(state->answer + state->length, bytes, count);
    state->length += count;
    return size * count;
}

static void *begin(int thread) {
    struct state *state = calloc(1, sizeof *state);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *curl = curl_easy_init();

    if (state == NULL || headers == NULL || curl == NULL) give_up("curl_easy_init", "no memory");
    write_body(state->body, thread);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, state->body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)REQUEST_BYTES);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, state);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30000L);
    state->curl = curl;
    return state;
}

static void send_one(void *argument) {
    struct state *state = argument;
    long status = 0;
    CURLcode code;

    state->length = 0;
    code = curl_easy_perform(state->curl);
    if (code != CURLE_OK) give_up("curl_easy_perform", curl_easy_strerror(code));
    curl_easy_getinfo(state->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 || state->length == 0) give_up("curl_easy_perform", "the server did not accept it");
}

const struct way send_libcurl = {"libcurl", open_all, begin, send_one, NULL};
