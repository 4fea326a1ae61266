/*
 * omnize: customer chat over the Omnize service.
 *
 * Written by cbindgen from src/capi/ of the omnize crate: change it there, then run `make header`.
 *
 *
 * A chat, from the top
 * ====================
 *
 * A customer talks to an agent; one such talk is an interaction. The application starts an interaction for its customer
 * under an id of its own choice, the client id; it sends what the customer writes, says when the customer types, and
 * finishes the interaction. The service tells what the agent does by posting triggers to a webhook. This library makes the
 * requests, and it is the webhook.
 *
 * 1. Configure. Every option has a name; all are listed by omnize_option_count() and omnize_option_name().
 *
 *      omnize_error *error = NULL;
 *      omnize_config *config = NULL;
 *      omnize_config_new(&config, &error);
 *      omnize_config_set(config, "token", "j4hl2kjh34...", &error);
 *      omnize_config_set(config, "listen", "0.0.0.0:8080", &error);
 *      omnize_config_set(config, "listen.path", "/omnize/a-part-that-nobody-guesses", &error);
 *      omnize_config_set(config, "listen.public_url", "https://chat.example.com", &error);
 *
 *    or omnize_config_load_env(), or omnize_config_load_file(). The token is generated, and the webhook's URL is set, in
 *    the service's portal: Menu > Settings > Integrations > ClientSDK.
 *
 * 2. Open a client. From now on triggers are taken.
 *
 *      omnize_client *client = NULL;
 *      if (omnize_client_open(config, &client, &error) != OMNIZE_OK) {
 *          fprintf(stderr, "%s\n", omnize_error_message(error, NULL));
 *          omnize_error_free(error);
 *      }
 *
 * 3. Start an interaction, and send.
 *
 *      omnize_conversation *chat = NULL;
 *      omnize_conversation_start(client, "1", "12", "Joao", NULL, NULL, NULL, &chat, &error);
 *      omnize_conversation_send(chat, "Bom dia!", -1, &error);
 *
 *    These calls wait for the service's answer. A thread that must not wait posts instead; what becomes of the request
 *    comes as an event, and what surely was not received is made again for as long as the option retry.posted says.
 *
 *      int64_t ticket = 0;
 *      omnize_conversation_prepare(client, "1", "12", &chat, &error);
 *      omnize_conversation_post_start(chat, "Joao", NULL, NULL, NULL, &ticket, &error);
 *      omnize_conversation_post(chat, "Bom dia!", -1, &ticket, &error);
 *
 *    Later, of an event of the kind OMNIZE_EVENT_OUTCOME: omnize_event_outcome_ticket(event) is that ticket, which no
 *    other post of this client has, and omnize_event_outcome_delivery(event) tells what became of it. With dispatch
 *    threads the outcome may come before the post has returned.
 *
 * 4. Take events, in one of three ways, always the same one for a client.
 *
 *    - Event by event, without any callback; each event is yours and you free it:
 *
 *          omnize_event *event = NULL;
 *          while (omnize_client_next(client, 1000, &event, &error) == OMNIZE_OK) {
 *              if (event == NULL) continue;   (none came within a second)
 *              if (omnize_event_kind(event) == OMNIZE_EVENT_MESSAGE) puts(omnize_event_text(event, NULL));
 *              omnize_event_free(event);
 *          }
 *
 *    - Callbacks on your own thread: omnize_client_subscribe(), then omnize_client_poll() in a timer or a loop. With
 *      omnize_client_wake_fd() a select, epoll, GLib or Qt loop knows when to poll.
 *    - Callbacks on a thread of the library: omnize_client_subscribe(), then omnize_client_dispatch().
 *
 *    Several clients, each with a token of its own, can share one address: they leave the option listen unset, and
 *    omnize_listener_open() and omnize_listener_attach() give each a path.
 *
 *    An application that has a web server of its own leaves the option listen unset, and hands each body that the service
 *    posts to omnize_client_deliver().
 *
 * 5. Say more, where the service can hear it. It has had three generations; the option dialect names the account's, and this
 *    program is the same in all. What a dialect lacks is OMNIZE_E_UNSUPPORTED, and nothing is sent. A request that says
 *    more than a function has parameters for is made field by field:
 *
 *      omnize_request *request = NULL;
 *      omnize_request_new(client, OMNIZE_REQUEST_MESSAGE, &request, &error);
 *      omnize_request_set(request, "media", "image", -1, &error);
 *      omnize_request_set(request, "url", "https://example.com/invoice.png", -1, &error);
 *      omnize_conversation_request(chat, request, &error);
 *      omnize_request_free(request);
 *
 *    omnize_departments_list() and omnize_agents_online() ask who is there. An application that is the account's external
 *    bot hears OMNIZE_EVENT_NEW_INTERACTION and takes it with omnize_bot_attach().
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
 * The rules, which hold for every function
 * ========================================
 *
 * Statuses. A function that can fail returns an omnize_status: OMNIZE_OK, which is 0, or what went wrong. Beside the
 * statuses that it names, every function can return OMNIZE_E_HANDLE, OMNIZE_E_FORKED and OMNIZE_E_PANIC.
 *
 * Errors. The last parameter of such a function may be NULL. Else, when the function fails, it receives an error that the
 * application owns and frees with omnize_error_free(). Whatever it held before is overwritten, not freed. When the
 * function succeeds, it is not touched. There is no "last error": nothing is kept behind a thread.
 *
 * Out-parameters are written on success only.
 *
 * Handles (omnize_client *, omnize_event *, and so on) are values to pass back, not addresses to look behind. A handle that
 * is NULL, of another type, freed, freed twice, or freed by another thread in the middle of a call gives OMNIZE_E_HANDLE;
 * it is never undefined behaviour. Freeing NULL does nothing.
 *
 * Texts that go in end at their NUL, or have a length in bytes beside them, -1 meaning: ends at its NUL. The library
 * copies what it keeps. Texts that come out belong to the handle that they were asked of, end with a NUL that their length
 * does not count, and are valid until that handle is freed. All are UTF-8, unless the option encoding of the client says
 * otherwise; bytes that the encoding does not know are OMNIZE_E_ENCODING.
 *
 * Threads. Every function can be called from any thread. No lock is held while a callback runs, so a callback may call
 * any function, omnize_client_close() of its own client included.
 *
 * Callbacks return. One that is left in another way would be unwound through the frames of the library, which can't be:
 * so no C++ exception may leave it, nor longjmp() or pthread_exit(), nor a structured exception of Windows or an exception
 * of Delphi. An exception and pthread_exit() end the process; after a longjmp() nobody can say what the client does, and its
 * calls may give OMNIZE_E_MODE for ever. Catch what is thrown, keep it, and return; this holds for every function that the
 * library calls, destroy functions and the log's included.
 *
 * Cancellation. pthread_cancel() of a thread that is in a call waits: the call does what it does without it, and the thread
 * ends when the call has returned, at the next cancellation point or, where its type is asynchronous, at once. To end a
 * call that waits, give it a shorter time, or close the client. A callback runs inside of a call, so cancellation waits there,
 * too; one that enables it again must have no cancellation point before it disables it.
 *
 * Blocking. The functions that make a request, omnize_client_poll(), omnize_client_next(), omnize_client_close() and
 * omnize_listener_close() wait, each within a bound that the application sets. omnize_client_unsubscribe() waits for its
 * callback. omnize_client_open(), omnize_listener_open() and omnize_config_load_file() wait for files; with a store,
 * omnize_client_deliver() and those that post wait for the disk. All others return at once.
 *
 * Numbers. Flags are 0 or 1. Times are milliseconds.
 *
 * The process is yours. Loading the library starts nothing: no thread, no handler, no output. Its threads block all
 * signals. After a fork, every call in the child gives OMNIZE_E_FORKED once a client or a listener had been opened before
 * it.
 */

#ifndef OMNIZE_H
#define OMNIZE_H

#include <stdint.h>

/** The version of the library that this header belongs to. */
#define OMNIZE_VERSION "0.1.0"
#define OMNIZE_VERSION_MAJOR 0
#define OMNIZE_VERSION_MINOR 1
#define OMNIZE_VERSION_PATCH 0

/**
 * The version of the binary interface that this header describes.
 */
#define OMNIZE_ABI_VERSION 0

/**
 * No request was made.
 */
#define OMNIZE_DELIVERY_NONE 0

/**
 * The service accepted the request.
 */
#define OMNIZE_DELIVERY_ACCEPTED 1

/**
 * The service refused the request.
 */
#define OMNIZE_DELIVERY_REJECTED 2

/**
 * The service surely has not received the request.
 */
#define OMNIZE_DELIVERY_NOT_SENT 3

/**
 * The service may or may not have received the request.
 */
#define OMNIZE_DELIVERY_UNKNOWN 4

/**
 * Nothing was asked for yet, or the start has failed.
 */
#define OMNIZE_STATE_NEW 1

/**
 * The start is on its way.
 */
#define OMNIZE_STATE_STARTING 2

/**
 * It was started, and no agent has said anything yet.
 */
#define OMNIZE_STATE_WAITING 3

/**
 * An agent has accepted it.
 */
#define OMNIZE_STATE_ACTIVE 4

/**
 * The application or the agent has finished it.
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
 * Sends the customer's message, or the external bot's. Fields: text, media (image, video, audio or file), url; of a bot
 * also size, in bytes.
 */
#define OMNIZE_REQUEST_MESSAGE 2

/**
 * Notes something about the interaction. Fields: mood (POSITIVE or NEGATIVE), tags (ids, separated by commas),
 * customer_key, note.
 */
#define OMNIZE_REQUEST_UPDATE 3

/**
 * Writes to a customer over WhatsApp, which starts the interaction. Fields: external_id, which is required; text, media,
 * url, name, email, phone, cpf, bot_id, extra, external_history.
 */
#define OMNIZE_REQUEST_WHATSAPP 4

/**
 * Leaves a message while no agent is there, with omnize_client_off_hours. Fields: email, which is required; text, media,
 * url, name, phone, cpf.
 */
#define OMNIZE_REQUEST_OFF_HOURS 5

/**
 * Every kind, where a subscription asks for one.
 */
#define OMNIZE_EVENT_ANY 0

/**
 * Something that this version does not know; omnize_event_raw has the whole object.
 */
#define OMNIZE_EVENT_UNKNOWN 1

/**
 * An agent has accepted the interaction.
 */
#define OMNIZE_EVENT_ACCEPTED 2

/**
 * No agent is available.
 */
#define OMNIZE_EVENT_UNAVAILABLE 3

/**
 * The agent has finished the interaction.
 */
#define OMNIZE_EVENT_FINISH 4

/**
 * The agent types.
 */
#define OMNIZE_EVENT_TYPING 5

/**
 * The agent has stopped typing.
 */
#define OMNIZE_EVENT_CLEARED 6

/**
 * The agent's message, or to an external bot the customer's; omnize_event_text has it.
 */
#define OMNIZE_EVENT_MESSAGE 7

/**
 * The customer waits behind others; omnize_event_position tells behind how many.
 */
#define OMNIZE_EVENT_QUEUED 8

/**
 * The interaction was given to the department that omnize_event_department tells.
 */
#define OMNIZE_EVENT_TRANSFERRED 9

/**
 * An interaction was given to the application, which is an external bot.
 */
#define OMNIZE_EVENT_NEW_INTERACTION 10

/**
 * A request that was posted has ended; the omnize_event_outcome_ functions tell how.
 */
#define OMNIZE_EVENT_OUTCOME 100

/**
 * No media: a text.
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
 * A sound.
 */
#define OMNIZE_MEDIA_AUDIO 3

/**
 * Any file.
 */
#define OMNIZE_MEDIA_FILE 4

/**
 * The customer said it.
 */
#define OMNIZE_SPEAKER_CUSTOMER 1

/**
 * An agent said it.
 */
#define OMNIZE_SPEAKER_AGENT 2

/**
 * A bot said it.
 */
#define OMNIZE_SPEAKER_BOT 3

/**
 * No messages.
 */
#define OMNIZE_LOG_OFF 0

/**
 * Something is broken.
 */
#define OMNIZE_LOG_ERROR 1

/**
 * Something did not go as it should, and was dealt with.
 */
#define OMNIZE_LOG_WARN 2

/**
 * Something that happens once in a while.
 */
#define OMNIZE_LOG_INFO 3

/**
 * Every request and every trigger.
 */
#define OMNIZE_LOG_DEBUG 4

/**
 * The agents of a department who were there when the service was asked. It does not change; every function of it can be
 * called from any thread, and only omnize_agents_online blocks.
 */
typedef struct omnize_agents omnize_agents;

/**
 * One token's conversations and events. Every function of a client can be called from any thread, also from several at
 * once and from callbacks.
 */
typedef struct omnize_client omnize_client;

/**
 * The options of clients that are to be opened. Every function of a configuration can be called from any thread; names
 * and values are UTF-8, whatever the option encoding says. Changing it does not change clients that are open.
 */
typedef struct omnize_config omnize_config;

/**
 * One customer's interaction, as the application drives it. Every function of a conversation can be called from any
 * thread.
 *
 * Those that make a request block until the service has answered, at the most for as long as the option timeout says.
 * OMNIZE_OK means that the service accepted the request. Else omnize_error_delivery tells what became of it, and the
 * status is one of these: OMNIZE_E_REJECTED, OMNIZE_E_SERVICE and OMNIZE_E_FAILED (the service refused);
 * OMNIZE_E_UNREACHABLE, OMNIZE_E_REFUSED and OMNIZE_E_TLS (not sent); OMNIZE_E_TIMEOUT, OMNIZE_E_LOST,
 * OMNIZE_E_PROXY, OMNIZE_E_PROTOCOL and OMNIZE_E_RESPONSE_TOO_LARGE (not sent or unknown); OMNIZE_E_CLOSED (the client
 * is closed);
 * OMNIZE_E_STATE (the request has no meaning where the interaction is); OMNIZE_E_ENCODING and OMNIZE_E_ARGUMENT (a text
 * can't be used); OMNIZE_E_CUSTOMER (a field of the customer, with the option validate).
 *
 * Those that post a request never wait for the network; with a store, they wait until the request is on disk. They give a
 * `ticket`, which may be NULL, and what becomes of the request comes as an event of the kind OMNIZE_EVENT_OUTCOME with this
 * ticket. Their statuses tell what is known at once: OMNIZE_E_STATE, OMNIZE_E_FULL (as many wait as outbox.capacity allows),
 * OMNIZE_E_STORE, OMNIZE_E_CLOSED, OMNIZE_E_SYSTEM, OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT.
 *
 * The requests of one interaction leave in the order in which they were made, one at a time, whichever way.
 */
typedef struct omnize_conversation omnize_conversation;

/**
 * The departments that there were when the list was made. It does not change; every function of it can be called from any
 * thread, and only omnize_departments_list blocks. Places count from 0.
 */
typedef struct omnize_departments omnize_departments;

/**
 * Why a call failed. The application owns it and frees it with omnize_error_free. It holds no token and nothing
 * personal, so it can be logged. Every function of an error can be called from any thread and never blocks.
 */
typedef struct omnize_error omnize_error;

/**
 * A trigger that the service posted, or the outcome of a request that the application posted. Every function of an event can be called from any thread and never blocks.
 */
typedef struct omnize_event omnize_event;

/**
 * What was said before an interaction, from which the document is made that the field external_history of a start leads to.
 * The application serves the document itself, at a URL that the service can reach. Every function of it can be called from
 * any thread and never blocks.
 */
typedef struct omnize_history omnize_history;

/**
 * The interactions that were open when the list was made. It does not change; every function of it can be called from any
 * thread, and none blocks.
 */
typedef struct omnize_interactions omnize_interactions;

/**
 * One address that takes triggers for several clients, each at a path of its own. Every function of a listener can be called
 * from any thread, also from several at once and from callbacks. A client whose option listen is set has a listener of its
 * own and needs none of these.
 */
typedef struct omnize_listener omnize_listener;

/**
 * A request that says more than the functions of a conversation have parameters for. It is made with omnize_request_new,
 * given its fields by omnize_request_set, and then sent or posted, as often as the application likes; each is a request of
 * its own. The page "Dialects" of the documentation lists the fields, and which dialects have them. Every function of a
 * request can be called from any thread; only those that send it block.
 */
typedef struct omnize_request omnize_request;

/**
 * How a call ended: OMNIZE_OK, or one of the OMNIZE_E_ values. The numbers are stable for ever.
 */
typedef int32_t omnize_status;

/**
 * Is called with an event. The event is valid until this returns; omnize_event_keep gives it for longer.
 * It may call any function of the library. It must return: no C++ exception, longjmp() or pthread_exit() may leave it, and
 * cancellation of its thread waits until it has returned.
 */
typedef void (*omnize_event_callback)(const omnize_event *event, void *user_data);

/**
 * Is called once with the user data of a callback, after its last call, and must return, as that must. May be NULL.
 */
typedef void (*omnize_destroy)(void *user_data);

/**
 * Is called with a message for a log: `level` is an OMNIZE_LOG_ value, `message` UTF-8 text that is valid until this
 * returns. May be called on any thread, also on several at once. It must return, as every callback must.
 */
typedef void (*omnize_log_callback)(int32_t level, const char *message, void *user_data);

/**
 * The call did what it was asked to do.
 */
#define OMNIZE_OK 0

/**
 * A handle is NULL, freed, of another type, or was never given out. Pass one that the library gave and that is not
 * freed yet.
 */
#define OMNIZE_E_HANDLE 1

/**
 * An argument is out of range, or a pointer that is required is NULL. The message names it.
 */
#define OMNIZE_E_ARGUMENT 2

/**
 * A text holds bytes that its encoding does not know. Pass UTF-8, or set the option encoding to what the
 * application uses.
 */
#define OMNIZE_E_ENCODING 3

/**
 * The library has a defect, and the message says where. The call had no further effect; the process goes on.
 * Please report it.
 */
#define OMNIZE_E_PANIC 4

/**
 * This process was forked from one that uses the library. Use the library in the parent, or load it after the
 * fork.
 */
#define OMNIZE_E_FORKED 5

/**
 * The client is closed, or closing. Open another one.
 */
#define OMNIZE_E_CLOSED 6

/**
 * Events of this client already leave another way. Use one of poll, next and dispatch, and the same one always.
 */
#define OMNIZE_E_MODE 7

/**
 * The time that was allowed is over. For a request, the delivery tells whether the service may have received it.
 */
#define OMNIZE_E_TIMEOUT 8

/**
 * The operating system refused something that the library needs: a thread, a descriptor, randomness. The message
 * has its reason.
 */
#define OMNIZE_E_SYSTEM 9

/**
 * No option has this name. The options are listed by omnize_option_count and omnize_option_name.
 */
#define OMNIZE_E_OPTION 20

/**
 * The option does not take this value. The message says what it takes.
 */
#define OMNIZE_E_VALUE 21

/**
 * The configuration file, or a file that the configuration names, can't be read or understood. The message says which.
 */
#define OMNIZE_E_FILE 22

/**
 * The token is missing. Generate one in the portal (Menu > Settings > Integrations > ClientSDK) and set the option
 * token.
 */
#define OMNIZE_E_TOKEN 23

/**
 * The department is missing. Pass the id of the department that the customer wants to talk to.
 */
#define OMNIZE_E_DEPARTMENT 24

/**
 * The client id is missing. Pass the id that the application gives this customer.
 */
#define OMNIZE_E_CLIENT_ID 25

/**
 * The service's host is unknown or can't be reached. Check base_url and the network. Nothing was sent.
 */
#define OMNIZE_E_UNREACHABLE 40

/**
 * The service's host refused the connection. Check the port in base_url and whether the service runs. Nothing was
 * sent.
 */
#define OMNIZE_E_REFUSED 41

/**
 * No secure connection could be made. Check the certificate and the clock. Nothing was sent.
 */
#define OMNIZE_E_TLS 42

/**
 * The connection broke before the answer had come. The delivery tells whether the service may have received the
 * request.
 */
#define OMNIZE_E_LOST 43

/**
 * What answered does not speak HTTP. Check base_url. The service may have received the request.
 */
#define OMNIZE_E_PROTOCOL 44

/**
 * The answer is larger than response.max_bytes and was not read. The service has received the request; what it
 * decided is unknown.
 */
#define OMNIZE_E_RESPONSE_TOO_LARGE 45

/**
 * The service refused the request (HTTP 3xx or 4xx). The message has its reason.
 */
#define OMNIZE_E_REJECTED 46

/**
 * The service failed (HTTP 5xx). The message has its reason; try again later.
 */
#define OMNIZE_E_SERVICE 47

/**
 * The service answered HTTP 2xx, but its body says that it refused the request. The message has its reason.
 */
#define OMNIZE_E_FAILED 48

/**
 * The HTTP proxy can't be used: it can't be reached, or it refused to pass the request on. Check the option proxy, or
 * the variables http_proxy, https_proxy and all_proxy, in small letters or capitals. The delivery tells whether the
 * service may have received the request.
 */
#define OMNIZE_E_PROXY 49

/**
 * A field of the customer is not of the form that validate = strict asks for. The message names it and says what is
 * expected. Nothing was sent.
 */
#define OMNIZE_E_CUSTOMER 50

/**
 * The interaction is not where this request has a meaning: a message after its finish, say. Nothing was sent. The
 * option strict, set to 0, leaves such requests to the service.
 */
#define OMNIZE_E_STATE 51

/**
 * The hash by which the service knows the interaction is not known: its start has not been answered, or was made by an
 * earlier run without a store. Start it again, attach to it with its hash, or wait for a trigger of it. Nothing was
 * sent.
 */
#define OMNIZE_E_INTERACTION 52

/**
 * The service accepted the request, but its answer does not hold what was asked for. Check the option dialect.
 */
#define OMNIZE_E_RESPONSE 53

/**
 * The listener can't be opened at this address. Check that the address is this machine's and the port is free.
 */
#define OMNIZE_E_LISTEN 60

/**
 * The trigger is no JSON object. Hand over the body of the service's POST as it came.
 */
#define OMNIZE_E_NOT_JSON 61

/**
 * The trigger has no clientId, so no interaction is known for it.
 */
#define OMNIZE_E_NO_CLIENT_ID 62

/**
 * As many events wait as events.capacity and events.max_bytes allow, or as many posted requests as outbox.capacity and
 * outbox.max_bytes allow, or there is no memory for one more. Take events out, wait for outcomes, or raise the option. The
 * trigger or the request was not taken.
 */
#define OMNIZE_E_FULL 63

/**
 * This build of the library, this operating system, or the service in the dialect of the option dialect can't do that.
 * The message says what is missing. Nothing was sent.
 */
#define OMNIZE_E_UNSUPPORTED 64

/**
 * The store can't be opened or written to. The message has the reason; the trigger or the request was not taken.
 */
#define OMNIZE_E_STORE 65

/**
 * The trigger is larger than listen.max_body when it is decompressed, and was not taken. Answer 413, or raise the option.
 */
#define OMNIZE_E_TRIGGER_TOO_LARGE 66

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * The version of the library that is loaded, such as "0.1.0". OMNIZE_VERSION is that of the header. Valid for ever.
 */
const char *omnize_version(void);

/**
 * The version of the binary interface: an application that was built against one works with every library that has the
 * same. OMNIZE_ABI_VERSION is that of the header.
 */
int32_t omnize_abi_version(void);

/**
 * 1 where this build of the library has a feature, else 0. "listener": the webhook listener; "store": what was received
 * survives a crash.
 */
int32_t omnize_has_feature(const char *name);

/**
 * The name of a status, such as "OMNIZE_E_HANDLE"; NULL for a number that is none. Valid for ever.
 */
const char *omnize_status_name(omnize_status status);

/**
 * What a status means and what to do, in a sentence or two of English; NULL for a number that is none. Valid for ever.
 */
const char *omnize_status_description(omnize_status status);

/**
 * How many statuses there are, OMNIZE_OK included.
 */
int32_t omnize_status_count(void);

/**
 * The status at a place of the list of all, from 0 to omnize_status_count() - 1; -1 for any other place.
 */
omnize_status omnize_status_at(int32_t index);

/**
 * The status that the failed call returned; OMNIZE_E_HANDLE where `error` is no error.
 */
omnize_status omnize_error_status(const omnize_error *error);

/**
 * What was wrong, what was expected and what to do: a sentence of English in UTF-8. NULL where `error` is no error. Valid
 * until the error is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_error_message(const omnize_error *error,
                                 int64_t *length);

/**
 * The HTTP status of the service's answer; 0 where there was none.
 */
int32_t omnize_error_http_status(const omnize_error *error);

/**
 * The body of the service's answer, empty where there was none; what the request held of token and personal data is
 * replaced by `[redacted]`. NULL where `error` is no error. Valid until the error is freed. `length` may be NULL; it
 * receives the length in bytes.
 */
const char *omnize_error_body(const omnize_error *error,
                              int64_t *length);

/**
 * What became of the request: an OMNIZE_DELIVERY_ value.
 */
int32_t omnize_error_delivery(const omnize_error *error);

/**
 * 1 where the same call may succeed later and making it again does no harm, else 0.
 */
int32_t omnize_error_retryable(const omnize_error *error);

/**
 * How many milliseconds the service asks to wait before the request is made again, which it does with HTTP 429 and 503; -1
 * where it does not say.
 */
int64_t omnize_error_retry_after(const omnize_error *error);

/**
 * How many events closing a client has left, where a callback ran longer than closing might take; else 0.
 */
int64_t omnize_error_events_left(const omnize_error *error);

/**
 * How many requests closing a client has left, where a callback ran longer than closing might take; else 0.
 */
int64_t omnize_error_requests_left(const omnize_error *error);

/**
 * Frees an error. NULL, and an error that was freed before, do nothing.
 */
void omnize_error_free(omnize_error *error);

/**
 * Makes a configuration with every option at its default. The application owns it and frees it with
 * omnize_config_free. Statuses: OMNIZE_E_ARGUMENT where `config` is NULL.
 */
omnize_status omnize_config_new(omnize_config **config, omnize_error **error);

/**
 * Sets an option. Dots and underscores in `name` are the same. Statuses: OMNIZE_E_OPTION where no option has this name,
 * OMNIZE_E_VALUE where it does not take this value, OMNIZE_E_ARGUMENT where `name` or `value` is NULL,
 * OMNIZE_E_ENCODING.
 */
omnize_status omnize_config_set(omnize_config *config,
                                const char *name,
                                const char *value,
                                omnize_error **error);

/**
 * The value of an option, or its default, in `value`; a secret that is set reads `[redacted]`. Valid until the
 * configuration is freed. Statuses: OMNIZE_E_OPTION, OMNIZE_E_ARGUMENT, OMNIZE_E_ENCODING.
 */
omnize_status omnize_config_get(const omnize_config *config,
                                const char *name,
                                const char **value,
                                omnize_error **error);

/**
 * Sets each option whose environment variable is set: OMNIZE_ and the name in capitals with underscores, so OMNIZE_TOKEN
 * and OMNIZE_TIMEOUT_CONNECT. An empty variable counts as not set. No other thread may change the environment meanwhile. Statuses:
 * OMNIZE_E_VALUE, OMNIZE_E_ENCODING; the message names the variable.
 */
omnize_status omnize_config_load_env(omnize_config *config,
                                     omnize_error **error);

/**
 * Sets the options that an INI file holds, as "name = value" lines; a `[group]` line stands for the part of the names
 * before the dot. Values may be quoted, and a comment may follow them. Blocks on the file. Statuses: OMNIZE_E_FILE where it can't be read or understood,
 * OMNIZE_E_OPTION, OMNIZE_E_VALUE, OMNIZE_E_ARGUMENT, OMNIZE_E_ENCODING; the message names the file, and no option is set
 * then.
 */
omnize_status omnize_config_load_file(omnize_config *config,
                                      const char *path,
                                      omnize_error **error);

/**
 * Frees a configuration. Clients that were opened with it go on. NULL, and one that was freed before, do nothing.
 */
void omnize_config_free(omnize_config *config);

/**
 * How many options there are.
 */
int32_t omnize_option_count(void);

/**
 * The name of an option, by its place from 0 to omnize_option_count() - 1; NULL for any other place. Valid for ever.
 */
const char *omnize_option_name(int32_t index);

/**
 * What values an option takes: "secret", "url", "encoding", "choice: A, B", "milliseconds", "flag", "bytes", "count",
 * "threads", "file", "address", "path", "credentials", "networks", "proxy" or "text"; NULL for a place that is none. Valid
 * for ever.
 */
const char *omnize_option_type(int32_t index);

/**
 * What holds where an option is not set, empty where nothing does; NULL for a place that is none. Valid for ever.
 */
const char *omnize_option_default(int32_t index);

/**
 * What an option is for, in English; NULL for a place that is none. Valid for ever.
 */
const char *omnize_option_description(int32_t index);

/**
 * Opens a client with the options of `config`, which can be freed or changed afterwards. Where the option listen is set,
 * the webhook takes triggers when this returns. Where the option proxy is not set, the proxy variables of the environment
 * are read, and no other thread may change the environment meanwhile. Blocks on the files that options name. Sends
 * nothing. The application owns the client and frees it with omnize_client_free. Statuses: OMNIZE_E_TOKEN;
 * OMNIZE_E_VALUE where options contradict each other or the environment names a proxy that can't be used; OMNIZE_E_FILE
 * where a file can't be used; OMNIZE_E_LISTEN, OMNIZE_E_STORE, OMNIZE_E_SYSTEM, OMNIZE_E_UNSUPPORTED;
 * OMNIZE_E_ARGUMENT where `client` is NULL.
 */
omnize_status omnize_client_open(const omnize_config *config,
                                 omnize_client **client,
                                 omnize_error **error);

/**
 * The webhook URL of this client's own listener, in ASCII: with the option listen.public_url, or else the address as it is
 * reached on this machine. Empty where it has none (omnize_listener_url() tells that of a shared one), NULL where `client`
 * is no client. Valid until the client is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_client_webhook_url(const omnize_client *client,
                                      int64_t *length);

/**
 * Asks for `callback` to be called with events: those of one `kind`, or OMNIZE_EVENT_ANY; those of one customer, or of
 * all where `client_id` is NULL. Can be called before the interaction starts. Callbacks are called by
 * omnize_client_poll, or on the threads that omnize_client_dispatch starts; those of one interaction never overlap. `destroy`
 * is called once with `user_data`, after the last call of `callback`; also where this function fails. `subscription`
 * receives an id for omnize_client_unsubscribe; it may be NULL. Statuses: OMNIZE_E_ARGUMENT where `callback` is NULL or
 * there is no such kind, OMNIZE_E_CLOSED, OMNIZE_E_ENCODING.
 */
omnize_status omnize_client_subscribe(omnize_client *client,
                                      int32_t kind,
                                      const char *client_id,
                                      omnize_event_callback callback,
                                      void *user_data,
                                      omnize_destroy destroy,
                                      int64_t *subscription,
                                      omnize_error **error);

/**
 * Ends a subscription. When this returns, its callback neither runs nor will run, and its destroy function has been
 * called; it blocks for as long as the callback runs on another thread. Called from inside a callback of this client, it
 * does not wait: no further call begins, one that is under way is the last, and the destroy function follows it. Statuses: OMNIZE_E_ARGUMENT where there is no such
 * subscription.
 */
omnize_status omnize_client_unsubscribe(omnize_client *client,
                                        int64_t subscription,
                                        omnize_error **error);

/**
 * Waits up to `timeout_ms` milliseconds for an event (0: not at all; -1: without bound), then runs the callbacks for all
 * that wait, on the calling thread. `handled` receives the number of events; it may be NULL. Statuses: OMNIZE_E_MODE
 * where events leave by next or dispatch, or this is called from a callback; OMNIZE_E_CLOSED; OMNIZE_E_ARGUMENT.
 */
omnize_status omnize_client_poll(omnize_client *client,
                                 int64_t timeout_ms,
                                 int64_t *handled,
                                 omnize_error **error);

/**
 * Waits up to `timeout_ms` milliseconds for an event (0: not at all; -1: without bound) and gives it in `event`: the
 * application owns it and frees it with omnize_event_free. `event` receives NULL where none came. Needs no callback.
 * Statuses: OMNIZE_E_MODE where events leave by poll or dispatch; OMNIZE_E_CLOSED; OMNIZE_E_ARGUMENT.
 */
omnize_status omnize_client_next(omnize_client *client,
                                 int64_t timeout_ms,
                                 omnize_event **event,
                                 omnize_error **error);

/**
 * Starts the threads of the library that run the callbacks from now on, as many as the option dispatch.threads says. A
 * second call does nothing. Statuses:
 * OMNIZE_E_MODE where events leave by poll or next; OMNIZE_E_CLOSED; OMNIZE_E_SYSTEM where no thread can be had.
 */
omnize_status omnize_client_dispatch(omnize_client *client,
                                     omnize_error **error);

/**
 * A file descriptor that is readable exactly while events wait, for select, poll, epoll, GLib, Qt and their like; call
 * omnize_client_poll or omnize_client_next when it is. It belongs to the client: watch it, but neither read nor close it,
 * and stop watching it before the client is freed. Statuses: OMNIZE_E_UNSUPPORTED where this operating system has none,
 * OMNIZE_E_SYSTEM, OMNIZE_E_ARGUMENT where `descriptor` is NULL.
 */
omnize_status omnize_client_wake_fd(omnize_client *client,
                                    int64_t *descriptor,
                                    omnize_error **error);

/**
 * Hands over the body of a trigger that the application's own web server received: `length` bytes, or up to the NUL where
 * it is -1. `content_type` is the request's Content-Type, or NULL. Never waits for the application; with a store, blocks
 * until the trigger is on disk. Statuses: OMNIZE_E_NOT_JSON and OMNIZE_E_NO_CLIENT_ID, upon which the service is to be
 * answered 400; OMNIZE_E_FULL, OMNIZE_E_STORE and OMNIZE_E_CLOSED, upon which it is to be answered 503; OMNIZE_E_ARGUMENT; OMNIZE_E_ENCODING where `content_type` is no
 * ASCII.
 */
omnize_status omnize_client_deliver(omnize_client *client,
                                    const char *body,
                                    int64_t length,
                                    const char *content_type,
                                    omnize_error **error);

/**
 * Does what omnize_client_deliver does, for a body that may be compressed. `content_encoding` is the request's
 * Content-Encoding, or NULL: gzip, x-gzip, deflate, or several with commas between. Decompressed, the body may have as many
 * bytes as the option listen.max_body says; omnize_event_raw gives the decompressed bytes. Statuses beside those of
 * omnize_client_deliver: OMNIZE_E_NOT_JSON also where the body can't be decompressed; OMNIZE_E_UNSUPPORTED where the coding
 * is not known, upon which the service is to be answered 415 with the header "Accept-Encoding: gzip, deflate";
 * OMNIZE_E_TRIGGER_TOO_LARGE, upon which it is to be answered 413; OMNIZE_E_SYSTEM where there is no memory for it, upon which
 * it is to be answered 503; OMNIZE_E_ENCODING where `content_encoding` is no ASCII.
 */
omnize_status omnize_client_deliver_compressed(omnize_client *client,
                                               const char *body,
                                               int64_t length,
                                               const char *content_type,
                                               const char *content_encoding,
                                               omnize_error **error);

/**
 * Closes a client: takes in no trigger, waits up to `timeout_ms` milliseconds for requests under way, for callbacks that
 * run and for the dispatch threads to finish what waits, then breaks off what is left. While a callback runs, requests are
 * still taken, whichever thread makes them, and those that it posts go out; without one, each ends with OMNIZE_E_CLOSED.
 * `events_left` receives how many events the application was not given, `requests_left` how many requests were broken off
 * or, where they were posted, not sent; both may be NULL. After this has returned, no callback is called any more, and the
 * destroy functions have been. Called from a callback of this client, it does not wait for that one, which is the last on
 * its thread. With a store, what was left waits there for the next start; so do events that the application still holds,
 * and those whose callback still ran when the time was over. Statuses: OMNIZE_E_CLOSED where it was closed before;
 * OMNIZE_E_TIMEOUT where a callback still runs when the time is over: it is the last one, and omnize_error_events_left()
 * and omnize_error_requests_left() tell what was left; OMNIZE_E_ARGUMENT.
 */
omnize_status omnize_client_close(omnize_client *client,
                                  int64_t timeout_ms,
                                  int64_t *events_left,
                                  int64_t *requests_left,
                                  omnize_error **error);

/**
 * Frees a client, and closes it first, without waiting, where it is open. Its conversations stay valid, and their calls
 * end with OMNIZE_E_CLOSED. NULL, and one that was freed before, do nothing.
 */
void omnize_client_free(omnize_client *client);

/**
 * Starts an interaction: makes the request. `department` and `client_id`, the id that the application gives this
 * customer, are required; of the customer's `name`, `email`, `phone` and `cpf` each may be NULL and is not sent then. The
 * application owns the conversation and frees it with omnize_conversation_free. Statuses beside those of every request:
 * OMNIZE_E_DEPARTMENT, OMNIZE_E_CLIENT_ID; OMNIZE_E_CUSTOMER where the option validate refuses a field.
 */
omnize_status omnize_conversation_start(omnize_client *client,
                                        const char *department,
                                        const char *client_id,
                                        const char *name,
                                        const char *email,
                                        const char *phone,
                                        const char *cpf,
                                        omnize_conversation **conversation,
                                        omnize_error **error);

/**
 * Takes up an interaction that is already running, after a restart of the application, say: one of
 * omnize_interactions_list() where it is; another one counts as active. Sends nothing and never blocks. The application owns the conversation and frees it with omnize_conversation_free. Statuses:
 * OMNIZE_E_DEPARTMENT, OMNIZE_E_CLIENT_ID, OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT.
 */
omnize_status omnize_conversation_attach(omnize_client *client,
                                         const char *department,
                                         const char *client_id,
                                         omnize_conversation **conversation,
                                         omnize_error **error);

/**
 * As omnize_conversation_attach, for an interaction that the service knows by `interaction_hash`, which the application has
 * kept: without a store, and before a trigger of it has come, the library does not know it. In a dialect without hashes it is
 * not looked at. Further status: OMNIZE_E_ARGUMENT where the hash is empty.
 */
omnize_status omnize_conversation_attach_to(omnize_client *client,
                                            const char *department,
                                            const char *client_id,
                                            const char *interaction_hash,
                                            omnize_conversation **conversation,
                                            omnize_error **error);

/**
 * Makes a conversation for an interaction that is still to be started, by omnize_conversation_post_start. Where one of this
 * client id is known already, it is the same, and its start has a meaning once that is over. Sends nothing
 * and never blocks. The application owns the conversation and frees it with omnize_conversation_free. Statuses:
 * OMNIZE_E_DEPARTMENT, OMNIZE_E_CLIENT_ID, OMNIZE_E_ENCODING, OMNIZE_E_ARGUMENT.
 */
omnize_status omnize_conversation_prepare(omnize_client *client,
                                          const char *department,
                                          const char *client_id,
                                          omnize_conversation **conversation,
                                          omnize_error **error);

/**
 * Posts the start of an interaction; the customer's fields are those of omnize_conversation_start.
 */
omnize_status omnize_conversation_post_start(omnize_conversation *conversation,
                                             const char *name,
                                             const char *email,
                                             const char *phone,
                                             const char *cpf,
                                             int64_t *ticket,
                                             omnize_error **error);

/**
 * Posts the customer's message. `text` has `length` bytes, or ends at its NUL where `length` is -1.
 */
omnize_status omnize_conversation_post(omnize_conversation *conversation,
                                       const char *text,
                                       int64_t length,
                                       int64_t *ticket,
                                       omnize_error **error);

/**
 * Posts that the interaction is finished.
 */
omnize_status omnize_conversation_post_finish(omnize_conversation *conversation,
                                              int64_t *ticket,
                                              omnize_error **error);

/**
 * Says that the customer has pressed a key; to be called as often as keys are pressed. The service sees one typing, and one
 * cleared when no key came for as long as the option typing.pause says, or right before the message. Never blocks, and no
 * outcome is told. Statuses: OMNIZE_E_STATE, OMNIZE_E_CLOSED, OMNIZE_E_SYSTEM.
 */
omnize_status omnize_conversation_keystroke(omnize_conversation *conversation,
                                            omnize_error **error);

/**
 * How long each later request of this handle may take in all, in milliseconds from 1; 0 is what the option timeout says.
 * Statuses: OMNIZE_E_ARGUMENT where `timeout_ms` is negative.
 */
omnize_status omnize_conversation_set_timeout(omnize_conversation *conversation,
                                              int64_t timeout_ms,
                                              omnize_error **error);

/**
 * Where the interaction is: an OMNIZE_STATE_ value, to which later versions may add; 0 where `conversation` is no
 * conversation.
 */
int32_t omnize_conversation_state(const omnize_conversation *conversation);

/**
 * Sends the customer's message: makes the request. `text` has `length` bytes, or ends at its NUL where `length` is -1.
 */
omnize_status omnize_conversation_send(omnize_conversation *conversation,
                                       const char *text,
                                       int64_t length,
                                       omnize_error **error);

/**
 * Says that the customer types: makes the request.
 */
omnize_status omnize_conversation_typing(omnize_conversation *conversation, omnize_error **error);

/**
 * Says that the customer has stopped typing: makes the request.
 */
omnize_status omnize_conversation_cleared(omnize_conversation *conversation, omnize_error **error);

/**
 * Finishes the interaction: makes the request. The handle stays valid.
 */
omnize_status omnize_conversation_finish(omnize_conversation *conversation, omnize_error **error);

/**
 * The id that the application gave the customer; NULL where `conversation` is no conversation. In the client's encoding;
 * valid until the conversation is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_conversation_client_id(const omnize_conversation *conversation,
                                          int64_t *length);

/**
 * The department that the customer talks to; NULL where `conversation` is no conversation. In the client's encoding;
 * valid until the conversation is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_conversation_department(const omnize_conversation *conversation,
                                           int64_t *length);

/**
 * The hash by which the service knows the interaction; empty where it is not known yet, or the dialect has none; NULL where
 * `conversation` is no conversation. In the client's encoding; valid until the conversation is freed. `length` may be NULL; it
 * receives the length in bytes.
 */
const char *omnize_conversation_interaction_hash(const omnize_conversation *conversation,
                                                 int64_t *length);

/**
 * Frees a conversation. Sends nothing: the interaction goes on, and can be taken up again with
 * omnize_conversation_attach. NULL, and one that was freed before, do nothing.
 */
void omnize_conversation_free(omnize_conversation *conversation);

/**
 * Makes a request of a kind, an OMNIZE_REQUEST_ value, that says nothing yet. Its texts are in the encoding of `client`. The
 * application owns it and frees it with omnize_request_free. Never blocks. Statuses: OMNIZE_E_ARGUMENT where there is no
 * such kind, or `request` is NULL.
 */
omnize_status omnize_request_new(const omnize_client *client,
                                 int32_t kind,
                                 omnize_request **request,
                                 omnize_error **error);

/**
 * Sets a field of a request. `name` is ASCII; `value` has `length` bytes, or ends at its NUL where `length` is -1. Whether the
 * dialect of the client has the field is told when the request is sent or posted. Never blocks. Statuses:
 * OMNIZE_E_ARGUMENT where the request has no such field or it does not take this value, and where `name` or `value` is
 * NULL; OMNIZE_E_ENCODING.
 */
omnize_status omnize_request_set(omnize_request *request,
                                 const char *name,
                                 const char *value,
                                 int64_t length,
                                 omnize_error **error);

/**
 * Makes a request of a conversation, and blocks until the service has answered, as the other functions of a conversation
 * do, with their statuses. Further ones: OMNIZE_E_UNSUPPORTED where the dialect lacks the request or a field that is set,
 * OMNIZE_E_INTERACTION where the service's id of the interaction is not known, OMNIZE_E_ARGUMENT where a field is missing or
 * the request belongs to no interaction.
 */
omnize_status omnize_conversation_request(omnize_conversation *conversation,
                                          const omnize_request *request,
                                          omnize_error **error);

/**
 * Posts a request of a conversation, as omnize_conversation_post does. Further statuses: OMNIZE_E_UNSUPPORTED where the
 * dialect lacks the request or a field that is set; OMNIZE_E_ARGUMENT where a field is missing or the request belongs to no
 * interaction.
 */
omnize_status omnize_conversation_post_request(omnize_conversation *conversation,
                                               const omnize_request *request,
                                               int64_t *ticket,
                                               omnize_error **error);

/**
 * Leaves a customer's message with a department while no agent is there: makes a request of the kind
 * OMNIZE_REQUEST_OFF_HOURS, and blocks until the service has answered, at the most for as long as the option timeout says.
 * omnize_request_interaction_hash tells afterwards which interaction the service made of it. Statuses: those of every
 * request of a conversation; OMNIZE_E_UNSUPPORTED where the dialect lacks it; OMNIZE_E_DEPARTMENT; OMNIZE_E_ARGUMENT where
 * the request is of another kind, or a field is missing.
 */
omnize_status omnize_client_off_hours(omnize_client *client,
                                      const char *department,
                                      omnize_request *request,
                                      omnize_error **error);

/**
 * The hash by which the service knows the interaction that omnize_client_off_hours made of this request; empty where it made
 * none or did not tell, NULL where `request` is no request. In the client's encoding; valid until the request is freed.
 * `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_request_interaction_hash(const omnize_request *request,
                                            int64_t *length);

/**
 * Frees a request. What was sent or posted with it goes on. NULL, and one that was freed before, do nothing.
 */
void omnize_request_free(omnize_request *request);

/**
 * Lists the interactions of a client that are under way, whether a conversation is about them or not; with the option
 * store, also those that an earlier run has left: omnize_conversation_attach takes them up. Those that have been where they
 * are for the longest time come first. The application owns the list and frees it with omnize_interactions_free. Statuses:
 * OMNIZE_E_ARGUMENT where `list` is NULL.
 */
omnize_status omnize_interactions_list(const omnize_client *client,
                                       omnize_interactions **list,
                                       omnize_error **error);

/**
 * How many interactions the list has; 0 where `list` is no list.
 */
int64_t omnize_interactions_count(const omnize_interactions *list);

/**
 * The id that the application gave the customer of the interaction at a place of the list, from 0 to
 * omnize_interactions_count() - 1; NULL for any other place. In the client's encoding; valid until the list is freed.
 * `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
 */
const char *omnize_interactions_client_id(const omnize_interactions *list,
                                          int64_t index,
                                          int64_t *length);

/**
 * The department that the customer of the interaction at a place of the list talks to; empty for one that is the
 * application's as an external bot, which omnize_bot_attach takes up by its client id; NULL for any other place. In the
 * client's encoding; valid until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place
 * that has no such text.
 */
const char *omnize_interactions_department(const omnize_interactions *list,
                                           int64_t index,
                                           int64_t *length);

/**
 * The bot that the start of the interaction at a place of the list named; NULL where it named none, and for any other place.
 * In the client's encoding; valid until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a
 * place that has no such text.
 */
const char *omnize_interactions_bot_id(const omnize_interactions *list,
                                       int64_t index,
                                       int64_t *length);

/**
 * Where the interaction at a place of the list is: OMNIZE_STATE_STARTING, OMNIZE_STATE_WAITING or OMNIZE_STATE_ACTIVE; 0 for
 * any other place. One that an earlier run has left as starting was on its way when that run ended.
 */
int32_t omnize_interactions_state(const omnize_interactions *list,
                                  int64_t index);

/**
 * Since when the interaction at a place of the list is in its state, in milliseconds since 1970-01-01 UTC by this machine's
 * clock; 0 for any other place.
 */
int64_t omnize_interactions_since(const omnize_interactions *list,
                                  int64_t index);

/**
 * Frees a list. NULL, and one that was freed before, do nothing.
 */
void omnize_interactions_free(omnize_interactions *list);

/**
 * What the event says: an OMNIZE_EVENT_ value, to which later versions may add; 0 where `event` is no event.
 */
int32_t omnize_event_kind(const omnize_event *event);

/**
 * The name of a kind, such as "accepted"; NULL for a number that is none. Valid for ever.
 */
const char *omnize_event_kind_name(int32_t kind);

/**
 * The id that the application gave the customer whose interaction this is, exactly as the service wrote it; empty where the
 * service names an interaction that is not known, by omnize_event_interaction_hash alone; NULL where `event` is no event. In the client's encoding; valid until the event is freed. `length` may be NULL; it receives the
 * length in bytes.
 */
const char *omnize_event_client_id(const omnize_event *event,
                                   int64_t *length);

/**
 * The agent's message, or an outcome's error message, which is empty where the service accepted; empty for other kinds, NULL
 * where `event` is no event. In the client's encoding; it may hold NUL,
 * which `length` counts; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_text(const omnize_event *event,
                              int64_t *length);

/**
 * 1 where client id and text are not all that the service sent: bytes that were no text are U+FFFD, or characters that
 * the client's encoding does not have are written as the option encoding.unmappable says. omnize_event_raw has all. Else
 * 0.
 */
int32_t omnize_event_replaced(const omnize_event *event);

/**
 * The trigger's body, byte for byte as the service posted it, in the service's encoding; empty for an outcome, NULL where `event` is no event,
 * or there is no memory for it. Valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_raw(const omnize_event *event,
                             int64_t *length);

/**
 * The event's place in the order in which its client received, from 1; 0 where `event` is no event, and for an outcome that could
 * not be written into the store when it came.
 */
int64_t omnize_event_sequence(const omnize_event *event);

/**
 * When the event was received: milliseconds since 1970-01-01 UTC by this machine's clock; 0 where `event` is no event.
 */
int64_t omnize_event_received_at(const omnize_event *event);

/**
 * 1 where the event was received in an earlier run of the application, which may have handled it already, and comes again
 * from the store; else 0.
 */
int32_t omnize_event_redelivered(const omnize_event *event);

/**
 * Says that the application has handled the event, so that it does not come again from the store. Needed only where the
 * option ack is manual; a second call, and one without a store, do nothing. Never blocks. Statuses: OMNIZE_E_HANDLE.
 */
omnize_status omnize_event_ack(const omnize_event *event,
                               omnize_error **error);

/**
 * Says that the application has not handled the event, for what it does on it failed, say: with a store it comes again after
 * the next start, though its callback returns or it is freed, unless omnize_event_ack says otherwise later. Without a store,
 * and where the option ack is manual, this does nothing. Never blocks. Statuses: OMNIZE_E_HANDLE.
 */
omnize_status omnize_event_nack(const omnize_event *event,
                                omnize_error **error);

/**
 * Gives an event of a callback to the application for good: a further handle, in `kept`, which outlives the callback and
 * which the application frees with omnize_event_free. Statuses: OMNIZE_E_ARGUMENT where `kept` is NULL.
 */
omnize_status omnize_event_keep(const omnize_event *event,
                                omnize_event **kept,
                                omnize_error **error);

/**
 * The ticket that posting the request gave; 0 where `event` is no outcome. omnize_event_client_id tells the customer,
 * omnize_event_text the error's message.
 */
int64_t omnize_event_outcome_ticket(const omnize_event *event);

/**
 * What became of the posted request: an OMNIZE_DELIVERY_ value; OMNIZE_DELIVERY_NONE where `event` is no outcome.
 */
int32_t omnize_event_outcome_delivery(const omnize_event *event);

/**
 * The status that a blocking call would have returned, OMNIZE_OK where the service accepted; OMNIZE_E_HANDLE where `event`
 * is no outcome.
 */
omnize_status omnize_event_outcome_status(const omnize_event *event);

/**
 * The HTTP status by which the service refused; 0 where it accepted, where there was no answer, or `event` is no outcome.
 */
int32_t omnize_event_outcome_http_status(const omnize_event *event);

/**
 * Frees an event. NULL, and one that was freed before, do nothing.
 */
void omnize_event_free(omnize_event *event);

/**
 * The customer's place among those who wait, by the service's count, of an event of the kind OMNIZE_EVENT_QUEUED; -1 where the
 * event does not tell it, or `event` is no event.
 */
int64_t omnize_event_position(const omnize_event *event);

/**
 * The id of the department that the interaction was given to; empty where the event does not tell it, NULL where `event` is no
 * event. In the client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_department(const omnize_event *event,
                                    int64_t *length);

/**
 * The id of the agent who wrote the message; empty where the event does not tell it, NULL where `event` is no event. In the
 * client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_agent_id(const omnize_event *event,
                                  int64_t *length);

/**
 * The name of the agent who wrote the message; empty where the event does not tell it, NULL where `event` is no event. In the
 * client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_agent_name(const omnize_event *event,
                                    int64_t *length);

/**
 * What comes with the message: an OMNIZE_MEDIA_ value, OMNIZE_MEDIA_NONE for a mere text, for any other event, and where
 * `event` is no event.
 */
int32_t omnize_event_media_kind(const omnize_event *event);

/**
 * Where the image, video, sound or file of the message is; empty where it has none, NULL where `event` is no event. In the
 * client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_media_url(const omnize_event *event,
                                   int64_t *length);

/**
 * The message's own hash. A message that comes again with the same hash is not given to the application again. Empty where the
 * event has none, NULL where `event` is no event. In the client's encoding; valid until the event is freed. `length` may be
 * NULL; it receives the length in bytes.
 */
const char *omnize_event_message_hash(const omnize_event *event,
                                      int64_t *length);

/**
 * The hash by which the service knows the interaction; empty where it has none in this dialect, NULL where `event` is no event.
 * It is the only id of an event whose client id is empty: its interaction was started by somebody else. In the client's
 * encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_interaction_hash(const omnize_event *event,
                                          int64_t *length);

/**
 * The customer's id at WhatsApp; empty where the event does not tell it, NULL where `event` is no event. In the client's
 * encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_external_id(const omnize_event *event,
                                     int64_t *length);

/**
 * The bot that was named when the interaction was started; empty where none was, NULL where `event` is no event. In the
 * client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
 */
const char *omnize_event_bot_id(const omnize_event *event,
                                int64_t *length);

/**
 * The application's own fields, which the field extra of the start has sent, as a JSON object; empty where there are none, NULL
 * where `event` is no event. In the client's encoding; valid until the event is freed. `length` may be NULL; it receives the
 * length in bytes.
 */
const char *omnize_event_extra(const omnize_event *event,
                               int64_t *length);

/**
 * Asks the service for its departments: makes a request, and blocks until it has answered, at the most for as long as the
 * option timeout says. `client_id` is the customer for whom it is asked; the dialect gateway wants one, and else it may be
 * NULL. The application owns the list and frees it with omnize_departments_free. Statuses: those of every request of a
 * conversation; OMNIZE_E_UNSUPPORTED where the dialect has no such request; OMNIZE_E_CLIENT_ID where it is needed;
 * OMNIZE_E_RESPONSE where the answer holds no departments.
 */
omnize_status omnize_departments_list(omnize_client *client,
                                      const char *client_id,
                                      omnize_departments **list,
                                      omnize_error **error);

/**
 * How many departments the list has; 0 where `list` is no list.
 */
int64_t omnize_departments_count(const omnize_departments *list);

/**
 * The id of the department at a place of the list, which a start takes; NULL for a place that is none. In the client's
 * encoding; valid until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no
 * such text.
 */
const char *omnize_departments_id(const omnize_departments *list,
                                  int64_t index,
                                  int64_t *length);

/**
 * The name of the department at a place of the list; NULL for a place that is none. In the client's encoding; valid until
 * the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
 */
const char *omnize_departments_name(const omnize_departments *list,
                                    int64_t index,
                                    int64_t *length);

/**
 * Whether the department at a place of the list is open: 1 or 0; -1 where the service does not say, or the place is none.
 */
int32_t omnize_departments_open(const omnize_departments *list,
                                int64_t index);

/**
 * How many customers wait at the department at a place of the list; -1 where the service does not say, or the place is none.
 */
int64_t omnize_departments_queue(const omnize_departments *list,
                                 int64_t index);

/**
 * How many channels the department at a place of the list has; 0 where the place is none.
 */
int64_t omnize_departments_channel_count(const omnize_departments *list, int64_t index);

/**
 * The id of a channel of a department, each by its place; NULL for a place that is none. In the client's encoding; valid
 * until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
 */
const char *omnize_departments_channel_id(const omnize_departments *list,
                                          int64_t index,
                                          int64_t channel,
                                          int64_t *length);

/**
 * The name of a channel of a department, each by its place; NULL for a place that is none. In the client's encoding; valid
 * until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
 */
const char *omnize_departments_channel_name(const omnize_departments *list,
                                            int64_t index,
                                            int64_t channel,
                                            int64_t *length);

/**
 * Whether a channel of a department, each by its place, is open: 1 or 0; -1 where the service does not say, or a place is
 * none.
 */
int32_t omnize_departments_channel_open(const omnize_departments *list,
                                        int64_t index,
                                        int64_t channel);

/**
 * Frees a list. NULL, and one that was freed before, do nothing.
 */
void omnize_departments_free(omnize_departments *list);

/**
 * Asks the service which agents of a department are there: makes a request, and blocks until it has answered, at the most for
 * as long as the option timeout says. The application owns the list and frees it with omnize_agents_free. Statuses: those of
 * every request of a conversation; OMNIZE_E_UNSUPPORTED where the dialect has no such request; OMNIZE_E_DEPARTMENT;
 * OMNIZE_E_RESPONSE where the answer tells of no agents.
 */
omnize_status omnize_agents_online(omnize_client *client,
                                   const char *department,
                                   omnize_agents **list,
                                   omnize_error **error);

/**
 * How many agents are there; 0 where `list` is no list.
 */
int64_t omnize_agents_total(const omnize_agents *list);

/**
 * How many seconds the agents take on average; negative where the service does not say, or `list` is no list.
 */
double omnize_agents_average_seconds(const omnize_agents *list);

/**
 * How many of the agents the list names: three at the most, whom the service chooses at random. 0 where `list` is no list.
 */
int64_t omnize_agents_count(const omnize_agents *list);

/**
 * The id of the agent at a place of the list, from 0 to omnize_agents_count() - 1; NULL for any other place. In the client's
 * encoding; valid until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no
 * such text.
 */
const char *omnize_agents_id(const omnize_agents *list,
                             int64_t index,
                             int64_t *length);

/**
 * The name of the agent at a place of the list; NULL for a place that is none. In the client's encoding; valid until the
 * list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
 */
const char *omnize_agents_name(const omnize_agents *list,
                               int64_t index,
                               int64_t *length);

/**
 * Frees a list. NULL, and one that was freed before, do nothing.
 */
void omnize_agents_free(omnize_agents *list);

/**
 * Makes a history in which nothing was said yet. Its texts are in the encoding of `client`. The application owns it and frees
 * it with omnize_history_free. Statuses: OMNIZE_E_ARGUMENT where `history` is NULL.
 */
omnize_status omnize_history_new(const omnize_client *client,
                                 omnize_history **history,
                                 omnize_error **error);

/**
 * Adds what was said after all that was added before. `speaker` is an OMNIZE_SPEAKER_ value; `name` may be NULL; `at` is the
 * time in milliseconds since 1970-01-01 UTC. `text` has `length` bytes, or ends at its NUL where `length` is -1. `media` is
 * an OMNIZE_MEDIA_ value, and `url` where it is; NULL for OMNIZE_MEDIA_NONE. Statuses: OMNIZE_E_ARGUMENT where a value is out
 * of range or what is required is NULL; OMNIZE_E_ENCODING.
 */
omnize_status omnize_history_add(omnize_history *history,
                                 int32_t speaker,
                                 const char *name,
                                 int64_t at,
                                 const char *text,
                                 int64_t length,
                                 int32_t media,
                                 const char *url,
                                 omnize_error **error);

/**
 * The document: JSON in UTF-8, whatever the client's encoding is; NULL where `history` is no history. To be served as
 * application/json; it is as personal as what was said. Valid until the history is freed. `length` may be NULL; it receives
 * the length in bytes.
 */
const char *omnize_history_json(const omnize_history *history,
                                int64_t *length);

/**
 * Frees a history. NULL, and one that was freed before, do nothing.
 */
void omnize_history_free(omnize_history *history);

/**
 * Takes up an interaction that the service gave to the application, which is an external bot. `interaction_hash` is the one
 * that omnize_event_interaction_hash tells of an event of the kind OMNIZE_EVENT_NEW_INTERACTION, whose client id it is
 * too. What the conversation sends or posts are the bot's messages, and its finish is the bot's; typing, cleared, keystroke
 * and start are OMNIZE_E_UNSUPPORTED. Sends nothing and never blocks. The application owns the conversation and frees it with
 * omnize_conversation_free. Statuses: OMNIZE_E_UNSUPPORTED where the dialect has no external bots; OMNIZE_E_ARGUMENT where
 * the hash is empty or `conversation` is NULL; OMNIZE_E_ENCODING.
 */
omnize_status omnize_bot_attach(omnize_client *client,
                                const char *interaction_hash,
                                omnize_conversation **conversation,
                                omnize_error **error);

/**
 * Takes the interaction, as an external bot: makes the request. Blocks and ends as the requests of every conversation do.
 * Further status: OMNIZE_E_ARGUMENT where the conversation is not one of omnize_bot_attach.
 */
omnize_status omnize_bot_accept(omnize_conversation *conversation,
                                omnize_error **error);

/**
 * Gives the external bot's interaction to a department, or back to where it started where `department` is NULL: makes the
 * request. The bot has no part in it any more. Blocks and ends as the requests of every conversation do. Further statuses:
 * OMNIZE_E_DEPARTMENT where it is no number; OMNIZE_E_ARGUMENT where the conversation is not one of omnize_bot_attach.
 */
omnize_status omnize_bot_transfer(omnize_conversation *conversation,
                                  const char *department,
                                  omnize_error **error);

/**
 * Posts that the external bot takes the interaction, as omnize_conversation_post posts a message. Further status:
 * OMNIZE_E_ARGUMENT where the conversation is not one of omnize_bot_attach.
 */
omnize_status omnize_bot_post_accept(omnize_conversation *conversation,
                                     int64_t *ticket,
                                     omnize_error **error);

/**
 * Posts that the external bot gives its interaction to a department, or back to where it started where `department` is
 * NULL, as omnize_conversation_post posts a message. Further statuses: OMNIZE_E_DEPARTMENT where it is no number;
 * OMNIZE_E_ARGUMENT where the conversation is not one of omnize_bot_attach.
 */
omnize_status omnize_bot_post_transfer(omnize_conversation *conversation,
                                       const char *department,
                                       int64_t *ticket,
                                       omnize_error **error);

/**
 * Opens a listener with the options of `config` that begin with listen, except listen.path; it needs no token. `config` can
 * be freed or changed afterwards. Until a client is attached, whoever may post is answered 503. The application owns the
 * listener and frees it with omnize_listener_free. Statuses: OMNIZE_E_VALUE where the option listen is not set, or options
 * contradict each other; OMNIZE_E_LISTEN; OMNIZE_E_FILE where the certificate or its key can't be used; OMNIZE_E_SYSTEM;
 * OMNIZE_E_UNSUPPORTED; OMNIZE_E_ARGUMENT where `listener` is NULL.
 */
omnize_status omnize_listener_open(const omnize_config *config,
                                   omnize_listener **listener,
                                   omnize_error **error);

/**
 * Hands the triggers that come at `path` to `client` from now on; at a path with 128 random bits where `path` is NULL. It is
 * ASCII and begins with a slash. Where the client is closed, the service is answered 503, until the client is detached or
 * freed or another one is attached at its path. Statuses: OMNIZE_E_ARGUMENT where it is no path, or taken, or the client is
 * attached to this listener already; OMNIZE_E_SYSTEM; OMNIZE_E_ENCODING.
 */
omnize_status omnize_listener_attach(omnize_listener *listener,
                                     omnize_client *client,
                                     const char *path,
                                     omnize_error **error);

/**
 * Hands nothing to `client` any more; its path is answered 404. Freeing the client does the same. Statuses:
 * OMNIZE_E_ARGUMENT where it is not attached to this listener.
 */
omnize_status omnize_listener_detach(omnize_listener *listener, omnize_client *client, omnize_error **error);

/**
 * The webhook URL of an attached client, in ASCII: with the option listen.public_url, or else the address as it is reached on
 * this machine. NULL where the client is not attached, or a handle is none. Valid until the listener is freed. `length` may
 * be NULL; it receives the length in bytes.
 */
const char *omnize_listener_url(const omnize_listener *listener,
                                const omnize_client *client,
                                int64_t *length);

/**
 * How often the thing of this name was counted at this listener since it was opened, in `value`. The names are those of
 * omnize_statistic_name(); what a listener does not count is 0. Never blocks. Statuses: OMNIZE_E_ARGUMENT where there is no
 * such statistic, or `name` or `value` is NULL; OMNIZE_E_ENCODING.
 */
omnize_status omnize_listener_statistic(const omnize_listener *listener,
                                        const char *name,
                                        int64_t *value,
                                        omnize_error **error);

/**
 * Closes a listener: accepts nothing more and ends every connection; triggers that are being kept are answered first, if that
 * takes no longer than `timeout_ms` milliseconds (-1: without bound). Its clients stay open. Statuses: OMNIZE_E_CLOSED where
 * it was closed before; OMNIZE_E_ARGUMENT.
 */
omnize_status omnize_listener_close(omnize_listener *listener,
                                    int64_t timeout_ms,
                                    omnize_error **error);

/**
 * Frees a listener, and closes it first, without waiting, where it is open. NULL, and one that was freed before, do nothing.
 */
void omnize_listener_free(omnize_listener *listener);

/**
 * How many statistics there are.
 */
int32_t omnize_statistic_count(void);

/**
 * The name of a statistic, by its place from 0 to omnize_statistic_count() - 1; NULL for any other place. Valid for ever.
 */
const char *omnize_statistic_name(int32_t index);

/**
 * What a statistic counts, in English; NULL for a place that is none. Valid for ever.
 */
const char *omnize_statistic_description(int32_t index);

/**
 * How often the thing of this name was counted since the client was opened, in `value`. What a listener refuses is counted
 * by the listener: here it is told of the client's own, and omnize_listener_statistic() tells it of a shared one. Never blocks. Statuses:
 * OMNIZE_E_ARGUMENT where there is no such statistic, or `name` or `value` is NULL; OMNIZE_E_ENCODING.
 */
omnize_status omnize_client_statistic(const omnize_client *client,
                                      const char *name,
                                      int64_t *value,
                                      omnize_error **error);

/**
 * Has `callback` called with the library's messages up to `level`, an OMNIZE_LOG_ value, in the place of any callback
 * before; OMNIZE_LOG_OFF or NULL ends it. There is one log for the whole library. Messages hold no token and nothing
 * personal. What the library does inside the callback is not logged. `destroy` is called once with `user_data`, after
 * the last call of `callback`; also where this function fails. Statuses: OMNIZE_E_ARGUMENT where there is no such level.
 */
omnize_status omnize_log_set(int32_t level,
                             omnize_log_callback callback,
                             void *user_data,
                             omnize_destroy destroy,
                             omnize_error **error);

#ifdef __cplusplus
}  /* extern "C" */
#endif  /* __cplusplus */

#endif  /* OMNIZE_H */
