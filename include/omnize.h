/*
 * omnize: customer chat over the Omnize service.
 *
 * cbindgen writes this file from src/capi/ of the omnize crate. Change it there, then run `make header`.
 *
 *
 * A chat, step by step
 * ====================
 *
 * A customer talks to an agent. One such chat is an interaction. The application starts an interaction for a customer, under
 * an id that the application chooses: the client id. It sends the customer's messages, reports typing, and finishes the
 * interaction. The service reports the agent's actions: it posts triggers to a webhook. This library sends the requests, and
 * it contains the webhook.
 *
 * 1. Configure the client. omnize_option_count() and omnize_option_name() list the options.
 *
 *      omnize_error *error = NULL;
 *      omnize_config *config = NULL;
 *      omnize_config_new(&config, &error);
 *      omnize_config_set(config, "token", "j4hl2kjh34...", &error);
 *      omnize_config_set(config, "listen", "0.0.0.0:8080", &error);
 *      omnize_config_set(config, "listen.path", "/omnize/a-secret-part", &error);
 *      omnize_config_set(config, "listen.public_url", "https://chat.example.com", &error);
 *
 *    omnize_config_load_env() and omnize_config_load_file() are alternatives. Generate the token and enter the webhook URL
 *    in the service's portal: Menu > Settings > Integrations > ClientSDK.
 *
 * 2. Open a client. From now on it accepts triggers.
 *
 *      omnize_client *client = NULL;
 *      if (omnize_client_open(config, &client, &error) != OMNIZE_OK) {
 *          fprintf(stderr, "%s\n", omnize_error_message(error, NULL));
 *          omnize_error_free(error);
 *      }
 *
 * 3. Start an interaction, and send a message.
 *
 *      omnize_conversation *chat = NULL;
 *      omnize_conversation_start(client, "1", "12", "Joao", NULL, NULL, NULL, &chat, &error);
 *      omnize_conversation_send(chat, "Bom dia!", -1, &error);
 *
 *    These calls block until the service responds. A thread that must not block posts its requests. The library sends them
 *    in the background. It retries requests that were certainly not received, as long as the option retry.posted specifies.
 *
 *      int64_t ticket = 0;
 *      omnize_conversation_prepare(client, "1", "12", &chat, &error);
 *      omnize_conversation_post_start(chat, "Joao", NULL, NULL, NULL, &ticket, &error);
 *      omnize_conversation_post(chat, "Bom dia!", -1, &ticket, &error);
 *
 *    Later, an event of the kind OMNIZE_EVENT_OUTCOME reports the result. omnize_event_outcome_ticket(event) returns the
 *    ticket of the request, which is unique for this client. omnize_event_outcome_delivery(event) returns the delivery. With
 *    dispatch threads, the outcome may come before the post function returns.
 *
 * 4. Receive events. Choose one of three delivery modes, and always use the same one for a client.
 *
 *    - Next: one event at a time, without callbacks. The application owns each event and frees it.
 *
 *          omnize_event *event = NULL;
 *          while (omnize_client_next(client, 1000, &event, &error) == OMNIZE_OK) {
 *              if (event == NULL) continue;   (no event within a second)
 *              if (omnize_event_kind(event) == OMNIZE_EVENT_MESSAGE) puts(omnize_event_text(event, NULL));
 *              omnize_event_free(event);
 *          }
 *
 *      omnize_conversation_next() returns the events of one conversation only. omnize_client_next() then returns the others.
 *
 *    - Poll: callbacks on a thread of the application. Call omnize_client_subscribe(), then omnize_client_poll() in a timer
 *      or a loop. omnize_client_wake_fd() returns a descriptor for select, epoll, GLib and Qt loops. On Windows,
 *      omnize_client_wake_handle() returns an event, and omnize_client_wake_message() posts a message to a window.
 *    - Dispatch: callbacks on a thread of the library. Call omnize_client_subscribe(), then omnize_client_dispatch().
 *
 *    Several clients with different tokens can share one address. Leave the option listen unset. Open a listener with
 *    omnize_listener_open(), and give each client a path with omnize_listener_attach().
 *
 *    An application with its own web server also leaves the option listen unset. It passes the body of each POST of the
 *    service to omnize_client_deliver().
 *
 * 5. Use more features, if the account's dialect has them. The service has three dialects. The option dialect selects the
 *    account's dialect. A feature that it does not have fails with OMNIZE_E_UNSUPPORTED, and nothing is sent. A request with
 *    further fields is built field by field:
 *
 *      omnize_request *request = NULL;
 *      omnize_request_new(client, OMNIZE_REQUEST_MESSAGE, &request, &error);
 *      omnize_request_set(request, "media", "image", -1, &error);
 *      omnize_request_set(request, "url", "https://example.com/invoice.png", -1, &error);
 *      omnize_conversation_request(chat, request, &error);
 *      omnize_request_free(request);
 *
 *    omnize_departments_list() and omnize_agents_online() return the departments and the online agents. An application can
 *    be the account's external bot. It receives OMNIZE_EVENT_NEW_INTERACTION and attaches with omnize_bot_attach().
 *
 * 6. Finish, close, free.
 *
 *      omnize_conversation_finish(chat, &error);
 *      omnize_conversation_free(chat);
 *      omnize_client_close(client, 5000, NULL, NULL, &error);
 *      omnize_client_free(client);
 *      omnize_config_free(config);
 *
 *
 * Rules for all functions
 * =======================
 *
 * Statuses. A function that can fail returns an omnize_status: OMNIZE_OK, which is 0, or an error status. In addition to the
 * listed statuses, every such function can fail with OMNIZE_E_HANDLE, OMNIZE_E_FORKED and OMNIZE_E_PANIC.
 *
 * Errors. The last parameter `error` may be NULL. Otherwise it receives an error if the function fails. The application owns
 * the error and frees it with omnize_error_free(). The previous value of the variable is overwritten, not freed. If the
 * function succeeds, the variable does not change. There is no "last error" of a thread. If there is no memory for an error,
 * the variable receives NULL.
 *
 * Out-parameters are written only if the function succeeds.
 *
 * Handles (omnize_client *, omnize_event * and so on) are values, not addresses. A function fails with OMNIZE_E_HANDLE if a
 * handle is NULL, of another type, or freed already; this is never undefined behaviour. If another thread frees a handle
 * during a call, the call continues normally, and only later calls fail. Freeing NULL does nothing.
 *
 * Input texts end at their NUL, or have a length in bytes; -1 means: up to the NUL. The library copies texts that it needs
 * later. Output texts belong to their handle. They end with a NUL that the length does not count, and they are valid until
 * the handle is freed. If there is no memory for an output text, the function returns NULL. A text that is invalid in its
 * encoding fails with OMNIZE_E_ENCODING.
 *
 * Encodings. The client's option encoding applies to the texts of its conversations, in both directions: ids, departments,
 * references, and what customers and agents write. All other texts are UTF-8, independent of the option. These are the names
 * and values of options, names of fields and statistics, paths, webhook URLs and content types. The documents of a history or
 * snapshot and messages of errors and the log are UTF-8, too.
 *
 * With the encoding utf-16le, a text consists of units of 16 bits. Pass its address as a char pointer. Lengths are still in
 * bytes, and -1 means: up to the NUL unit. Output texts are aligned to 2 bytes and end with a NUL unit.
 *
 * Threads. Any thread may call any function. The library holds no lock while a callback runs. Therefore a callback may call
 * any function, including omnize_client_close() for its own client.
 *
 * Callbacks are declared with OMNIZE_CALL, so that they fit each calling convention:
 *
 *      static void OMNIZE_CALL on_event(const omnize_event *event, void *user_data);
 *
 * Callbacks must return. The library's frames can't be unwound. These are forbidden in event callbacks, log callbacks and
 * destroy functions:
 *
 *    - a C++ exception, a Delphi exception or a Windows structured exception that leaves the callback: the process aborts;
 *    - pthread_exit(): the process aborts;
 *    - longjmp() out of the callback: the state of the client is undefined, and its later calls may always fail with
 *      OMNIZE_E_MODE.
 *
 * Catch exceptions inside the callback, store them, and return.
 *
 * Cancellation. pthread_cancel() of a thread inside a call is deferred until the call returns. The call itself completes
 * normally. Then the thread ends at the next cancellation point, or at once if its cancellation type is asynchronous. To end
 * a blocking call early, use a shorter timeout, or close the client. A callback runs inside a call, so cancellation is
 * deferred there, too. A callback that enables cancellation must disable it again before the next cancellation point.
 *
 * Blocking. Functions that send a request block. omnize_client_poll(), omnize_client_next(), omnize_conversation_next(),
 * omnize_client_close() and omnize_listener_close() block, too. The application sets the limit of each. omnize_client_unsubscribe() blocks until its
 * callback returns. omnize_client_open(), omnize_listener_open() and omnize_config_load_file() block on files. With a store,
 * omnize_client_deliver() and the functions that post block on the disk. All other functions return immediately.
 *
 * Numbers. Flags are 0 or 1. Times are in milliseconds.
 *
 * The host process. Loading the library starts no thread, installs no handler and prints nothing. Its threads block all
 * signals. If a client or listener was opened before a fork, every call in the child fails with OMNIZE_E_FORKED.
 */

#ifndef OMNIZE_H
#define OMNIZE_H

/* The integer types. Compilers before C99 do not have the header <stdint.h>. */
#if (defined(_MSC_VER) && _MSC_VER < 1600) || (defined(__BORLANDC__) && __BORLANDC__ < 0x0590)
typedef __int32 int32_t;
typedef unsigned __int32 uint32_t;
typedef __int64 int64_t;
#else
#include <stdint.h>
#endif

/*
 * OMNIZE_API and OMNIZE_CALL: the linkage and the calling convention of the functions, on each system.
 *
 * The application may define two macros before it includes this header:
 *
 *    - OMNIZE_STDCALL: the application uses omnize-stdcall.dll. Its functions and callbacks are __stdcall. Those of
 *      omnize.dll are __cdecl. Only 32-bit Windows has both conventions. On other systems, the macro has no effect.
 *    - OMNIZE_STATIC: the application is linked with the static library.
 */
#if defined(_WIN32) || defined(__WIN32__) || defined(__NT__) || defined(__CYGWIN__)
#define OMNIZE_WINDOWS
#endif

#if defined(OMNIZE_STATIC)
#define OMNIZE_API
#elif defined(OMNIZE_WINDOWS)
#define OMNIZE_API __declspec(dllimport)
#elif defined(__GNUC__) && __GNUC__ >= 4
#define OMNIZE_API __attribute__((visibility("default")))
#else
#define OMNIZE_API
#endif

#if defined(OMNIZE_WINDOWS) && (defined(_M_IX86) || defined(__i386__) || defined(__386__))
#if defined(OMNIZE_STDCALL)
#define OMNIZE_CALL __stdcall
#define OMNIZE_CALLING_CONVENTION 1
#else
#define OMNIZE_CALL __cdecl
#define OMNIZE_CALLING_CONVENTION 0
#endif
#else
#define OMNIZE_CALL
#define OMNIZE_CALLING_CONVENTION 0
#endif

/** The version of the library that this header belongs to. */
#define OMNIZE_VERSION "0.1.0"
#define OMNIZE_VERSION_MAJOR 0
#define OMNIZE_VERSION_MINOR 1
#define OMNIZE_VERSION_PATCH 0

/**
 * The version of the binary interface of this header.
 */
#define OMNIZE_ABI_VERSION 0

/**
 * No request was sent, because the call is not a request.
 */
#define OMNIZE_DELIVERY_NONE 0

/**
 * The service accepted the request.
 */
#define OMNIZE_DELIVERY_ACCEPTED 1

/**
 * The service rejected the request.
 */
#define OMNIZE_DELIVERY_REJECTED 2

/**
 * The service certainly did not receive the request.
 */
#define OMNIZE_DELIVERY_NOT_SENT 3

/**
 * The service may or may not have received the request.
 */
#define OMNIZE_DELIVERY_UNKNOWN 4

/**
 * The service can be reached: name, TCP, TLS and proxy are right. The token was not sent.
 */
#define OMNIZE_CHECK_CONNECTION 1

/**
 * The service can be reached, and accepted a harmless request with the token.
 */
#define OMNIZE_CHECK_ACCOUNT 2

/**
 * No request was sent yet, or the start failed.
 */
#define OMNIZE_STATE_NEW 1

/**
 * The start is in progress.
 */
#define OMNIZE_STATE_STARTING 2

/**
 * The interaction was started. No agent accepted it yet.
 */
#define OMNIZE_STATE_WAITING 3

/**
 * An agent accepted the interaction.
 */
#define OMNIZE_STATE_ACTIVE 4

/**
 * The application or the agent finished the interaction.
 */
#define OMNIZE_STATE_FINISHED 5

/**
 * No agent is available.
 */
#define OMNIZE_STATE_UNAVAILABLE 6

/**
 * Starts the interaction. Fields: name, email, phone, cpf, bot_id, media_type, extra, external_history.
 */
#define OMNIZE_REQUEST_START 1

/**
 * Sends a message of the customer or the external bot. Fields: text, media (image, video, audio or file), url; for
 * a bot also size, in bytes.
 */
#define OMNIZE_REQUEST_MESSAGE 2

/**
 * Updates data of the interaction. Fields: mood (POSITIVE or NEGATIVE), tags (ids, separated by commas),
 * customer_key, note.
 */
#define OMNIZE_REQUEST_UPDATE 3

/**
 * Starts an interaction with a message over WhatsApp. Fields: external_id, which is required; text, media, url,
 * name, email, phone, cpf, bot_id, extra, external_history.
 */
#define OMNIZE_REQUEST_WHATSAPP 4

/**
 * Submits a message while no agent is available, with omnize_client_off_hours or omnize_client_post_off_hours.
 * Fields: email, which is required; text, media, url, name, phone, cpf.
 */
#define OMNIZE_REQUEST_OFF_HOURS 5

/**
 * Finishes the interaction, of the customer or the external bot. Without fields.
 */
#define OMNIZE_REQUEST_FINISH 6

/**
 * The customer is typing. Without fields.
 */
#define OMNIZE_REQUEST_TYPING 7

/**
 * The customer stopped typing. Without fields.
 */
#define OMNIZE_REQUEST_CLEARED 8

/**
 * Accepts the interaction, as the external bot. Without fields.
 */
#define OMNIZE_REQUEST_BOT_ACCEPT 9

/**
 * Transfers the interaction, as the external bot. Field: department; without it, the interaction returns to its
 * first department.
 */
#define OMNIZE_REQUEST_BOT_TRANSFER 10

/**
 * Requests the departments, with omnize_departments_list or omnize_departments_post. Without fields.
 */
#define OMNIZE_REQUEST_DEPARTMENTS 11

/**
 * Requests the online agents of a department, with omnize_agents_online or omnize_agents_post. Without fields.
 */
#define OMNIZE_REQUEST_ONLINE_AGENTS 12

/**
 * All kinds, in a subscription.
 */
#define OMNIZE_EVENT_ANY 0

/**
 * A kind that this version does not recognize. omnize_event_raw returns the whole object.
 */
#define OMNIZE_EVENT_UNKNOWN 1

/**
 * An agent accepted the interaction.
 */
#define OMNIZE_EVENT_ACCEPTED 2

/**
 * No agent is available.
 */
#define OMNIZE_EVENT_UNAVAILABLE 3

/**
 * The agent finished the interaction.
 */
#define OMNIZE_EVENT_FINISH 4

/**
 * The agent is typing.
 */
#define OMNIZE_EVENT_TYPING 5

/**
 * The agent stopped typing.
 */
#define OMNIZE_EVENT_CLEARED 6

/**
 * A message of the agent; for an external bot, a message of the customer. omnize_event_text returns it.
 */
#define OMNIZE_EVENT_MESSAGE 7

/**
 * The customer waits in a queue. omnize_event_position returns the position.
 */
#define OMNIZE_EVENT_QUEUED 8

/**
 * The interaction was transferred to a department. omnize_event_department returns it.
 */
#define OMNIZE_EVENT_TRANSFERRED 9

/**
 * The service assigned an interaction to the application, which is an external bot.
 */
#define OMNIZE_EVENT_NEW_INTERACTION 10

/**
 * A posted request ended. The omnize_event_outcome_ functions return the details.
 */
#define OMNIZE_EVENT_OUTCOME 100

/**
 * No media, only text.
 */
#define OMNIZE_MEDIA_NONE 0

/**
 * An image.
 */
#define OMNIZE_MEDIA_IMAGE 1

/**
 * A video.
 */
#define OMNIZE_MEDIA_VIDEO 2

/**
 * An audio recording.
 */
#define OMNIZE_MEDIA_AUDIO 3

/**
 * Any file.
 */
#define OMNIZE_MEDIA_FILE 4

/**
 * The customer wrote the message.
 */
#define OMNIZE_SPEAKER_CUSTOMER 1

/**
 * An agent wrote the message.
 */
#define OMNIZE_SPEAKER_AGENT 2

/**
 * A bot wrote the message.
 */
#define OMNIZE_SPEAKER_BOT 3

/**
 * No messages.
 */
#define OMNIZE_LOG_OFF 0

/**
 * An error that needs attention.
 */
#define OMNIZE_LOG_ERROR 1

/**
 * A problem that the library handled.
 */
#define OMNIZE_LOG_WARN 2

/**
 * A rare event of normal operation.
 */
#define OMNIZE_LOG_INFO 3

/**
 * Each request and each trigger.
 */
#define OMNIZE_LOG_DEBUG 4

/**
 * The agents of a department who were online at the time of the request.
 *
 * - Indexes count from 0.
 * - The functions of a list are thread-safe. Only omnize_agents_online() and omnize_agents_post() block.
 */
typedef struct omnize_agents omnize_agents;

/**
 * The conversations and events of one token.
 *
 * The functions of a client are thread-safe. Callbacks may call them.
 */
typedef struct omnize_client omnize_client;

/**
 * The options for opening a client.
 *
 * - Names and values are UTF-8, independent of the option encoding.
 * - Changes do not affect open clients.
 * - The functions of a configuration are thread-safe.
 */
typedef struct omnize_config omnize_config;

/**
 * An interaction of one customer. The application sends its requests with it.
 *
 * The functions of a conversation are thread-safe. The requests of one interaction are sent one at a time, in the
 * order of the calls, blocking and posted ones together.
 *
 * Blocking requests block until the service responds, at most for the option timeout. They return OMNIZE_OK if the
 * service accepted the request. Otherwise omnize_error_delivery() returns the delivery of the request. They fail
 * with:
 * - OMNIZE_E_REJECTED, OMNIZE_E_SERVICE, OMNIZE_E_FAILED: the service rejected the request.
 * - OMNIZE_E_AUTH: the service rejected the token.
 * - OMNIZE_E_UNREACHABLE, OMNIZE_E_REFUSED, OMNIZE_E_TLS: not sent.
 * - OMNIZE_E_TIMEOUT, OMNIZE_E_LOST, OMNIZE_E_PROXY, OMNIZE_E_PROTOCOL: not sent, or unknown.
 * - OMNIZE_E_RESPONSE_TOO_LARGE: unknown.
 * - OMNIZE_E_CLOSED: the client is closed.
 * - OMNIZE_E_STATE: the interaction's state does not allow the request.
 * - OMNIZE_E_INTERACTION: the interaction hash is unknown.
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have the request or a field.
 * - OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT: a text is invalid.
 * - OMNIZE_E_CUSTOMER: a field of the customer is invalid, with the option validate.
 *
 * Posting adds a request to the outbox. It does not wait for the network. With a store, it blocks until the request
 * is on disk. `ticket` receives a number, and may be NULL. Later, an event of the kind OMNIZE_EVENT_OUTCOME reports
 * the delivery and has the same number. Posting fails with:
 * - OMNIZE_E_STATE: the interaction's state does not allow the request.
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have the request or a field.
 * - OMNIZE_E_FULL: the outbox is full.
 * - OMNIZE_E_STORE: the store can't be written.
 * - OMNIZE_E_CLOSED: the client is closed.
 * - OMNIZE_E_SYSTEM: a thread can't be started.
 * - OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT: a text is invalid.
 */
typedef struct omnize_conversation omnize_conversation;

/**
 * A list of departments, as of the call that created it.
 *
 * - Indexes count from 0.
 * - The functions of a list are thread-safe. Only omnize_departments_list() and omnize_departments_post() block.
 */
typedef struct omnize_departments omnize_departments;

/**
 * The reason why a call failed.
 *
 * - The application owns it and frees it with omnize_error_free().
 * - The message contains no token and no personal data, so the application may log it.
 * - The functions of an error are thread-safe and do not block.
 */
typedef struct omnize_error omnize_error;

/**
 * A trigger that the service posted, or the outcome of a posted request.
 *
 * The functions of an event are thread-safe and do not block.
 */
typedef struct omnize_event omnize_event;

/**
 * The messages exchanged before an interaction. The library renders them as the document that the start field
 * external_history links to.
 *
 * - The application serves the document, at a URL that the service can reach.
 * - The functions of a history are thread-safe and do not block.
 */
typedef struct omnize_history omnize_history;

/**
 * A list of open interactions, as of the call that created it.
 *
 * - Indexes count from 0.
 * - The functions of a list are thread-safe and do not block.
 */
typedef struct omnize_interactions omnize_interactions;

/**
 * A shared webhook listener: one address for the triggers of several clients, each at its own path.
 *
 * - A client with the option listen has its own listener and needs none of these functions.
 * - The functions of a listener are thread-safe. Callbacks may call them.
 */
typedef struct omnize_listener omnize_listener;

/**
 * A list of the posted requests in the outbox, as of the call that created it.
 *
 * - Indexes count from 0.
 * - The functions of a list are thread-safe and do not block.
 */
typedef struct omnize_outbox omnize_outbox;

/**
 * A request with fields for which the omnize_conversation_ functions have no parameter.
 *
 * - omnize_request_new() creates it, and omnize_request_set() sets its fields.
 * - The application may send and post it several times. Each time is a separate request, unless it has a reference:
 *   then only the first post is one, and further posts return its ticket.
 * - The page "Dialects" of the documentation lists the fields of each dialect.
 * - The functions of a request are thread-safe. Only those that send it block.
 */
typedef struct omnize_request omnize_request;

/**
 * All statistics of a client at one moment, with the durations of its requests.
 *
 * - The buckets are a histogram: each contains the number of attempts that took no longer than its limit, and longer
 *   than the limit of the bucket before it. An attempt begins with its connection, and ends with the end of its
 *   response or with its failure. Attempts that wrote no byte of their request are in no bucket.
 * - A snapshot contains no client id, token, path or text.
 * - The functions of a snapshot are thread-safe and do not block.
 */
typedef struct omnize_snapshot omnize_snapshot;

/**
 * The result of a call: OMNIZE_OK or an OMNIZE_E_ value. The numbers never change.
 */
typedef int32_t omnize_status;

/**
 * A callback for an event.
 *
 * - The event is valid until the callback returns. omnize_event_keep() extends this.
 * - The callback may call any function of the library.
 * - It must return. No C++ exception, longjmp() or pthread_exit() may leave it.
 * - Cancellation of its thread is deferred until it returns.
 */
typedef void (OMNIZE_CALL *omnize_event_callback)(const omnize_event *event, void *user_data);

/**
 * A function that destroys the user data of a callback. It may be NULL.
 *
 * - The library calls it once, after the last call of the callback.
 * - It must return, as omnize_event_callback must.
 */
typedef void (OMNIZE_CALL *omnize_destroy)(void *user_data);

/**
 * A callback for a log message.
 *
 * - `level`: an OMNIZE_LOG_ value.
 * - `message`: UTF-8, valid until the callback returns.
 * - Any thread may call it, also several threads at the same time.
 * - It must return, as omnize_event_callback must.
 */
typedef void (OMNIZE_CALL *omnize_log_callback)(int32_t level, const char *message, void *user_data);

/**
 * The call succeeded.
 */
#define OMNIZE_OK 0

/**
 * A handle is NULL, freed, of another type, or not from this library. Pass a handle that the library returned and that
 * is not freed yet.
 */
#define OMNIZE_E_HANDLE 1

/**
 * An argument is out of range, or a required pointer is NULL. The message names the argument.
 */
#define OMNIZE_E_ARGUMENT 2

/**
 * A text contains bytes that are invalid in its encoding. Pass UTF-8, or set the option encoding to the application's
 * encoding.
 */
#define OMNIZE_E_ENCODING 3

/**
 * The library has a bug and panicked. The message contains the source position. The call had no further effect, and
 * the process continues. Please report it.
 */
#define OMNIZE_E_PANIC 4

/**
 * This process was forked from a process that uses the library. Use the library in the parent process, or load it
 * after the fork.
 */
#define OMNIZE_E_FORKED 5

/**
 * The client or the listener is closed or closing. Open a new one.
 */
#define OMNIZE_E_CLOSED 6

/**
 * The events of this client already use another delivery mode. Use one of poll, next and dispatch, and always the same
 * one.
 */
#define OMNIZE_E_MODE 7

/**
 * The timeout expired. For a request, the delivery reports whether the service may have received it.
 */
#define OMNIZE_E_TIMEOUT 8

/**
 * The operating system denied a resource: a thread, a descriptor, memory or randomness. The message contains the
 * reason.
 */
#define OMNIZE_E_SYSTEM 9

/**
 * No option has this name. omnize_option_count and omnize_option_name list the options.
 */
#define OMNIZE_E_OPTION 20

/**
 * The option does not accept this value. The message lists the accepted values.
 */
#define OMNIZE_E_VALUE 21

/**
 * The configuration file, or a file that the configuration names, can't be read or parsed. The message names the file.
 */
#define OMNIZE_E_FILE 22

/**
 * The token is missing. Generate one in the portal (Menu > Settings > Integrations > ClientSDK) and set the option
 * token, or the variable OMNIZE_TOKEN if the program loads the environment.
 */
#define OMNIZE_E_TOKEN 23

/**
 * The department is missing, or is not a whole number although the dialect requires one. Pass the id of the
 * department.
 */
#define OMNIZE_E_DEPARTMENT 24

/**
 * The client id is missing. Pass the application's id of this customer.
 */
#define OMNIZE_E_CLIENT_ID 25

/**
 * The service's host is unknown or can't be reached. Check base_url and the network. Nothing was sent.
 */
#define OMNIZE_E_UNREACHABLE 40

/**
 * The service's host refused the TCP connection. Check the port in base_url and whether the service runs. Nothing was
 * sent.
 */
#define OMNIZE_E_REFUSED 41

/**
 * The TLS handshake failed. Check the certificate and the clock. Nothing was sent.
 */
#define OMNIZE_E_TLS 42

/**
 * The connection was lost before the response was complete. The delivery reports whether the service may have received
 * the request.
 */
#define OMNIZE_E_LOST 43

/**
 * The peer does not speak HTTP, or its response can't be parsed. The message contains the reason. Check base_url. The
 * service may have received the request.
 */
#define OMNIZE_E_PROTOCOL 44

/**
 * The response is larger than response.max_bytes, or its headers are larger than 64 KiB, and was not read. The service
 * received the request; its verdict is unknown.
 */
#define OMNIZE_E_RESPONSE_TOO_LARGE 45

/**
 * The service rejected the request (HTTP 3xx or 4xx). The message contains the service's reason.
 */
#define OMNIZE_E_REJECTED 46

/**
 * The service failed (HTTP 5xx). The message contains the service's reason. Retry later.
 */
#define OMNIZE_E_SERVICE 47

/**
 * The service responded with HTTP 2xx, but the response body rejects the request. The message contains the service's
 * reason.
 */
#define OMNIZE_E_FAILED 48

/**
 * The HTTP proxy can't be reached, or it did not forward the request. Check the option proxy, or the environment
 * variables http_proxy, https_proxy and all_proxy, in lower or upper case. The delivery reports whether the service
 * may have received the request.
 */
#define OMNIZE_E_PROXY 49

/**
 * A field of the customer failed the check of validate = customer. The message names the field and the expected form.
 * Nothing was sent.
 */
#define OMNIZE_E_CUSTOMER 50

/**
 * The state of the interaction does not allow this request, for example a message after finish. Nothing was sent. If
 * the option check_state is 0, the library sends such requests. Or the state of the outbox does not allow the call: a
 * request in progress can't be cancelled, and a paused outbox can't be flushed.
 */
#define OMNIZE_E_STATE 51

/**
 * The interaction hash is unknown: the start has no response yet, or an earlier process sent it without a store. Start
 * the interaction again, attach with its hash, or wait for a trigger of it. Nothing was sent.
 */
#define OMNIZE_E_INTERACTION 52

/**
 * The service accepted the request, but the response does not contain the requested data. Check the option dialect.
 */
#define OMNIZE_E_RESPONSE 53

/**
 * The service rejected the token (HTTP 401 or 403, or a reason that names the token). Check the option token, or
 * generate a new one in the portal (Menu > Settings > Integrations > ClientSDK). The request is not retried.
 */
#define OMNIZE_E_AUTH 54

/**
 * The posted request reached its age limit (message.max_age, or the limit of the post) before it could be sent. Post
 * it again if it is still wanted.
 */
#define OMNIZE_E_EXPIRED 55

/**
 * The application cancelled the posted request. The delivery reports whether the service may have received an earlier
 * attempt.
 */
#define OMNIZE_E_CANCELLED 56

/**
 * The listener can't be opened at this address. Check that the address belongs to this machine and that the port is
 * free.
 */
#define OMNIZE_E_LISTEN 60

/**
 * The trigger is not a JSON object. Pass the body of the service's POST unchanged.
 */
#define OMNIZE_E_NOT_JSON 61

/**
 * The trigger has neither a clientId nor an interaction hash, so it belongs to no interaction.
 */
#define OMNIZE_E_NO_CLIENT_ID 62

/**
 * The event queue is full (events.capacity, events.max_bytes), or the outbox is full (outbox.capacity,
 * outbox.max_bytes), or there is no memory for a further entry. Receive events, wait for outcomes, or raise the
 * option. The trigger or the request was not accepted.
 */
#define OMNIZE_E_FULL 63

/**
 * Not supported by this build, by this operating system, or by the configured dialect. The message names the missing
 * feature. Nothing was sent.
 */
#define OMNIZE_E_UNSUPPORTED 64

/**
 * The store can't be opened or written. The message contains the reason. The trigger or the request was not accepted.
 */
#define OMNIZE_E_STORE 65

/**
 * The decompressed trigger is larger than listen.max_body and was not accepted. Respond with 413, or raise the option.
 */
#define OMNIZE_E_TRIGGER_TOO_LARGE 66

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * Returns the version of the loaded library, such as "0.1.0".
 *
 * - OMNIZE_VERSION is the version of the header.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_version(void);

/**
 * Returns the version of the loaded library's binary interface.
 *
 * - A program works with every library that has the same version as its header.
 * - OMNIZE_ABI_VERSION is the version of the header.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_abi_version(void);

/**
 * Returns the calling convention of the loaded library: 1 is stdcall, 0 is cdecl or the only one of the system.
 *
 * - OMNIZE_CALLING_CONVENTION is that of the header. If they differ, call no other function: the program uses
 *   omnize.dll in place of omnize-stdcall.dll, or the reverse.
 * - Both conventions call a function without parameters in the same way.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_calling_convention(void);

/**
 * Returns 1 if this build of the library has the feature `name`, otherwise 0.
 *
 * - "listener": the webhook listener.
 * - "store": the option store, which keeps events and requests across crashes.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_has_feature(const char *name);

/**
 * Returns the name of a status, such as "OMNIZE_E_HANDLE", or NULL if the number is not a status.
 *
 * The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_status_name(omnize_status status);

/**
 * Returns the meaning of a status and what to do, in English, or NULL if the number is not a status.
 *
 * The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_status_description(omnize_status status);

/**
 * Returns the number of statuses, including OMNIZE_OK.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_status_count(void);

/**
 * Returns the status at `index` of the list of all statuses, or -1 if `index` is out of range.
 *
 * The range is 0 to omnize_status_count() - 1.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_status_at(int32_t index);

/**
 * Returns the status of the failed call, or OMNIZE_E_HANDLE if `error` is invalid.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_error_status(const omnize_error *error);

/**
 * Returns the error message: what was wrong, what was expected and what to do. Returns NULL if `error` is invalid.
 *
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is English in UTF-8, and valid until the error is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_error_message(const omnize_error *error, int64_t *length);

/**
 * Returns the HTTP status of the service's response, or 0 if there was no response.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_error_http_status(const omnize_error *error);

/**
 * Returns the body of the service's response, or NULL if `error` is invalid.
 *
 * - The body is empty if there was no response, or no memory for it.
 * - The token and personal data of the request are replaced by `[redacted]`.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is valid until the error is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_error_body(const omnize_error *error, int64_t *length);

/**
 * Returns the delivery of the request, an OMNIZE_DELIVERY_ value.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_error_delivery(const omnize_error *error);

/**
 * Returns 1 if the application may safely retry the call later, otherwise 0.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_error_retryable(const omnize_error *error);

/**
 * Returns how many milliseconds the application should wait before a retry, or -1 if the service did not specify
 * it.
 *
 * The service may specify it in responses with HTTP 429 and 503.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_error_retry_after(const omnize_error *error);

/**
 * Returns the number of undelivered events if omnize_client_close() timed out because of a callback, otherwise 0.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_error_events_left(const omnize_error *error);

/**
 * Returns the number of unsent requests if omnize_client_close() timed out because of a callback, or the number of
 * remaining requests if omnize_client_flush() failed. Otherwise returns 0.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_error_requests_left(const omnize_error *error);

/**
 * Frees an error.
 *
 * Does nothing if `error` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_error_free(omnize_error *error);

/**
 * Creates a configuration with the default of each option.
 *
 * The application owns it and frees it with omnize_config_free().
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `config` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_config_new(omnize_config **config, omnize_error **error);

/**
 * Sets the option `name`.
 *
 * Dots and underscores in `name` are equivalent.
 *
 * Fails with:
 * - OMNIZE_E_OPTION: no option has this name.
 * - OMNIZE_E_VALUE: the option does not accept this value.
 * - OMNIZE_E_ARGUMENT: `name` or `value` is NULL.
 * - OMNIZE_E_ENCODING: `name` or `value` is not UTF-8.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_config_set(
    omnize_config *config, const char *name, const char *value, omnize_error **error);

/**
 * Writes the value of an option to `value`, or its default if it is unset.
 *
 * - A secret that is set reads `[redacted]`.
 * - The text is valid until the configuration is freed.
 *
 * Fails with:
 * - OMNIZE_E_OPTION: no option has this name.
 * - OMNIZE_E_ARGUMENT: `name` or `value` is NULL.
 * - OMNIZE_E_ENCODING: `name` is not UTF-8.
 * - OMNIZE_E_SYSTEM: there is no memory for the text.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_config_get(
    const omnize_config *config, const char *name, const char **value, omnize_error **error);

/**
 * Sets the options from environment variables, for example OMNIZE_TOKEN and OMNIZE_TIMEOUT_CONNECT.
 *
 * - A variable is named OMNIZE_ and the option in capitals with underscores.
 * - Empty variables are ignored.
 * - No other thread may change the environment during the call.
 *
 * Fails with:
 * - OMNIZE_E_VALUE: an option does not accept the value. The message names the variable.
 * - OMNIZE_E_ENCODING: a value is not UTF-8. The message names the variable.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_config_load_env(omnize_config *config, omnize_error **error);

/**
 * Sets the options of an INI file, with one "name = value" a line.
 *
 * - A line `[group]` is a prefix of the following names: the part before the dot.
 * - Values may be quoted, and a comment may follow them.
 * - Blocks while it reads the file.
 * - If it fails, no option is changed, and the message names the file.
 *
 * Fails with:
 * - OMNIZE_E_FILE: the file can't be read or parsed.
 * - OMNIZE_E_OPTION: no option has such a name.
 * - OMNIZE_E_VALUE: an option does not accept the value.
 * - OMNIZE_E_ARGUMENT: `path` is NULL.
 * - OMNIZE_E_ENCODING: `path` or the file is not UTF-8.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_config_load_file(
    omnize_config *config, const char *path, omnize_error **error);

/**
 * Frees a configuration.
 *
 * - Clients that were opened with it stay open.
 * - Does nothing if `config` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_config_free(omnize_config *config);

/**
 * Returns the number of options.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_option_count(void);

/**
 * Returns the name of the option at `index`, or NULL if `index` is out of range.
 *
 * - The range is 0 to omnize_option_count() - 1.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_option_name(int32_t index);

/**
 * Returns the type of the option at `index`, or NULL if `index` is out of range.
 *
 * - The types are "secret", "url", "encoding", "choice: A, B", "milliseconds", "flag", "bytes", "count", "threads",
 *   "file", "address", "path", "credentials", "networks", "proxy" and "text".
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_option_type(int32_t index);

/**
 * Returns the default value of the option at `index`, or NULL if `index` is out of range.
 *
 * - The text is empty if the option has no default.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_option_default(int32_t index);

/**
 * Returns the English description of the option at `index`, or NULL if `index` is out of range.
 *
 * The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_option_description(int32_t index);

/**
 * Opens a client with the options of `config`.
 *
 * - The application owns the client and frees it with omnize_client_free().
 * - `config` may be changed or freed afterwards.
 * - If the option listen is set, the client accepts triggers when the call returns.
 * - If the option proxy is unset, the call reads the proxy variables of the environment. No other thread may change
 *   the environment during the call.
 * - Blocks while it reads files. Sends nothing.
 *
 * Fails with:
 * - OMNIZE_E_TOKEN: the option token is unset.
 * - OMNIZE_E_VALUE: options contradict each other, or the proxy of the environment is invalid.
 * - OMNIZE_E_FILE: a file of an option can't be used.
 * - OMNIZE_E_LISTEN: the address can't be used.
 * - OMNIZE_E_STORE: the store can't be opened.
 * - OMNIZE_E_SYSTEM: the system denied a resource.
 * - OMNIZE_E_UNSUPPORTED: this build does not have the listener or the store.
 * - OMNIZE_E_ARGUMENT: `client` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_open(
    const omnize_config *config, omnize_client **client, omnize_error **error);

/**
 * Returns the webhook URL of the client's own listener, or NULL if `client` is invalid.
 *
 * - The URL is empty if the client has no listener of its own. omnize_listener_url() returns the URL at a shared
 *   listener.
 * - The URL begins with the option listen.public_url, or with the listener's address on this machine.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is ASCII, and valid until the client is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_client_webhook_url(const omnize_client *client, int64_t *length);

/**
 * Registers `callback` for events.
 *
 * - `kind`: an OMNIZE_EVENT_ value. OMNIZE_EVENT_ANY selects all kinds.
 * - `client_id`: selects the events of one customer. NULL selects all customers.
 * - `destroy` is called once with `user_data`, after the last call of `callback`. It is also called if this
 *   function fails. It may be NULL.
 * - `subscription` receives an id for omnize_client_unsubscribe(). It may be NULL.
 * - Callbacks run in omnize_client_poll(), or on the threads of omnize_client_dispatch(). Callbacks of one
 *   interaction never overlap.
 * - The application may subscribe before the interaction starts.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `callback` is NULL, or `kind` is unknown.
 * - OMNIZE_E_CLOSED: the client is closed.
 * - OMNIZE_E_ENCODING: `client_id` is invalid in the client's encoding.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_subscribe(
    omnize_client *client, int32_t kind, const char *client_id, omnize_event_callback callback, void *user_data,
    omnize_destroy destroy, int64_t *subscription, omnize_error **error);

/**
 * Ends a subscription, and blocks until its callback returns on other threads.
 *
 * - After the call, the callback does not run any more, and its destroy function has returned.
 * - Inside a callback of this client, the call does not block. No new call of the callback starts, and `destroy`
 *   runs after the call in progress.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: there is no such subscription.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_unsubscribe(
    omnize_client *client, int64_t subscription, omnize_error **error);

/**
 * Runs the callbacks of queued events on the calling thread.
 *
 * - `maximum`: the largest number of events. The others stay queued for the next call. 0: all events that are queued
 *   when the first callback starts.
 * - Blocks until an event is queued, at most `timeout_ms` milliseconds. 0: does not block. -1: no limit.
 * - `delivered` receives the number of events. It may be NULL.
 *
 * Fails with:
 * - OMNIZE_E_MODE: the client uses next or dispatch, or the caller is a callback.
 * - OMNIZE_E_CLOSED: the client is closed.
 * - OMNIZE_E_ARGUMENT: `maximum` is negative, or `timeout_ms` is less than -1.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_poll(
    omnize_client *client, int64_t maximum, int64_t timeout_ms, int64_t *delivered, omnize_error **error);

/**
 * Writes the next event to `event`, or NULL if none came in time.
 *
 * - Blocks until an event is queued, at most `timeout_ms` milliseconds. 0: does not block. -1: no limit.
 * - The application owns the event and frees it with omnize_event_free().
 * - Needs no callback.
 *
 * Fails with:
 * - OMNIZE_E_MODE: the client uses poll or dispatch.
 * - OMNIZE_E_CLOSED: the client is closed.
 * - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1, or `event` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_next(
    omnize_client *client, int64_t timeout_ms, omnize_event **event, omnize_error **error);

/**
 * Starts threads of the library that run the callbacks from now on.
 *
 * - The option dispatch.threads is the number of threads.
 * - A second call does nothing.
 *
 * Fails with:
 * - OMNIZE_E_MODE: the client uses poll or next.
 * - OMNIZE_E_CLOSED: the client is closed.
 * - OMNIZE_E_SYSTEM: a thread can't be started.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_dispatch(omnize_client *client, omnize_error **error);

/**
 * Passes an inbound trigger to the client: the body of a request that the application's own web server received.
 *
 * - `body`: `length` bytes, or up to the NUL if `length` is -1.
 * - `content_type`: the request's Content-Type, or NULL.
 * - With a store, blocks until the trigger is on disk. Never waits for callbacks.
 *
 * Fails with:
 * - OMNIZE_E_NOT_JSON: the body is not a JSON object. Respond with 400.
 * - OMNIZE_E_NO_CLIENT_ID: the trigger belongs to no interaction. Respond with 400.
 * - OMNIZE_E_FULL: the event queue is full. Respond with 503.
 * - OMNIZE_E_STORE: the store can't be written. Respond with 503.
 * - OMNIZE_E_CLOSED: the client is closed. Respond with 503.
 * - OMNIZE_E_ARGUMENT: `body` is NULL, or `length` is less than -1.
 * - OMNIZE_E_ENCODING: `content_type` is not ASCII.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_deliver(
    omnize_client *client, const char *body, int64_t length, const char *content_type, omnize_error **error);

/**
 * Passes an inbound trigger to the client, as omnize_client_deliver() does, and decompresses its body.
 *
 * - `body`: `length` bytes, or up to the NUL if `length` is -1.
 * - `content_type`: the request's Content-Type, or NULL.
 * - `content_encoding`: the request's Content-Encoding, or NULL: gzip, x-gzip, deflate, or several separated by
 *   commas.
 * - The option listen.max_body limits the decompressed size.
 * - omnize_event_raw() returns the decompressed body.
 * - With a store, blocks until the trigger is on disk. Never waits for callbacks.
 *
 * Fails with:
 * - OMNIZE_E_NOT_JSON: the body can't be decompressed, or is not a JSON object. Respond with 400.
 * - OMNIZE_E_NO_CLIENT_ID: the trigger belongs to no interaction. Respond with 400.
 * - OMNIZE_E_TRIGGER_TOO_LARGE: the decompressed body is too large. Respond with 413.
 * - OMNIZE_E_UNSUPPORTED: the coding is unknown. Respond with 415 and the header "Accept-Encoding: gzip, deflate".
 * - OMNIZE_E_FULL: the event queue is full. Respond with 503.
 * - OMNIZE_E_STORE: the store can't be written. Respond with 503.
 * - OMNIZE_E_CLOSED: the client is closed. Respond with 503.
 * - OMNIZE_E_SYSTEM: there is no memory for the body. Respond with 503.
 * - OMNIZE_E_ARGUMENT: `body` is NULL, or `length` is less than -1.
 * - OMNIZE_E_ENCODING: `content_type` or `content_encoding` is not ASCII.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_deliver_compressed(
    omnize_client *client, const char *body, int64_t length, const char *content_type, const char *content_encoding,
    omnize_error **error);

/**
 * Checks the configuration of a client, for example at the start of the application.
 *
 * - The dialects gateway and interactions have a harmless request, the list of departments. If the service accepts
 *   it, `level` receives OMNIZE_CHECK_ACCOUNT.
 * - The dialect rest has none. The check then opens a connection and sends nothing, and `level` receives
 *   OMNIZE_CHECK_CONNECTION.
 * - With a proxy and an unencrypted base_url, a connection to the proxy is enough for OMNIZE_CHECK_CONNECTION.
 * - `level` may be NULL. Later versions may add values.
 * - `timeout_ms`: milliseconds. 0 means the option timeout. The check blocks at most for this time, and is not
 *   retried.
 * - The client keeps the connection for later requests.
 *
 * Fails with:
 * - OMNIZE_E_AUTH: the service rejected the token.
 * - OMNIZE_E_UNREACHABLE, OMNIZE_E_REFUSED, OMNIZE_E_TLS, OMNIZE_E_PROXY, OMNIZE_E_TIMEOUT: no connection.
 * - OMNIZE_E_REJECTED: another rejection. After HTTP 404, base_url or the option dialect may be wrong.
 * - OMNIZE_E_RESPONSE: the response contains no departments. The option dialect may be wrong.
 * - OMNIZE_E_ARGUMENT: `timeout_ms` is negative.
 * - Any other status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_check(
    omnize_client *client, int64_t timeout_ms, int32_t *level, omnize_error **error);

/**
 * Closes a client.
 *
 * - The client accepts no further triggers.
 * - Blocks at most `timeout_ms` milliseconds (-1: no limit) for requests in progress, for running callbacks and for
 *   the dispatch threads. Then it aborts the remaining requests.
 * - While a callback runs, any thread may send and post requests, and the library sends them. Otherwise requests
 *   fail with OMNIZE_E_CLOSED.
 * - `events_left` receives the number of undelivered events. It may be NULL.
 * - `requests_left` receives the number of aborted requests and of unsent posted requests. It may be NULL.
 * - After the call, no callback runs, and the destroy functions have returned.
 * - When called from a callback of this client, it does not wait for that callback. No further callback starts on
 *   that thread.
 * - With a store, undelivered events and unsent requests stay there for the next process. The same holds for
 *   unacknowledged events that the application holds, and for events whose callback still runs after the timeout.
 *
 * Fails with:
 * - OMNIZE_E_CLOSED: the client was closed before.
 * - OMNIZE_E_TIMEOUT: a callback still runs. No further callback starts. omnize_error_events_left() and
 *   omnize_error_requests_left() return the numbers.
 * - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_close(
    omnize_client *client, int64_t timeout_ms, int64_t *events_left, int64_t *requests_left, omnize_error **error);

/**
 * Frees a client.
 *
 * - If the client is open, it is closed first, with a timeout of 0.
 * - Its conversations stay valid. Their requests fail with OMNIZE_E_CLOSED.
 * - Does nothing if `client` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_client_free(omnize_client *client);

/**
 * Writes a file descriptor to `descriptor` that is readable exactly while events are queued.
 *
 * - It is for select, poll, epoll, kqueue, GLib, Qt and similar loops. Call omnize_client_poll() or
 *   omnize_client_next() when it is readable.
 * - The client owns the descriptor. Do not read or close it.
 * - Stop watching it before the client is freed.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: Windows has no such descriptors. Use omnize_client_wake_handle() there.
 * - OMNIZE_E_SYSTEM: the process has no free descriptor.
 * - OMNIZE_E_ARGUMENT: `descriptor` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_wake_fd(
    omnize_client *client, int64_t *descriptor, omnize_error **error);

/**
 * Writes the HANDLE of an event of Windows to `handle`. It is signalled exactly while events are queued.
 *
 * - It is for WaitForSingleObject, WaitForMultipleObjects and MsgWaitForMultipleObjects. Call omnize_client_poll() or
 *   omnize_client_next() when it is signalled.
 * - The client owns the handle. Do not set, reset or close it.
 * - End all waits for it before the client is freed.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: only Windows has such handles. Use omnize_client_wake_fd() on other systems.
 * - OMNIZE_E_SYSTEM: the process can't have more handles.
 * - OMNIZE_E_ARGUMENT: `handle` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_wake_handle(
    omnize_client *client, void **handle, omnize_error **error);

/**
 * Posts a message to a window of Windows when events are queued, as PostMessage does.
 *
 * - `window`: the HWND of a window. NULL ends the messages. A later call replaces window and message.
 * - `message`: its number, from WM_USER (1024) to 65535, for example WM_APP (32768). wParam and lParam are 0.
 * - The window's procedure calls omnize_client_poll() or omnize_client_next() with a timeout of 0.
 * - After a message, the library posts no other one before the application calls omnize_client_poll() or
 *   omnize_client_next(). If events are queued when that call returns, the library posts the message again.
 *   Otherwise, it posts it with the next event.
 * - So a procedure may take one event or all events for each message. If it calls omnize_client_next() repeatedly,
 *   later messages may find no event.
 * - The call posts the message at once if events are queued already.
 * - Call it with NULL before the window is destroyed. Windows may give its HWND to another window.
 * - Loads user32.dll.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: only Windows has windows. Use omnize_client_wake_fd() on other systems.
 * - OMNIZE_E_SYSTEM: user32.dll can't be loaded.
 * - OMNIZE_E_ARGUMENT: `window` is not an existing window, or `message` is out of range.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_wake_message(
    omnize_client *client, void *window, uint32_t message, omnize_error **error);

/**
 * Starts an interaction, and blocks until the service responds.
 *
 * - `department` and `client_id` are required. `client_id` is the application's id of this customer.
 * - `name`, `email`, `phone` and `cpf` may be NULL. NULL fields are omitted.
 * - The application owns the conversation and frees it with omnize_conversation_free().
 * - If the start fails, there is no conversation.
 *
 * Fails with:
 * - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
 * - OMNIZE_E_CLIENT_ID: `client_id` is missing.
 * - OMNIZE_E_CUSTOMER: a field is invalid, with the option validate.
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_start(
    omnize_client *client, const char *department, const char *client_id, const char *name, const char *email,
    const char *phone, const char *cpf, omnize_conversation **conversation, omnize_error **error);

/**
 * Creates a conversation for an open interaction, for example after a restart.
 *
 * - `department` and `client_id` are required. `client_id` is the application's id of this customer.
 * - The state is that of omnize_interactions_list(), or active if the interaction is not listed.
 * - The application owns the conversation and frees it with omnize_conversation_free().
 * - Sends nothing and does not block.
 *
 * Fails with:
 * - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
 * - OMNIZE_E_CLIENT_ID: `client_id` is missing.
 * - OMNIZE_E_ENCODING: a text is invalid in the client's encoding.
 * - OMNIZE_E_ARGUMENT: `conversation` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_attach(
    omnize_client *client, const char *department, const char *client_id, omnize_conversation **conversation,
    omnize_error **error);

/**
 * Creates a conversation for the open interaction with the hash `interaction_hash`.
 *
 * - The application must have stored the hash. Without a store, the library does not know it before a trigger of
 *   the interaction.
 * - Dialects without hashes ignore `interaction_hash`.
 * - `department` and `client_id` are required. `client_id` is the application's id of this customer.
 * - The application owns the conversation and frees it with omnize_conversation_free().
 * - Sends nothing and does not block.
 *
 * Fails with:
 * - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
 * - OMNIZE_E_CLIENT_ID: `client_id` is missing.
 * - OMNIZE_E_ENCODING: a text is invalid in the client's encoding.
 * - OMNIZE_E_ARGUMENT: `interaction_hash` is NULL or empty, or `conversation` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_attach_to(
    omnize_client *client, const char *department, const char *client_id, const char *interaction_hash,
    omnize_conversation **conversation, omnize_error **error);

/**
 * Creates a conversation for an interaction that omnize_conversation_post_start() starts later.
 *
 * - `department` and `client_id` are required. `client_id` is the application's id of this customer.
 * - If an interaction with this client id is known, it is reused. A start is then allowed only after that
 *   interaction ends.
 * - The application owns the conversation and frees it with omnize_conversation_free().
 * - Sends nothing and does not block.
 *
 * Fails with:
 * - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
 * - OMNIZE_E_CLIENT_ID: `client_id` is missing.
 * - OMNIZE_E_ENCODING: a text is invalid in the client's encoding.
 * - OMNIZE_E_ARGUMENT: `conversation` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_prepare(
    omnize_client *client, const char *department, const char *client_id, omnize_conversation **conversation,
    omnize_error **error);

/**
 * Sets the timeout of later requests of this handle.
 *
 * - `timeout_ms`: milliseconds. 0 restores the option timeout.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `timeout_ms` is negative.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_set_timeout(
    omnize_conversation *conversation, int64_t timeout_ms, omnize_error **error);

/**
 * Returns the state of the interaction, an OMNIZE_STATE_ value, or 0 if `conversation` is invalid.
 *
 * Later versions may add values.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_conversation_state(const omnize_conversation *conversation);

/**
 * Returns the customer's client id. Returns NULL if `conversation` is invalid, or there is no memory for the text.
 *
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the conversation is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_conversation_client_id(
    const omnize_conversation *conversation, int64_t *length);

/**
 * Returns the department for requests. Returns NULL if `conversation` is invalid, or there is no memory for the text.
 *
 * - While the interaction is open, it is the department of its start, also after a transfer. All conversations of one
 *   interaction return the same. Otherwise, it is the department that this conversation was created with.
 * - If another program started the interaction, it is the department of the first attach.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the conversation is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_conversation_department(
    const omnize_conversation *conversation, int64_t *length);

/**
 * Returns the department that serves the customer. Returns NULL if `conversation` is invalid, or there is no memory
 * for the text.
 *
 * - It is for display. Requests use omnize_conversation_department().
 * - After a transfer, it is the department of the last event OMNIZE_EVENT_TRANSFERRED. All conversations of one
 *   interaction return the same. With a store, it is known after a restart.
 * - After the end of the interaction, it is the last one.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the conversation is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_conversation_current_department(
    const omnize_conversation *conversation, int64_t *length);

/**
 * Returns the interaction hash. Returns NULL if `conversation` is invalid, or there is no memory for the text.
 *
 * - The text is empty if the hash is not known yet, or the dialect has no hashes.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the conversation is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_conversation_interaction_hash(
    const omnize_conversation *conversation, int64_t *length);

/**
 * Frees a conversation.
 *
 * - Sends nothing. The interaction stays open, and omnize_conversation_attach() can attach to it again.
 * - Its event stream closes. omnize_client_next() returns the events that it did not return.
 * - The destroy function of omnize_conversation_set_user_data() is called before the call returns.
 * - Does nothing if `conversation` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_conversation_free(omnize_conversation *conversation);

/**
 * Posts the start of an interaction.
 *
 * - `name`, `email`, `phone` and `cpf` may be NULL. NULL fields are omitted.
 * - `ticket` receives the number of the request. It may be NULL.
 *
 * Fails with:
 * - OMNIZE_E_CUSTOMER: a field is invalid, with the option validate.
 * - Any status of posting: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_post_start(
    omnize_conversation *conversation, const char *name, const char *email, const char *phone, const char *cpf,
    int64_t *ticket, omnize_error **error);

/**
 * Posts a message of the customer.
 *
 * - `text`: `length` bytes, or up to the NUL if `length` is -1.
 * - `ticket` receives the number of the request. It may be NULL.
 *
 * Fails with:
 * - Any status of posting: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_post(
    omnize_conversation *conversation, const char *text, int64_t length, int64_t *ticket, omnize_error **error);

/**
 * Posts the finish of the interaction.
 *
 * - `ticket` receives the number of the request. It may be NULL.
 *
 * Fails with:
 * - Any status of posting: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_post_finish(
    omnize_conversation *conversation, int64_t *ticket, omnize_error **error);

/**
 * Reports one keystroke of the customer. Call it for each key.
 *
 * - The library sends one typing request at the first key.
 * - It sends one cleared request after a pause of the option typing.pause, or before the next message.
 * - Does not block, and has no outcome.
 *
 * Fails with:
 * - OMNIZE_E_STATE: the interaction's state does not allow typing.
 * - OMNIZE_E_UNSUPPORTED: the conversation is an external bot's.
 * - OMNIZE_E_CLOSED: the client is closed.
 * - OMNIZE_E_SYSTEM: a thread can't be started.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_keystroke(
    omnize_conversation *conversation, omnize_error **error);

/**
 * Sends a message of the customer, and blocks until the service responds.
 *
 * - `text`: `length` bytes, or up to the NUL if `length` is -1.
 *
 * Fails with:
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_send(
    omnize_conversation *conversation, const char *text, int64_t length, omnize_error **error);

/**
 * Sends that the customer is typing, and blocks until the service responds.
 *
 * Fails with:
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_typing(
    omnize_conversation *conversation, omnize_error **error);

/**
 * Sends that the customer stopped typing, and blocks until the service responds.
 *
 * Fails with:
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_cleared(
    omnize_conversation *conversation, omnize_error **error);

/**
 * Finishes the interaction, and blocks until the service responds.
 *
 * The handle stays valid.
 *
 * Fails with:
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_finish(
    omnize_conversation *conversation, omnize_error **error);

/**
 * Creates a request without fields.
 *
 * - `kind`: an OMNIZE_REQUEST_ value.
 * - The texts of the request are in the encoding of `client`.
 * - The application owns the request and frees it with omnize_request_free().
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `kind` is unknown, or `request` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_request_new(
    const omnize_client *client, int32_t kind, omnize_request **request, omnize_error **error);

/**
 * Creates a request without fields for a conversation, as omnize_request_new() does for a client.
 *
 * - `kind`: an OMNIZE_REQUEST_ value.
 * - The request may be used with other conversations of the same client.
 * - The application owns the request and frees it with omnize_request_free().
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `kind` is unknown, or `request` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_request_new_for_conversation(
    const omnize_conversation *conversation, int32_t kind, omnize_request **request, omnize_error **error);

/**
 * Sets the field `name` of a request.
 *
 * - `value`: `length` bytes, or up to the NUL if `length` is -1.
 * - `name` is ASCII.
 * - If the client's dialect does not have the field, sending or posting the request fails.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: the request has no such field, the field does not accept the value, or `name` or `value` is
 *   NULL.
 * - OMNIZE_E_ENCODING: a text is invalid in its encoding.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_request_set(
    omnize_request *request, const char *name, const char *value, int64_t length, omnize_error **error);

/**
 * Sets the reference of a request that is posted: the application's own text for it.
 *
 * - `reference`: `length` bytes, or up to the NUL if `length` is -1; at most 255, without NUL. NULL removes the
 *   reference.
 * - The outcome contains the reference, also after a crash if the client has a store.
 * - Another post with the same reference returns the ticket of the first one, and sends nothing. This holds while
 *   the request is in the outbox, and after its outcome for outbox.reference_window. If it was not sent and not
 *   cancelled, its outcome frees the reference.
 * - Each reference belongs to one request of one customer. A second request needs another reference.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `reference` is empty or too long, or contains a NUL.
 * - OMNIZE_E_ENCODING: `reference` is invalid in the client's encoding.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_request_set_reference(
    omnize_request *request, const char *reference, int64_t length, omnize_error **error);

/**
 * Sets the age limit of a request that is posted.
 *
 * - `max_age_ms`: milliseconds from the post, at least 1. -1: no limit, also if the option message.max_age is set.
 *   -2: the option applies, as before the first call.
 * - A request that is still in the outbox at that time is removed, with the outcome OMNIZE_E_EXPIRED. A request in
 *   progress is not removed.
 * - With a store, the time also counts while the application is not running.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `max_age_ms` is 0 or less than -2.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_request_set_max_age(
    omnize_request *request, int64_t max_age_ms, omnize_error **error);

/**
 * Sends a request of a conversation, and blocks until the service responds.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have the request or one of its fields.
 * - OMNIZE_E_INTERACTION: the interaction hash is unknown.
 * - OMNIZE_E_ARGUMENT: a field is missing, or the request does not belong to a conversation, or has a reference or
 *   an age limit.
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_request(
    omnize_conversation *conversation, const omnize_request *request, omnize_error **error);

/**
 * Posts a request of a conversation.
 *
 * - `ticket` receives the number of the request. It may be NULL.
 * - If the reference of the request is known, `ticket` receives the number of the first post, and nothing is sent.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have the request or one of its fields.
 * - OMNIZE_E_ARGUMENT: a field is missing, the request does not belong to a conversation, or its reference is that
 *   of another request or customer.
 * - Any status of posting: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_post_request(
    omnize_conversation *conversation, const omnize_request *request, int64_t *ticket, omnize_error **error);

/**
 * Sends a message to a department while no agent is available, and blocks until the service responds.
 *
 * - `request` must be of the kind OMNIZE_REQUEST_OFF_HOURS.
 * - Afterwards, omnize_request_interaction_hash() returns the hash of the new interaction.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
 * - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
 * - OMNIZE_E_ARGUMENT: `request` is of another kind, a field is missing, or it has a reference or an age limit.
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_off_hours(
    omnize_client *client, const char *department, omnize_request *request, omnize_error **error);

/**
 * Posts a message to a department while no agent is available.
 *
 * - `request` must be of the kind OMNIZE_REQUEST_OFF_HOURS. It may have a reference and an age limit.
 * - `ticket` receives the number of the request. It may be NULL.
 * - If the reference of the request is known, `ticket` receives the number of the first post, and nothing is sent.
 * - The outcome belongs to no customer: its client id is empty. omnize_event_interaction_hash() returns the hash of
 *   the new interaction.
 * - Does not wait for the service. With a store, blocks until the message is on disk, and it is sent after a
 *   restart if necessary.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
 * - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
 * - OMNIZE_E_ARGUMENT: `request` is of another kind, a field is missing, or its reference is that of another
 *   request.
 * - Any status of posting, except OMNIZE_E_STATE: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_post_off_hours(
    omnize_client *client, const char *department, const omnize_request *request, int64_t *ticket,
    omnize_error **error);

/**
 * Returns the hash of the interaction that omnize_client_off_hours() created, or NULL if `request` is invalid.
 *
 * - The text is empty if there is no such interaction, or the service did not return its hash.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the request is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_request_interaction_hash(const omnize_request *request, int64_t *length);

/**
 * Frees a request.
 *
 * - Requests that were sent or posted with it are not affected.
 * - Does nothing if `request` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_request_free(omnize_request *request);

/**
 * Writes the number of posted requests that wait or are in progress to `count`.
 *
 * Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `count` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_outbox_count(
    const omnize_client *client, int64_t *count, omnize_error **error);

/**
 * Cancels a posted request that waits.
 *
 * - Its outcome has the status OMNIZE_E_CANCELLED. The delivery is not sent, or unknown if the
 *   service may have received an earlier attempt.
 * - If the request is a start, the interaction is new again. Requests behind it fail with OMNIZE_E_STATE when they
 *   are due. omnize_conversation_cancel() cancels all.
 * - With a store, blocks until the outcome is on disk. Otherwise does not block.
 *
 * Fails with:
 * - OMNIZE_E_STATE: the request is in progress, it has ended, or it is not in this outbox.
 * - OMNIZE_E_ARGUMENT: the ticket is negative.
 * - OMNIZE_E_STORE: the request is cancelled, but the store can't be written. If the process ends before the library
 *   can write it, the next process sends the request.
 * - OMNIZE_E_CLOSED: the client is closed.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_cancel(omnize_client *client, int64_t ticket, omnize_error **error);

/**
 * Cancels all posted requests of an interaction that wait.
 *
 * - This includes requests of other conversations with the same client id, and of earlier processes. A request in
 *   progress is not cancelled.
 * - Each has an outcome, as after omnize_client_cancel().
 * - `count` receives the number of cancelled requests. It may be NULL.
 * - With a store, blocks until the outcomes are on disk. Otherwise does not block.
 *
 * Fails with:
 * - OMNIZE_E_STORE: the requests are cancelled, but the store can't be written.
 * - OMNIZE_E_CLOSED: the client is closed.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_cancel(
    omnize_conversation *conversation, int64_t *count, omnize_error **error);

/**
 * Blocks until all requests that were posted before the call have an outcome, at most `timeout_ms` milliseconds.
 *
 * - 0: does not block. -1: no limit.
 * - Afterwards the outcomes are queued events, and with a store they are on disk.
 * - Does not close the client, and does not wait for callbacks. Callbacks may call it. Several threads may call it
 *   at the same time.
 * - Does not wait for requests that other threads post during the call.
 *
 * Fails with:
 * - OMNIZE_E_TIMEOUT: the timeout expired.
 * - OMNIZE_E_STATE: the outbox is paused, and requests wait. A pause ends a flush when no request is in progress. Also
 *   if a log callback of a thread of the outbox calls it.
 * - OMNIZE_E_CLOSED: the client is closed, or was closed during the call.
 * - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1.
 *
 * omnize_error_requests_left() returns the number of remaining requests.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_flush(
    omnize_client *client, int64_t timeout_ms, omnize_error **error);

/**
 * Pauses the sending of posted requests.
 *
 * - When the call returns, no further attempt starts. Requests in progress continue.
 * - Requests can be posted and cancelled. Keystrokes send nothing.
 * - Blocking requests are sent, except behind a posted request of the same interaction.
 * - omnize_client_close() does not send the waiting requests. With a store, the next process sends them.
 * - The option outbox.paused pauses a client from its start.
 * - Does not block. A second call does nothing.
 *
 * Fails with:
 * - OMNIZE_E_CLOSED: the client is closed.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_pause(omnize_client *client, omnize_error **error);

/**
 * Resumes the sending of posted requests after omnize_client_pause().
 *
 * Does not block. A second call does nothing.
 *
 * Fails with:
 * - OMNIZE_E_CLOSED: the client is closed.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_resume(omnize_client *client, omnize_error **error);

/**
 * Returns 1 if the sending of posted requests is paused, otherwise 0. Returns 0 if `client` is invalid.
 *
 * Does not block.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_client_is_paused(const omnize_client *client);

/**
 * Lists the posted requests of a client that wait or are in progress.
 *
 * - With a store, the list includes requests of earlier processes.
 * - The order is by ticket, the oldest request first.
 * - Requests that are posted or end during the call may be included or missing.
 * - The application owns the list and frees it with omnize_outbox_free().
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `list` is NULL.
 * - OMNIZE_E_SYSTEM: there is no memory for the list.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_outbox_list(
    const omnize_client *client, omnize_outbox **list, omnize_error **error);

/**
 * Returns the number of entries of the list, or 0 if `list` is invalid.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_outbox_count(const omnize_outbox *list);

/**
 * Returns the ticket of entry `index`, or 0 if `index` is out of range.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_outbox_ticket(const omnize_outbox *list, int64_t index);

/**
 * Returns the client id of entry `index`, or NULL if `index` is out of range.
 *
 * - For an external bot's request, this is the interaction hash.
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_outbox_client_id(const omnize_outbox *list, int64_t index, int64_t *length);

/**
 * Returns the reference of entry `index`, or NULL if its post had none or `index` is out of range.
 *
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_outbox_reference(const omnize_outbox *list, int64_t index, int64_t *length);

/**
 * Returns the kind of entry `index`, an OMNIZE_REQUEST_ value, or 0 if `index` is out of range.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_outbox_request_kind(const omnize_outbox *list, int64_t index);

/**
 * Returns the milliseconds since entry `index` was posted, or 0 if `index` is out of range.
 *
 * With a store, the time also counts while the application is not running.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_outbox_age(const omnize_outbox *list, int64_t index);

/**
 * Returns the number of attempts of entry `index` in this process, or 0 if `index` is out of range.
 *
 * An attempt in progress counts.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_outbox_attempts(const omnize_outbox *list, int64_t index);

/**
 * Returns 1 if an attempt of entry `index` was in progress, otherwise 0.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_outbox_in_progress(const omnize_outbox *list, int64_t index);

/**
 * Returns the status of the last failed attempt of entry `index` in this process.
 *
 * Returns OMNIZE_OK if there was none, or `index` is out of range.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_outbox_last_status(const omnize_outbox *list, int64_t index);

/**
 * Returns the error message of the last failed attempt of entry `index` in this process.
 *
 * - Returns NULL if there was none, or `index` is out of range.
 * - It contains no token and no personal data.
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_outbox_last_message(
    const omnize_outbox *list, int64_t index, int64_t *length);

/**
 * Frees a list.
 *
 * Does nothing if `list` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_outbox_free(omnize_outbox *list);

/**
 * Lists the open interactions of a client, with and without a conversation.
 *
 * - With a store, the list includes open interactions of earlier processes. omnize_conversation_attach() attaches
 *   to them.
 * - The order is by the time of the last state change, the oldest first.
 * - The application owns the list and frees it with omnize_interactions_free().
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `list` is NULL.
 * - OMNIZE_E_SYSTEM: there is no memory for the list.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_interactions_list(
    const omnize_client *client, omnize_interactions **list, omnize_error **error);

/**
 * Returns the number of entries of the list, or 0 if `list` is invalid.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_interactions_count(const omnize_interactions *list);

/**
 * Returns the client id of entry `index`, or NULL if `index` is out of range.
 *
 * - For an external bot's interaction, this is the interaction hash.
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_interactions_client_id(
    const omnize_interactions *list, int64_t index, int64_t *length);

/**
 * Returns the department of entry `index`, or NULL if `index` is out of range.
 *
 * - The text is empty if the application is the external bot of the interaction. Then attach with
 *   omnize_bot_attach() and the client id.
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_interactions_department(
    const omnize_interactions *list, int64_t index, int64_t *length);

/**
 * Returns the department that serves the customer of entry `index`, or NULL if `index` is out of range.
 *
 * - After a transfer, it differs from omnize_interactions_department().
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_interactions_current_department(
    const omnize_interactions *list, int64_t index, int64_t *length);

/**
 * Returns the bot id of the start of entry `index`, or NULL if the start had no bot id or `index` is out of range.
 *
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_interactions_bot_id(
    const omnize_interactions *list, int64_t index, int64_t *length);

/**
 * Returns the state of entry `index`: OMNIZE_STATE_STARTING, OMNIZE_STATE_WAITING or OMNIZE_STATE_ACTIVE. Returns 0
 * if `index` is out of range.
 *
 * An earlier process may have ended during a start. The list then contains the state OMNIZE_STATE_STARTING, and the
 * service may have received the start.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_interactions_state(const omnize_interactions *list, int64_t index);

/**
 * Returns the time of the last state change of entry `index`, or 0 if `index` is out of range.
 *
 * The unit is milliseconds since 1970-01-01 UTC, by this machine's clock.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_interactions_since(const omnize_interactions *list, int64_t index);

/**
 * Frees a list.
 *
 * Does nothing if `list` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_interactions_free(omnize_interactions *list);

/**
 * Returns the kind of the event, an OMNIZE_EVENT_ value, or 0 if `event` is invalid.
 *
 * Later versions may add values.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_event_kind(const omnize_event *event);

/**
 * Returns the client id of the customer, exactly as the service sent it. Returns NULL if `event` is invalid, or
 * there is no memory for the text.
 *
 * - The text is empty if the service sent only the hash of an unknown interaction. omnize_event_interaction_hash()
 *   then returns the hash.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_client_id(const omnize_event *event, int64_t *length);

/**
 * Returns the text of a message, or the error message of an outcome. Returns NULL if `event` is invalid, or there
 * is no memory for the text.
 *
 * - The text is empty for an accepted request and for other kinds.
 * - The text may contain NUL bytes. `length` counts them.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_text(const omnize_event *event, int64_t *length);

/**
 * Returns 1 if client id or text contain replaced characters, otherwise 0.
 *
 * - Invalid bytes of the trigger became U+FFFD.
 * - Characters that the client's encoding does not have are written as the option encoding.unmappable specifies.
 * - omnize_event_raw() returns the unchanged trigger.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_event_replaced(const omnize_event *event);

/**
 * Returns the body of the trigger, unchanged, in the service's encoding. Returns NULL if `event` is invalid, or
 * there is no memory for the text.
 *
 * - The body is empty for an outcome.
 * - A compressed trigger is returned decompressed.
 * - `length` receives the length in bytes. It may be NULL.
 * - The body is valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_raw(const omnize_event *event, int64_t *length);

/**
 * Returns the event's number in the order in which the client received events, from 1. Returns 0 if `event` is
 * invalid.
 *
 * With a store, the number of an outcome is 0 if it is not stored: that of a query, or if the store could not be
 * written.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_event_sequence(const omnize_event *event);

/**
 * Returns the time when the event was received, or 0 if `event` is invalid.
 *
 * The unit is milliseconds since 1970-01-01 UTC, by this machine's clock.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_event_received_at(const omnize_event *event);

/**
 * Returns 1 if an earlier process received the event and may have handled it, otherwise 0.
 *
 * Such an event is delivered again from the store, because it was not acknowledged.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_event_redelivered(const omnize_event *event);

/**
 * Acknowledges that the application handled the event. The store then deletes it.
 *
 * - Needed only if the option ack is manual.
 * - Does nothing without a store, for the outcome of a query, or if the event is acknowledged already.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_HANDLE: `event` is invalid.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_event_ack(const omnize_event *event, omnize_error **error);

/**
 * Reports that the application did not handle the event. The store redelivers it after a restart.
 *
 * - With ack = auto, the event is then not acknowledged when its callback returns or it is freed.
 * - A later omnize_event_ack() still acknowledges it.
 * - Does nothing without a store, or if the option ack is manual.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_HANDLE: `event` is invalid.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_event_nack(const omnize_event *event, omnize_error **error);

/**
 * Writes a further handle of the event to `kept`, which is valid after the callback returns.
 *
 * The application owns it and frees it with omnize_event_free().
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `kept` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_event_keep(
    const omnize_event *event, omnize_event **kept, omnize_error **error);

/**
 * Returns the ticket of the posted request, or 0 if `event` is not an outcome.
 *
 * omnize_event_client_id() returns the client id of the request, which is empty if it belongs to no conversation.
 * omnize_event_text() returns the error message.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_event_outcome_ticket(const omnize_event *event);

/**
 * Returns the delivery of the posted request, an OMNIZE_DELIVERY_ value. Returns OMNIZE_DELIVERY_NONE if `event` is
 * not an outcome.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_event_outcome_delivery(const omnize_event *event);

/**
 * Returns the status that a blocking call would have returned, or OMNIZE_E_HANDLE if `event` is not an outcome.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_event_outcome_status(const omnize_event *event);

/**
 * Returns the HTTP status of the rejection, or 0 if the request was accepted or had no response.
 *
 * Returns 0 if `event` is not an outcome.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_event_outcome_http_status(const omnize_event *event);

/**
 * Returns the reference of the posted request. Returns NULL if `event` is not an outcome, or there is no memory for
 * the text.
 *
 * - The text is empty if the request was posted without a reference.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_outcome_reference(const omnize_event *event, int64_t *length);

/**
 * Returns the kind of the posted request, an OMNIZE_REQUEST_ value, or 0 if `event` is not an outcome.
 *
 * Later versions may add values. Returns 0 if a later version stored the outcome of a kind that this version does not
 * recognize.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_event_outcome_request_kind(const omnize_event *event);

/**
 * Returns the time when the request was posted, or 0 if `event` is not an outcome.
 *
 * - The unit is milliseconds since 1970-01-01 UTC, by this machine's clock.
 * - Returns 0 if an earlier version of the library stored the request.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_event_outcome_posted_at(const omnize_event *event);

/**
 * Frees an event.
 *
 * - With ack = auto, this acknowledges an event of omnize_client_next() or omnize_event_keep().
 * - Does nothing if `event` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_event_free(omnize_event *event);

/**
 * Writes the next event of this interaction to `event`, or NULL if none came in time.
 *
 * - Blocks until an event of the interaction is queued, at most `timeout_ms` milliseconds. 0: does not block. -1: no
 *   limit.
 * - The first call opens the event stream of the conversation. From then on, until the conversation is freed,
 *   omnize_client_next() does not return events of this interaction. Events of other interactions do not delay them.
 * - Another thread uses omnize_client_next() for all other events. To get every event of an interaction here, call
 *   this function with a timeout of 0 before the start.
 * - The stream ends after the last event: OMNIZE_EVENT_FINISH, or the outcome of the application's own finish. Then
 *   the call does not block, writes NULL, and omnize_conversation_state() returns OMNIZE_STATE_FINISHED. A new start
 *   continues the stream. A redelivered last event ends it too, unless the interaction is known to be open since then.
 * - The stream also ends after the outcome of a posted start that was rejected or not sent, and the state returns
 *   to OMNIZE_STATE_NEW. After an unknown delivery it does not end, because the interaction may have started.
 * - Conversations of the same interaction share its events: each event is returned once.
 * - If another thread frees the conversation, the call ends and writes NULL.
 * - The application owns the event and frees it with omnize_event_free(). With ack = auto, this acknowledges it.
 * - omnize_client_wake_fd() does not count the events of open streams.
 *
 * Fails with:
 * - OMNIZE_E_MODE: the client uses poll or dispatch.
 * - OMNIZE_E_CLOSED: the client is closed.
 * - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1, or `event` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_next(
    omnize_conversation *conversation, int64_t timeout_ms, omnize_event **event, omnize_error **error);

/**
 * Stores a pointer of the application with this handle.
 *
 * - `destroy` is called once with `user_data`: when the conversation is freed, on the thread that frees it, or when
 *   another pointer is set, on the thread that sets it. It is also called if this function fails. It may be NULL.
 * - The library does not read the memory. Each handle of an interaction has its own pointer.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_HANDLE: `conversation` is invalid.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_conversation_set_user_data(
    omnize_conversation *conversation, void *user_data, omnize_destroy destroy, omnize_error **error);

/**
 * Returns the pointer of omnize_conversation_set_user_data(). Returns NULL if none was set, or `conversation` is
 * invalid.
 */
OMNIZE_API void *OMNIZE_CALL omnize_conversation_user_data(const omnize_conversation *conversation);

/**
 * Returns the customer's position in the queue, counted from 1 by the service, of an event of the kind
 * OMNIZE_EVENT_QUEUED.
 *
 * Returns -1 if the event contains no position, or `event` is invalid.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_event_position(const omnize_event *event);

/**
 * Returns the id of the department to which the interaction was transferred. Returns NULL if `event` is invalid, or
 * there is no memory for the text.
 *
 * - The text is empty if the event does not contain it.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_department(const omnize_event *event, int64_t *length);

/**
 * Returns the id of the agent who wrote the message. Returns NULL if `event` is invalid, or there is no memory for
 * the text.
 *
 * - The text is empty if the event does not contain it.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_agent_id(const omnize_event *event, int64_t *length);

/**
 * Returns the name of the agent who wrote the message. Returns NULL if `event` is invalid, or there is no memory
 * for the text.
 *
 * - The text is empty if the event does not contain it.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_agent_name(const omnize_event *event, int64_t *length);

/**
 * Returns the kind of media of the message, an OMNIZE_MEDIA_ value.
 *
 * Returns OMNIZE_MEDIA_NONE if the message has only text, for other events, or if `event` is invalid.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_event_media_kind(const omnize_event *event);

/**
 * Returns the URL of the message's image, video, audio or file. Returns NULL if `event` is invalid, or there is no
 * memory for the text.
 *
 * - The text is empty if the event does not contain it.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_media_url(const omnize_event *event, int64_t *length);

/**
 * Returns the hash of the message. Returns NULL if `event` is invalid, or there is no memory for the text.
 *
 * - The library drops a message that the service posts again with the same hash.
 * - The text is empty if the event does not contain it.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_message_hash(const omnize_event *event, int64_t *length);

/**
 * Returns the interaction hash. Returns NULL if `event` is invalid, or there is no memory for the text.
 *
 * - It is the only id if the client id is empty, because another application started the interaction.
 * - For the outcome of a posted start or off-hours contact, it is the hash of the created interaction.
 * - The text is empty if the dialect has no hashes.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_interaction_hash(const omnize_event *event, int64_t *length);

/**
 * Returns the customer's id at WhatsApp. Returns NULL if `event` is invalid, or there is no memory for the text.
 *
 * - The text is empty if the event does not contain it.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_external_id(const omnize_event *event, int64_t *length);

/**
 * Returns the bot id of the interaction's start. Returns NULL if `event` is invalid, or there is no memory for the
 * text.
 *
 * - The text is empty if the event does not contain it.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_bot_id(const omnize_event *event, int64_t *length);

/**
 * Returns the application's own fields as a JSON object: the field extra of the start. Returns NULL if `event` is
 * invalid, or there is no memory for the text.
 *
 * - The text is empty if the event does not contain it.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is in the client's encoding, and valid until the event is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_extra(const omnize_event *event, int64_t *length);

/**
 * Requests the list of departments, and blocks until the service responds, at most for the option timeout.
 *
 * - `client_id`: the customer. The dialect gateway requires it. Otherwise it may be NULL.
 * - The application owns the list and frees it with omnize_departments_free().
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
 * - OMNIZE_E_CLIENT_ID: the dialect requires `client_id`.
 * - OMNIZE_E_RESPONSE: the response contains no departments.
 * - OMNIZE_E_SYSTEM: there is no memory for the list.
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_departments_list(
    omnize_client *client, const char *client_id, omnize_departments **list, omnize_error **error);

/**
 * Posts the request of omnize_departments_list(). omnize_event_departments() returns the list of the outcome.
 *
 * - `client_id`: the customer. The dialect gateway requires it. Otherwise it may be NULL.
 * - `ticket` receives the number of the request. It may be NULL.
 * - The outcome belongs to no customer: its client id is empty.
 * - Does not wait for the service. With a store, blocks until the ticket is on disk.
 * - A store contains neither the request nor its outcome. A query that is in the outbox when the application ends
 *   has no outcome, also after a restart.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
 * - OMNIZE_E_CLIENT_ID: the dialect requires `client_id`.
 * - Any status of posting, except OMNIZE_E_STATE: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_departments_post(
    omnize_client *client, const char *client_id, int64_t *ticket, omnize_error **error);

/**
 * Writes the list of departments to `list`, if the event is the outcome of an accepted omnize_departments_post().
 *
 * - The application owns the list and frees it with omnize_departments_free(). Each call creates a list.
 * - The list is valid after the event was freed.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `event` is not such an outcome, or the request was not accepted, or `list` is NULL.
 * - OMNIZE_E_SYSTEM: there is no memory for the list.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_event_departments(
    const omnize_event *event, omnize_departments **list, omnize_error **error);

/**
 * Returns the number of departments of the list, or 0 if `list` is invalid.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_departments_count(const omnize_departments *list);

/**
 * Returns the department id of entry `index`, or NULL if `index` is out of range.
 *
 * - A start takes this id.
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_departments_id(
    const omnize_departments *list, int64_t index, int64_t *length);

/**
 * Returns the department name of entry `index`, or NULL if `index` is out of range.
 *
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_departments_name(
    const omnize_departments *list, int64_t index, int64_t *length);

/**
 * Returns 1 if department `index` is open, 0 if it is closed, or -1 if this is unknown.
 *
 * It is unknown if the service did not report it, or `index` is out of range.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_departments_open(const omnize_departments *list, int64_t index);

/**
 * Returns the number of customers in the queue of department `index`, or -1 if it is unknown.
 *
 * It is unknown if the service did not report it, or `index` is out of range.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_departments_queue(const omnize_departments *list, int64_t index);

/**
 * Returns the number of channels of department `index`, or 0 if `index` is out of range.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_departments_channel_count(const omnize_departments *list, int64_t index);

/**
 * Returns the id of channel `channel` of department `index`, or NULL if one of them is out of range.
 *
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_departments_channel_id(
    const omnize_departments *list, int64_t index, int64_t channel, int64_t *length);

/**
 * Returns the name of channel `channel` of department `index`, or NULL if one of them is out of range.
 *
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_departments_channel_name(
    const omnize_departments *list, int64_t index, int64_t channel, int64_t *length);

/**
 * Returns 1 if channel `channel` of department `index` is open, 0 if it is closed, or -1 if this is unknown.
 *
 * It is unknown if the service did not report it, or an index is out of range.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_departments_channel_open(
    const omnize_departments *list, int64_t index, int64_t channel);

/**
 * Frees a list.
 *
 * Does nothing if `list` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_departments_free(omnize_departments *list);

/**
 * Requests the online agents of a department, and blocks until the service responds, at most for the option
 * timeout.
 *
 * - The application owns the list and frees it with omnize_agents_free().
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
 * - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
 * - OMNIZE_E_RESPONSE: the response contains no agents.
 * - OMNIZE_E_SYSTEM: there is no memory for the list.
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_agents_online(
    omnize_client *client, const char *department, omnize_agents **list, omnize_error **error);

/**
 * Posts the request of omnize_agents_online(). omnize_event_agents() returns the list of the outcome.
 *
 * - `ticket` receives the number of the request. It may be NULL.
 * - The outcome belongs to no customer: its client id is empty.
 * - Does not wait for the service. With a store, blocks until the ticket is on disk.
 * - A store contains neither the request nor its outcome. A query that is in the outbox when the application ends
 *   has no outcome, also after a restart.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
 * - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
 * - Any status of posting, except OMNIZE_E_STATE: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_agents_post(
    omnize_client *client, const char *department, int64_t *ticket, omnize_error **error);

/**
 * Writes the online agents to `list`, if the event is the outcome of an accepted omnize_agents_post().
 *
 * - The application owns the list and frees it with omnize_agents_free(). Each call creates a list.
 * - The list is valid after the event was freed.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `event` is not such an outcome, or the request was not accepted, or `list` is NULL.
 * - OMNIZE_E_SYSTEM: there is no memory for the list.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_event_agents(
    const omnize_event *event, omnize_agents **list, omnize_error **error);

/**
 * Returns the number of agents who are online, or 0 if `list` is invalid.
 *
 * The list contains only some of them: see omnize_agents_count().
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_agents_total(const omnize_agents *list);

/**
 * Returns the agents' average service time in seconds.
 *
 * Returns a negative number if the service did not report it, or `list` is invalid.
 */
OMNIZE_API double OMNIZE_CALL omnize_agents_average_seconds(const omnize_agents *list);

/**
 * Returns the number of entries of the list, or 0 if `list` is invalid.
 *
 * The service selects at most three of the online agents at random. omnize_agents_total() returns the number of
 * all.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_agents_count(const omnize_agents *list);

/**
 * Returns the agent id of entry `index`, or NULL if `index` is out of range.
 *
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_agents_id(const omnize_agents *list, int64_t index, int64_t *length);

/**
 * Returns the agent name of entry `index`, or NULL if `index` is out of range.
 *
 * - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
 * - The text is in the client's encoding, and valid until the list is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_agents_name(const omnize_agents *list, int64_t index, int64_t *length);

/**
 * Frees a list.
 *
 * Does nothing if `list` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_agents_free(omnize_agents *list);

/**
 * Creates an empty history.
 *
 * - The texts of the history are in the encoding of `client`.
 * - The application owns the history and frees it with omnize_history_free().
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `history` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_history_new(
    const omnize_client *client, omnize_history **history, omnize_error **error);

/**
 * Appends a message to a history.
 *
 * - `speaker`: an OMNIZE_SPEAKER_ value.
 * - `name`: the speaker's name, or NULL.
 * - `at`: the time in milliseconds since 1970-01-01 UTC.
 * - `text`: `length` bytes, or up to the NUL if `length` is -1.
 * - `media`: an OMNIZE_MEDIA_ value.
 * - `url`: the URL of the media. NULL for OMNIZE_MEDIA_NONE.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: a value is out of range, or a required argument is NULL.
 * - OMNIZE_E_ENCODING: a text is invalid in the client's encoding.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_history_add(
    omnize_history *history, int32_t speaker, const char *name, int64_t at, const char *text, int64_t length,
    int32_t media, const char *url, omnize_error **error);

/**
 * Returns the history as a JSON document. Returns NULL if `history` is invalid, or there is no memory for the
 * document.
 *
 * - The document is UTF-8, independent of the client's encoding. Serve it as application/json.
 * - It contains personal data.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is valid until the history is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_history_json(const omnize_history *history, int64_t *length);

/**
 * Frees a history.
 *
 * Does nothing if `history` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_history_free(omnize_history *history);

/**
 * Creates a conversation for an interaction of the application's external bot.
 *
 * - `interaction_hash`: omnize_event_interaction_hash() of the event OMNIZE_EVENT_NEW_INTERACTION. The hash is also
 *   the client id.
 * - The conversation sends and posts the bot's messages, and its finish.
 * - Start, typing, cleared and keystroke fail with OMNIZE_E_UNSUPPORTED.
 * - The application owns the conversation and frees it with omnize_conversation_free().
 * - Sends nothing and does not block.
 *
 * Fails with:
 * - OMNIZE_E_UNSUPPORTED: the dialect has no external bots.
 * - OMNIZE_E_ARGUMENT: `interaction_hash` is NULL or empty, or `conversation` is NULL.
 * - OMNIZE_E_ENCODING: `interaction_hash` is invalid in the client's encoding.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_bot_attach(
    omnize_client *client, const char *interaction_hash, omnize_conversation **conversation, omnize_error **error);

/**
 * Accepts the interaction as the external bot, and blocks until the service responds.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: the conversation is not from omnize_bot_attach().
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_bot_accept(omnize_conversation *conversation, omnize_error **error);

/**
 * Transfers the bot's interaction to a department, and blocks until the service responds.
 *
 * - If `department` is NULL, the interaction returns to its first department.
 * - Afterwards, the bot can't send requests of the interaction.
 *
 * Fails with:
 * - OMNIZE_E_DEPARTMENT: `department` is not a whole number.
 * - OMNIZE_E_ARGUMENT: the conversation is not from omnize_bot_attach().
 * - Any status of a blocking request: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_bot_transfer(
    omnize_conversation *conversation, const char *department, omnize_error **error);

/**
 * Posts the accept request of the external bot.
 *
 * - `ticket` receives the number of the request. It may be NULL.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: the conversation is not from omnize_bot_attach().
 * - Any status of posting: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_bot_post_accept(
    omnize_conversation *conversation, int64_t *ticket, omnize_error **error);

/**
 * Posts a transfer of the bot's interaction to a department.
 *
 * - If `department` is NULL, the interaction returns to its first department.
 * - `ticket` receives the number of the request. It may be NULL.
 *
 * Fails with:
 * - OMNIZE_E_DEPARTMENT: `department` is not a whole number.
 * - OMNIZE_E_ARGUMENT: the conversation is not from omnize_bot_attach().
 * - Any status of posting: see omnize_conversation.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_bot_post_transfer(
    omnize_conversation *conversation, const char *department, int64_t *ticket, omnize_error **error);

/**
 * Opens a listener with those options of `config` that begin with listen, except listen.path.
 *
 * - The token is not needed. `config` may be changed or freed afterwards.
 * - While no client is attached, the listener responds with 503.
 * - The application owns the listener and frees it with omnize_listener_free().
 * - Blocks while it reads files.
 *
 * Fails with:
 * - OMNIZE_E_VALUE: the option listen is unset, or options contradict each other.
 * - OMNIZE_E_LISTEN: the address can't be used.
 * - OMNIZE_E_FILE: the certificate or its key can't be used.
 * - OMNIZE_E_SYSTEM: the system denied a resource.
 * - OMNIZE_E_UNSUPPORTED: this build does not have the listener.
 * - OMNIZE_E_ARGUMENT: `listener` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_listener_open(
    const omnize_config *config, omnize_listener **listener, omnize_error **error);

/**
 * Attaches a client: from now on it receives the triggers posted to `path`.
 *
 * - `path` is ASCII and begins with a slash. If it is NULL, the library generates a path with 128 random bits.
 * - While the client is closed, the listener responds with 503. This ends when the client is detached or freed, or
 *   another client is attached at the path.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `path` is invalid or used already, or the client is attached already.
 * - OMNIZE_E_SYSTEM: there is no randomness for a path.
 * - OMNIZE_E_ENCODING: `path` is not ASCII.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_listener_attach(
    omnize_listener *listener, omnize_client *client, const char *path, omnize_error **error);

/**
 * Detaches a client. The listener then responds with 404 at its path.
 *
 * Freeing the client also detaches it.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: the client is not attached to this listener.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_listener_detach(
    omnize_listener *listener, omnize_client *client, omnize_error **error);

/**
 * Returns the webhook URL of an attached client. Returns NULL if the client is not attached, or a handle is
 * invalid.
 *
 * - The URL begins with the option listen.public_url, or with the listener's address on this machine.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is ASCII, and valid until the listener is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_listener_url(
    const omnize_listener *listener, const omnize_client *client, int64_t *length);

/**
 * Writes a counter of this listener to `value`.
 *
 * - omnize_statistic_name() lists the names. Counters that only clients have are 0.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: there is no such statistic, or `name` or `value` is NULL.
 * - OMNIZE_E_ENCODING: `name` is not UTF-8.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_listener_statistic(
    const omnize_listener *listener, const char *name, int64_t *value, omnize_error **error);

/**
 * Closes a listener and all its connections.
 *
 * - Triggers that are being stored get their response first.
 * - Blocks for them at most `timeout_ms` milliseconds. -1: no limit.
 * - Its clients stay open.
 *
 * Fails with:
 * - OMNIZE_E_CLOSED: the listener was closed before.
 * - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_listener_close(
    omnize_listener *listener, int64_t timeout_ms, omnize_error **error);

/**
 * Frees a listener.
 *
 * - If the listener is open, it is closed first, with a timeout of 0.
 * - Does nothing if `listener` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_listener_free(omnize_listener *listener);

/**
 * Returns the number of statistics.
 */
OMNIZE_API int32_t OMNIZE_CALL omnize_statistic_count(void);

/**
 * Returns the name of the statistic at `index`, or NULL if `index` is out of range.
 *
 * - The range is 0 to omnize_statistic_count() - 1.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_statistic_name(int32_t index);

/**
 * Returns the kind of the statistic at `index`: "counter", or "gauge" for a value that also falls. Returns NULL if
 * `index` is out of range.
 *
 * The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_statistic_kind(int32_t index);

/**
 * Returns the English description of the statistic at `index`, or NULL if `index` is out of range.
 *
 * The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_statistic_description(int32_t index);

/**
 * Writes a statistic of this client to `value`. omnize_client_snapshot() copies all of them.
 *
 * - A counter starts at 0 when the client opens.
 * - Counters of rejected requests include those of the client's own listener. omnize_listener_statistic() returns
 *   those of a shared listener.
 * - Does not block.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: there is no such statistic, or `name` or `value` is NULL.
 * - OMNIZE_E_ENCODING: `name` is not UTF-8.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_statistic(
    const omnize_client *client, const char *name, int64_t *value, omnize_error **error);

/**
 * Copies the statistics of a client, which count from its opening.
 *
 * - The statistics of rejected requests include those of the client's own listener.
 * - The values do not change after the call. They are read one by one, so a request that ends during the call may be
 *   missing in some of them.
 * - The application owns the snapshot and frees it with omnize_snapshot_free().
 * - A closed client still has its statistics.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `snapshot` is NULL.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_client_snapshot(
    const omnize_client *client, omnize_snapshot **snapshot, omnize_error **error);

/**
 * Writes the value of a statistic to `value`.
 *
 * - omnize_statistic_name() lists the names.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: there is no such statistic, or `name` or `value` is NULL.
 * - OMNIZE_E_ENCODING: `name` is not UTF-8.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_snapshot_value(
    const omnize_snapshot *snapshot, const char *name, int64_t *value, omnize_error **error);

/**
 * Returns the number of buckets, or 0 if `snapshot` is invalid.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_snapshot_bucket_count(const omnize_snapshot *snapshot);

/**
 * Returns the limit of the bucket at `index` in milliseconds. Returns -1 for the last bucket, which has no limit, and if
 * `index` is out of range or `snapshot` is invalid.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_snapshot_bucket_limit(const omnize_snapshot *snapshot, int64_t index);

/**
 * Returns the number of attempts in the bucket at `index`, or 0 if `index` is out of range or `snapshot` is invalid.
 */
OMNIZE_API int64_t OMNIZE_CALL omnize_snapshot_bucket_attempts(const omnize_snapshot *snapshot, int64_t index);

/**
 * Returns the duration of the attempts in all buckets, in seconds, or 0 if `snapshot` is invalid.
 */
OMNIZE_API double OMNIZE_CALL omnize_snapshot_total_seconds(const omnize_snapshot *snapshot);

/**
 * Returns the statistics as a JSON object. Returns NULL if `snapshot` is invalid, or there is no memory for the text.
 *
 * - The object has a number for each statistic, and an object `latency` with `attempts`, `seconds` and `buckets`. Each
 *   bucket has `limit`, in seconds or null, and `attempts`.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is ASCII, and valid until the snapshot is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_snapshot_json(const omnize_snapshot *snapshot, int64_t *length);

/**
 * Returns the statistics in the text format of Prometheus, version 0.0.4. Returns NULL if `snapshot` is invalid, or
 * there is no memory for the text.
 *
 * - The option listen.metrics serves the same text at the listener.
 * - The Content-Type is text/plain; version=0.0.4; charset=utf-8.
 * - `length` receives the length in bytes. It may be NULL.
 * - The text is ASCII, and valid until the snapshot is freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_snapshot_prometheus(const omnize_snapshot *snapshot, int64_t *length);

/**
 * Frees a snapshot.
 *
 * Does nothing if `snapshot` is NULL or freed already.
 */
OMNIZE_API void OMNIZE_CALL omnize_snapshot_free(omnize_snapshot *snapshot);

/**
 * Sets the log callback of the whole library. It replaces an earlier callback.
 *
 * - `level`: the highest OMNIZE_LOG_ value that is logged. OMNIZE_LOG_OFF, or a NULL `callback`, ends the log.
 * - Messages contain no token and no personal data.
 * - Calls of the library inside the callback are not logged.
 * - `destroy` is called once with `user_data`, after the last call of `callback`. It is also called if this
 *   function fails. It may be NULL.
 *
 * Fails with:
 * - OMNIZE_E_ARGUMENT: `level` is unknown.
 */
OMNIZE_API omnize_status OMNIZE_CALL omnize_log_set(
    int32_t level, omnize_log_callback callback, void *user_data, omnize_destroy destroy, omnize_error **error);

/**
 * Returns the name of a kind of event, such as "accepted", or NULL if `kind` is unknown.
 *
 * - `kind`: an OMNIZE_EVENT_ value. OMNIZE_EVENT_ANY is not the kind of an event, so it is unknown here.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_event_kind_name(int32_t kind);

/**
 * Returns the name of a delivery, such as "not sent", or NULL if `delivery` is unknown.
 *
 * - `delivery`: an OMNIZE_DELIVERY_ value.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_delivery_name(int32_t delivery);

/**
 * Returns the name of the state of an interaction, such as "active", or NULL if `state` is unknown.
 *
 * - `state`: an OMNIZE_STATE_ value.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_state_name(int32_t state);

/**
 * Returns the name of the level of a check, such as "account", or NULL if `level` is unknown.
 *
 * - `level`: an OMNIZE_CHECK_ value.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_check_level_name(int32_t level);

/**
 * Returns the name of a kind of request, such as "message", or NULL if `kind` is unknown.
 *
 * - `kind`: an OMNIZE_REQUEST_ value.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_request_kind_name(int32_t kind);

/**
 * Returns the name of a kind of media, such as "image", or NULL if `kind` is unknown.
 *
 * - `kind`: an OMNIZE_MEDIA_ value.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_media_kind_name(int32_t kind);

/**
 * Returns the name of a speaker, such as "agent", or NULL if `speaker` is unknown.
 *
 * - `speaker`: an OMNIZE_SPEAKER_ value.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_speaker_name(int32_t speaker);

/**
 * Returns the name of a log level, such as "warn", or NULL if `level` is unknown.
 *
 * - `level`: an OMNIZE_LOG_ value.
 * - The text is never freed.
 */
OMNIZE_API const char *OMNIZE_CALL omnize_log_level_name(int32_t level);

#ifdef __cplusplus
}  /* extern "C" */
#endif  /* __cplusplus */

#endif  /* OMNIZE_H */
