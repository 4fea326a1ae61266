// An interaction of one customer.

#ifndef OMNIZE_CONVERSATION_HPP
#define OMNIZE_CONVERSATION_HPP

#include <any>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <omnize.h>

#include "call.hpp"
#include "event.hpp"
#include "request.hpp"

namespace omnize {

/// The state of an interaction. Later versions may add values.
enum class state : std::int32_t {
    new_ = OMNIZE_STATE_NEW,                ///< No request was sent yet, or the start failed.
    starting = OMNIZE_STATE_STARTING,       ///< The start is in progress.
    waiting = OMNIZE_STATE_WAITING,         ///< It was started. No agent accepted it yet.
    active = OMNIZE_STATE_ACTIVE,           ///< An agent accepted it.
    finished = OMNIZE_STATE_FINISHED,       ///< The application or the agent finished it.
    unavailable = OMNIZE_STATE_UNAVAILABLE, ///< No agent is available.
};

/// Returns the name of a state, such as "active"; empty if this version does not recognize it.
inline std::string_view name(state state) noexcept {
    return detail::static_text(omnize_state_name(static_cast<std::int32_t>(state)));
}

/// An entry of client::interactions.
struct interaction {
    std::string client_id;                       ///< The customer's client id.
    std::string department;                      ///< The department of the start.
    omnize::state state;                         ///< The state: starting, waiting or active.
    std::chrono::system_clock::time_point since; ///< The time of the last state change, by this machine's clock.
    std::string bot_id;                          ///< The bot id of the start; empty if it had none.
    std::string current_department;              ///< The department after a transfer; otherwise that of the start.
};

/// The data of a customer that the agent sees. Missing fields are omitted.
struct customer {
    std::optional<std::string> name = {}, email = {}, phone = {}, cpf = {};
};

/// The events of one conversation, from conversation::events, for a range-based for. It can be iterated once.
class event_range {
  public:
    /// The end of the range.
    struct end_of_events {};

    /// Waits for the next event at each increment, and owns the current one.
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = event;
        using difference_type = std::ptrdiff_t;
        using pointer = event *;
        using reference = event &;

        explicit iterator(event_range *range) : range_(range) { ++*this; }
        event &operator*() { return *current_; }
        event *operator->() { return &*current_; }
        /// Frees the current event and waits for the next one.
        iterator &operator++() {
            current_.reset();
            current_ = range_->next();
            return *this;
        }
        friend bool operator==(const iterator &at, end_of_events) noexcept { return !at.current_; }
        friend bool operator!=(const iterator &at, end_of_events) noexcept { return at.current_.has_value(); }

      private:
        event_range *range_;
        std::optional<event> current_;
    };

    iterator begin() { return iterator(this); }       ///< Waits for the first event.
    end_of_events end() const noexcept { return {}; } ///< The end.

  private:
    friend class conversation;
    event_range(omnize_conversation *handle, milliseconds timeout) noexcept : handle_(handle), timeout_(timeout) {}

    std::optional<event> next() {
        omnize_event *next = nullptr;
        omnize_error *failure = nullptr;
        const omnize_status status = omnize_conversation_next(handle_, timeout_.count(), &next, &failure);
        if (status == OMNIZE_E_CLOSED) {
            omnize_error_free(failure);
            return std::nullopt;
        }
        if (status != OMNIZE_OK) throw error(status, failure);
        if (next == nullptr) return std::nullopt;
        return event(next);
    }

    omnize_conversation *handle_;
    milliseconds timeout_;
};

/// An interaction of one customer, from client::start, client::prepare or client::attach.
///
/// Requests block until the service responds, at most for the option timeout. If a request throws, error::delivery()
/// returns its delivery. Posted requests do not wait for the network. An event of the kind outcome reports their
/// delivery; its event_view::outcome has the ticket. With dispatch, it may come before the post function returns.
///
/// It may outlive its client. Its requests then throw OMNIZE_E_CLOSED. The destructor sends nothing.
class conversation {
  public:
    /// Sends a message of the customer.
    void send(std::string_view text) {
        detail::call(omnize_conversation_send, handle(), text.data(), static_cast<std::int64_t>(text.size()));
    }
    /// Sends a request with further fields.
    void send(const request &request) { detail::call(omnize_conversation_request, handle(), request.handle()); }
    /// Sends that the customer is typing.
    void typing() { detail::call(omnize_conversation_typing, handle()); }
    /// Sends that the customer stopped typing.
    void cleared() { detail::call(omnize_conversation_cleared, handle()); }
    /// Finishes the interaction.
    void finish() { detail::call(omnize_conversation_finish, handle()); }

    /// Posts the start of an interaction from client::prepare.
    ticket post_start(const customer &customer = {}) {
        return detail::result<ticket>(
            omnize_conversation_post_start, handle(), detail::request_text("name", customer.name),
            detail::request_text("email", customer.email), detail::request_text("phone", customer.phone),
            detail::request_text("cpf", customer.cpf));
    }
    /// Posts the start with a reference or an age limit.
    ticket post_start(const customer &customer, const post_options &options) {
        request start(*this, request_kind::start);
        if (customer.name) start.set("name", *customer.name);
        if (customer.email) start.set("email", *customer.email);
        if (customer.phone) start.set("phone", *customer.phone);
        if (customer.cpf) start.set("cpf", *customer.cpf);
        return post(start.set(options));
    }
    /// Posts a message of the customer.
    ticket post(std::string_view text) {
        return detail::result<ticket>(omnize_conversation_post, handle(), text.data(),
                                      static_cast<std::int64_t>(text.size()));
    }
    /// Posts a message with a reference or an age limit.
    ticket post(std::string_view text, const post_options &options) {
        return post(request(*this, request_kind::message).set("text", text).set(options));
    }
    /// Posts a request with further fields.
    ticket post(const request &request) {
        return detail::result<ticket>(omnize_conversation_post_request, handle(), request.handle());
    }
    /// Posts the finish of the interaction.
    ticket post_finish() { return detail::result<ticket>(omnize_conversation_post_finish, handle()); }
    /// Posts the finish with a reference or an age limit.
    ticket post_finish(const post_options &options) { return post(request(*this, request_kind::finish).set(options)); }
    /// Reports one keystroke of the customer. Call it for each key. The service receives one typing, and one cleared
    /// after the last key or before the message. Does not block, and has no outcome.
    void keystroke() { detail::call(omnize_conversation_keystroke, handle()); }

    /// Waits for the next event of this interaction; empty if none came in time, or the interaction has ended and its
    /// last event was returned. From the first call until this object is destroyed, client::next does not return events
    /// of this interaction.
    std::optional<event> next(milliseconds timeout) {
        if (auto *next = detail::result<omnize_event *>(omnize_conversation_next, handle(), timeout.count()))
            return event(next);
        return std::nullopt;
    }
    /// Returns the events of this interaction, for a range-based for. It ends after the last event of the interaction,
    /// if none came in time, or if the client is closed. The conversation must outlive it.
    event_range events(milliseconds timeout = forever) noexcept { return {handle(), timeout}; }

    /// Stores a copyable value with this object, instead of an earlier one. It is destroyed with this object, or before
    /// if another value is stored.
    template <class Value> void set_user_data(Value &&value) {
        // The library destroys it, also if the call fails.
        auto *owned = new std::any(std::forward<Value>(value));
        detail::call(omnize_conversation_set_user_data, handle(), static_cast<void *>(owned),
                     static_cast<omnize_destroy>(&destroy_user_data));
    }
    /// Returns the value of set_user_data, or a null pointer if no value of this type is stored.
    template <class Value> Value *user_data() const noexcept {
        return std::any_cast<Value>(static_cast<std::any *>(omnize_conversation_user_data(handle())));
    }

    /// Cancels all posted requests of the interaction that wait. Returns their number.
    std::int64_t cancel() { return detail::result<std::int64_t>(omnize_conversation_cancel, handle()); }

    /// Sets the timeout of later requests of this object; 0 restores the option timeout.
    void set_timeout(milliseconds timeout) { detail::call(omnize_conversation_set_timeout, handle(), timeout.count()); }
    /// Returns the state of the interaction.
    omnize::state state() const noexcept { return static_cast<omnize::state>(omnize_conversation_state(handle())); }
    /// The customer's client id.
    std::string_view client_id() const { return detail::text<omnize_conversation_client_id>(handle()); }
    /// The department for requests. While the interaction is open, it is that of its start.
    std::string_view department() const { return detail::text<omnize_conversation_department>(handle()); }
    /// The department that serves the customer, for display. It changes with a transfer.
    std::string_view current_department() const {
        return detail::text<omnize_conversation_current_department>(handle());
    }
    /// The interaction hash; empty if it is not known yet, or the dialect has no hashes.
    std::string_view interaction_hash() const { return detail::text<omnize_conversation_interaction_hash>(handle()); }
    omnize_conversation *handle() const noexcept { return handle_.get(); } ///< This object keeps the ownership.

  protected:
    friend class client;
    explicit conversation(omnize_conversation *handle) noexcept : handle_(handle) {}

  private:
    static void OMNIZE_CALL destroy_user_data(void *data) noexcept { delete static_cast<std::any *>(data); }
    std::unique_ptr<omnize_conversation, detail::deleter<omnize_conversation_free>> handle_;
};

inline request::request(const conversation &conversation, request_kind kind)
    : handle_(detail::result<omnize_request *>(omnize_request_new_for_conversation, conversation.handle(),
                                               static_cast<std::int32_t>(kind))) {}

} // namespace omnize

#endif
