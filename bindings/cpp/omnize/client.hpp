// The conversations and events of one token.

#ifndef OMNIZE_CLIENT_HPP
#define OMNIZE_CLIENT_HPP

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <omnize.h>

#include "agents.hpp"
#include "bot.hpp"
#include "config.hpp"
#include "conversation.hpp"
#include "department.hpp"
#include "event.hpp"
#include "history.hpp"
#include "outbox.hpp"
#include "request.hpp"
#include "snapshot.hpp"
#include "subscription.hpp"

namespace omnize {

/// The part of the configuration that client::check has shown to be right. Later versions may add values.
enum class check_level : std::int32_t {
    connection = OMNIZE_CHECK_CONNECTION, ///< Name, TCP, TLS and proxy. The token was not sent.
    account = OMNIZE_CHECK_ACCOUNT,       ///< The service accepted a harmless request with the token.
};

/// Returns the name of a level, such as "account"; empty if this version does not recognize it.
inline std::string_view name(check_level level) noexcept {
    return detail::static_text(omnize_check_level_name(static_cast<std::int32_t>(level)));
}

/// The conversations and events of one token. The destructor closes it with a timeout of 0, and waits for callbacks.
class client {
  public:
    /// Opens the client. If the option listen is set, it accepts triggers from now on.
    explicit client(const config &config) : handle_(nullptr, {std::make_shared<detail::shared_state>()}) {
        handle_.reset(detail::result<omnize_client *>(omnize_client_open, config.handle()));
    }

    /// Returns the URL of the client's own webhook; empty if it has none. listener::url returns the URL at a shared
    /// listener.
    std::string_view webhook_url() const { return detail::text<omnize_client_webhook_url>(handle()); }
    /// Returns a descriptor that is readable exactly while events are queued, for select, epoll and similar loops. On
    /// Windows, throws an error with OMNIZE_E_UNSUPPORTED.
    std::int64_t wake_fd() { return detail::result<std::int64_t>(omnize_client_wake_fd, handle()); }
    /// Returns the HANDLE of an event of Windows that is signalled exactly while events are queued. The client owns it.
    /// On other systems, throws an error with OMNIZE_E_UNSUPPORTED.
    void *wake_handle() { return detail::result<void *>(omnize_client_wake_handle, handle()); }
    /// Posts a message to a window of Windows when events are queued, and again after each poll or next that leaves
    /// events in the queue. `window` is an HWND, or nullptr to end the messages.
    void wake_message(void *window, std::uint32_t message) {
        detail::call(omnize_client_wake_message, handle(), window, message);
    }

    /// Starts an interaction, and blocks until the service responds.
    conversation start(std::string_view department, std::string_view client_id, const customer &customer = {}) {
        return conversation(detail::result<omnize_conversation *>(
            omnize_conversation_start, handle(), detail::request_text("department", department),
            detail::request_text("client_id", client_id), detail::request_text("name", customer.name),
            detail::request_text("email", customer.email), detail::request_text("phone", customer.phone),
            detail::request_text("cpf", customer.cpf)));
    }

    /// Creates a conversation that conversation::post_start starts later. Sends nothing.
    conversation prepare(std::string_view department, std::string_view client_id) {
        return of(omnize_conversation_prepare, department, client_id);
    }

    /// Creates a conversation for an open interaction. Its state is that of interactions(), or active if it is not
    /// listed. Sends nothing.
    conversation attach(std::string_view department, std::string_view client_id) {
        return of(omnize_conversation_attach, department, client_id);
    }

    /// Creates a conversation for the open interaction with this hash. Sends nothing.
    conversation attach(std::string_view department, std::string_view client_id, std::string_view interaction_hash) {
        return conversation(detail::result<omnize_conversation *>(
            omnize_conversation_attach_to, handle(), detail::c_text("department", department),
            detail::c_text("client_id", client_id), detail::c_text("interaction_hash", interaction_hash)));
    }

    /// Creates a conversation for an interaction of the application's external bot. The hash is
    /// event_view::interaction_hash of the event new_interaction. Sends nothing.
    bot bot_attach(std::string_view interaction_hash) {
        return bot(detail::result<omnize_conversation *>(omnize_bot_attach, handle(),
                                                         detail::c_text("interaction_hash", interaction_hash)));
    }

    /// Checks the configuration, for example at the start of the application. Sends the list of departments if the
    /// dialect has it; otherwise opens a connection and sends nothing. Blocks at most for `timeout` (0: the option
    /// timeout). Throws OMNIZE_E_AUTH if the service rejects the token.
    check_level check(milliseconds timeout = milliseconds(0)) {
        return static_cast<check_level>(detail::result<std::int32_t>(omnize_client_check, handle(), timeout.count()));
    }

    /// Requests the departments, and blocks until the service responds. The dialect gateway requires the client id.
    std::vector<department> departments(std::optional<std::string_view> client_id = std::nullopt) {
        return detail::departments_of(detail::result<omnize_departments *>(
            omnize_departments_list, handle(), detail::request_text("client_id", client_id)));
    }

    /// Requests the online agents of a department, and blocks until the service responds.
    agents agents_online(std::string_view department) {
        return detail::agents_of(detail::result<omnize_agents *>(omnize_agents_online, handle(),
                                                                 detail::request_text("department", department)));
    }

    /// Sends a message to a department while no agent is available. The request is of the kind off_hours. Afterwards,
    /// request::interaction_hash returns the hash of the new interaction.
    void off_hours(std::string_view department, request &request) {
        detail::call(omnize_client_off_hours, handle(), detail::request_text("department", department),
                     request.handle());
    }

    /// Posts the request of departments(). event_view::departments returns the list of the outcome, which belongs to no
    /// customer. A store contains neither the request nor its outcome.
    ticket post_departments(std::optional<std::string_view> client_id = std::nullopt) {
        return detail::result<ticket>(omnize_departments_post, handle(), detail::request_text("client_id", client_id));
    }

    /// Posts the request of agents_online(). event_view::agents returns the list of the outcome, which belongs to no
    /// customer. A store contains neither the request nor its outcome.
    ticket post_agents_online(std::string_view department) {
        return detail::result<ticket>(omnize_agents_post, handle(), detail::request_text("department", department));
    }

    /// Posts a message to a department while no agent is available. The request is of the kind off_hours, and may have
    /// post_options. event_view::interaction_hash of the outcome is the hash of the new interaction. The outcome
    /// belongs to no customer.
    ticket post_off_hours(std::string_view department, const request &request) {
        return detail::result<ticket>(omnize_client_post_off_hours, handle(),
                                      detail::request_text("department", department), request.handle());
    }

    /// Returns the open interactions, with and without a conversation. With a store, the list includes those of earlier
    /// processes. The interaction with the oldest state change comes first.
    std::vector<interaction> interactions() const {
        const std::unique_ptr<omnize_interactions, detail::deleter<omnize_interactions_free>> list(
            detail::result<omnize_interactions *>(omnize_interactions_list, handle()));
        std::vector<interaction> open;
        for (std::int64_t i = 0; i < omnize_interactions_count(list.get()); i++) {
            open.push_back({detail::text_at<omnize_interactions_client_id>(list.get(), i),
                            detail::text_at<omnize_interactions_department>(list.get(), i),
                            static_cast<omnize::state>(omnize_interactions_state(list.get(), i)),
                            detail::time(omnize_interactions_since(list.get(), i)),
                            detail::text_at<omnize_interactions_bot_id>(list.get(), i),
                            detail::text_at<omnize_interactions_current_department>(list.get(), i)});
        }
        return open;
    }

    /// Returns the posted requests that wait or are in progress, in the order of their tickets. With a store, the list
    /// includes those of earlier processes.
    std::vector<outbox_entry> outbox() const {
        return detail::outbox_of(detail::result<omnize_outbox *>(omnize_outbox_list, handle()));
    }
    /// Returns the number of posted requests that wait or are in progress.
    std::int64_t outbox_count() const { return detail::result<std::int64_t>(omnize_client_outbox_count, handle()); }
    /// Cancels a posted request that waits. Its outcome has the status OMNIZE_E_CANCELLED. Throws OMNIZE_E_STATE if it
    /// is in progress, has ended, or is not in this outbox.
    void cancel(omnize::ticket ticket) { detail::call(omnize_client_cancel, handle(), ticket); }
    /// Blocks until all requests that were posted before have an outcome, at most for the timeout. If it throws,
    /// error::requests_left is the number of remaining requests.
    void flush(milliseconds timeout = forever) { detail::call(omnize_client_flush, handle(), timeout.count()); }
    /// Pauses the sending of posted requests. Requests in progress continue.
    void pause() { detail::call(omnize_client_pause, handle()); }
    /// Resumes the sending of posted requests.
    void resume() { detail::call(omnize_client_resume, handle()); }
    /// Returns whether the sending of posted requests is paused.
    bool is_paused() const noexcept { return omnize_client_is_paused(handle()) != 0; }

    /// Registers a callback for the events of one kind, or any, and of one customer, or all.
    template <class Callback>
    [[nodiscard]] subscription subscribe(event_kind kind, std::optional<std::string_view> client_id,
                                         Callback &&callback) {
        using callback_type = event_callback<std::decay_t<Callback>>;
        const auto shared_state = this->shared_state();
        const detail::c_text filter("client_id", client_id);
        // The library destroys it, also if the call fails.
        auto *owned = new callback_type{std::forward<Callback>(callback), shared_state};
        const auto id = detail::result<std::int64_t>(omnize_client_subscribe, handle(), static_cast<std::int32_t>(kind),
                                                     filter, &callback_type::call, owned, &callback_type::destroy);
        subscription subscribed(handle(), {shared_state, id});
        shared_state->add(id);
        return subscribed;
    }

    /// Registers a callback for the events of all customers.
    template <class Callback> [[nodiscard]] subscription subscribe(event_kind kind, Callback &&callback) {
        return subscribe(kind, std::nullopt, std::forward<Callback>(callback));
    }

    /// Waits for an event, then runs the callbacks of all queued events on this thread, or of at most maximum events if
    /// it is not 0. Returns the number of events. Throws exceptions of callbacks, and OMNIZE_E_MODE inside a callback.
    /// With a store, an event whose callback threw is redelivered after a restart.
    std::int64_t poll(milliseconds timeout = forever, std::int64_t maximum = 0) {
        const auto shared_state = this->shared_state();
        shared_state->rethrow();
        const auto delivered = detail::result<std::int64_t>(omnize_client_poll, handle(), maximum, timeout.count());
        shared_state->rethrow();
        return delivered;
    }

    /// Waits for the next event. Returns an empty value if none came in time.
    std::optional<event> next(milliseconds timeout = forever) {
        event received(detail::result<omnize_event *>(omnize_client_next, handle(), timeout.count()));
        return received.handle() == nullptr ? std::nullopt : std::optional(std::move(received));
    }

    /// Starts dispatch.threads threads of the library that run callbacks. on_exception receives the exceptions of
    /// callbacks there. It must not throw; its exceptions are dropped. A second call replaces on_exception.
    void dispatch(std::function<void(std::exception_ptr)> on_exception) {
        const auto shared_state = this->shared_state();
        if (!on_exception) throw error(OMNIZE_E_ARGUMENT, "on_exception is empty; it is required");
        auto before = shared_state->handle_with(std::move(on_exception));
        try {
            detail::call(omnize_client_dispatch, handle());
        } catch (...) {
            shared_state->handle_with(std::move(before));
            throw;
        }
    }

    /// Passes an inbound trigger: the body of a request that the application's own web server received.
    void deliver(std::string_view body, std::optional<std::string_view> content_type = std::nullopt) {
        detail::call(omnize_client_deliver, handle(), body.data(), static_cast<std::int64_t>(body.size()),
                     detail::c_text("content_type", content_type));
    }
    // Passes an inbound trigger as above, and decompresses its body.
    void deliver_compressed(std::string_view body, std::optional<std::string_view> content_type,
                            std::optional<std::string_view> content_encoding) {
        detail::call(omnize_client_deliver_compressed, handle(), body.data(), static_cast<std::int64_t>(body.size()),
                     detail::c_text("content_type", content_type),
                     detail::c_text("content_encoding", content_encoding));
    }

    /// Copies all statistics, with those of the client's own listener.
    omnize::snapshot snapshot() const {
        return omnize::snapshot(detail::result<omnize_snapshot *>(omnize_client_snapshot, handle()));
    }
    /// Returns the value of a statistic; omnize::statistics() lists the names.
    std::int64_t statistic(std::string_view name) const {
        return detail::result<std::int64_t>(omnize_client_statistic, handle(), detail::c_text("name", name));
    }

    /// The result of close.
    struct close_report {
        std::int64_t events = 0;   ///< Undelivered events.
        std::int64_t requests = 0; ///< Aborted requests, and unsent posted requests.
    };

    /// Closes the client. Blocks at most `timeout` for requests in progress and for the dispatch threads. Afterwards no
    /// callback runs. If a callback still runs, it throws OMNIZE_E_TIMEOUT with error::events_left and
    /// error::requests_left.
    close_report close(milliseconds timeout) {
        close_report report;
        detail::call(omnize_client_close, handle(), timeout.count(), &report.events, &report.requests);
        return report;
    }
    omnize_client *handle() const noexcept { return handle_.get(); } ///< This object keeps the ownership.

  private:
    /// The callback as the library calls and destroys it.
    template <class Callback> struct event_callback {
        static_assert(std::is_invocable_v<Callback &, event_view>, "a callback takes an omnize::event_view");
        Callback callback;
        std::shared_ptr<detail::shared_state> shared_state;
        static void OMNIZE_CALL call(const omnize_event *event, void *self) noexcept {
            try {
                static_cast<event_callback *>(self)->callback(event_view(event));
            } catch (...) {
                omnize_event_nack(event, nullptr);
                static_cast<event_callback *>(self)->shared_state->caught(std::current_exception());
            }
        }
        static void OMNIZE_CALL destroy(void *self) noexcept { delete static_cast<event_callback *>(self); }
    };

    template <class Function>
    conversation of(Function *function, std::string_view department, std::string_view client_id) {
        return conversation(detail::result<omnize_conversation *>(
            function, handle(), detail::c_text("department", department), detail::c_text("client_id", client_id)));
    }

    std::shared_ptr<detail::shared_state> shared_state() const {
        if (!handle_) throw error(OMNIZE_E_HANDLE, "the client was moved from");
        return handle_.get_deleter().shared_state;
    }
    std::unique_ptr<omnize_client, detail::close_deleter> handle_;
};

inline request::request(const client &client, request_kind kind)
    : handle_(detail::result<omnize_request *>(omnize_request_new, client.handle(), static_cast<std::int32_t>(kind))) {}

inline history::history(const client &client)
    : handle_(detail::result<omnize_history *>(omnize_history_new, client.handle())) {}

} // namespace omnize

#endif
