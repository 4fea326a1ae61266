/*
 * omnize.hpp: customer chat over the Omnize service, for C++17. One header over omnize.h; link libomnize.
 *
 *     omnize::client client(omnize::config().set("token", "j4hl2kjh34...").set("listen", "0.0.0.0:8080"));
 *     auto listening = client.subscribe(omnize::event_kind::message, [](omnize::event_view event) {
 *         std::cout << event.client_id() << ": " << event.text() << '\n';
 *     });
 *     auto chat = client.start("1", "12", {"Joao", "joao@example.com"});
 *     chat.send("Bom dia!");
 *     while (client.poll(std::chrono::seconds(20)) > 0) {}
 *
 * omnize.h tells what each call does, blocks on and fails with, and has what needs no C++: the log, and the tables of
 * options, statuses and statistics. Here is what C++ adds.
 *
 * Errors. What is a failed status in C is an exception here, omnize::error. Texts that omnize.h takes without a length
 * must not hold a NUL: OMNIZE_E_ARGUMENT. An object that was moved from gives OMNIZE_E_HANDLE.
 *
 * Objects own what they stand for and can be moved, not copied. Their destructors never throw. A std::string_view that
 * comes out is valid for as long as the object that it was asked of.
 *
 * Callbacks are any function object that takes an event_view, move-only ones included. It is destroyed once, after its
 * last call: what it refers to must live until then. The destructors of subscription and client see to that: they wait
 * for callbacks that run on other threads, unless a callback of this client destroys them. So destroy neither while
 * holding a lock that a callback takes, and not a client and its subscriptions at the same time on two threads.
 *
 * Exceptions of callbacks never get into the library. Those thrown in client::poll come out of it: all callbacks that
 * are due run nevertheless, then the first exception is thrown, and each further one by a following poll, before that
 * does anything else. Those thrown on threads of client::dispatch are handed to the function that dispatch is given.
 *
 * Threads. Every member function can be called on any thread, also on several at once and in callbacks; constructing,
 * moving and destroying an object is for one thread alone. Callbacks run on the thread that polls, or on those of the
 * library after client::dispatch; those of one interaction never overlap.
 */

#ifndef OMNIZE_HPP
#define OMNIZE_HPP

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <omnize.h>

namespace omnize {

using std::chrono::milliseconds;

/// A timeout that never ends.
inline constexpr milliseconds forever{-1};

/// What became of a request.
enum class delivery : std::int32_t {
    none = OMNIZE_DELIVERY_NONE,         ///< No request was made.
    accepted = OMNIZE_DELIVERY_ACCEPTED, ///< The service accepted it.
    rejected = OMNIZE_DELIVERY_REJECTED, ///< The service refused it.
    not_sent = OMNIZE_DELIVERY_NOT_SENT, ///< The service surely has not received it.
    unknown = OMNIZE_DELIVERY_UNKNOWN,   ///< The service may or may not have received it.
};

/// What an event says. A later library may give values that are not here.
enum class event_kind : std::int32_t {
    any = OMNIZE_EVENT_ANY,                         ///< Every kind, where a subscription asks for one.
    unknown = OMNIZE_EVENT_UNKNOWN,                 ///< Something new; event_view::raw has it.
    accepted = OMNIZE_EVENT_ACCEPTED,               ///< An agent has accepted the interaction.
    unavailable = OMNIZE_EVENT_UNAVAILABLE,         ///< No agent is available.
    finish = OMNIZE_EVENT_FINISH,                   ///< The agent has finished the interaction.
    typing = OMNIZE_EVENT_TYPING,                   ///< The agent types.
    cleared = OMNIZE_EVENT_CLEARED,                 ///< The agent has stopped typing.
    message = OMNIZE_EVENT_MESSAGE,                 ///< The agent's message; event_view::text has it.
    queued = OMNIZE_EVENT_QUEUED,                   ///< The customer waits behind others.
    transferred = OMNIZE_EVENT_TRANSFERRED,         ///< The interaction was given to a department.
    new_interaction = OMNIZE_EVENT_NEW_INTERACTION, ///< One was given to the application, an external bot.
    outcome = OMNIZE_EVENT_OUTCOME,                 ///< A request posted by the functions of omnize.h has ended.
};

/// The name of a kind, such as "accepted"; empty for one that this library does not know.
inline std::string_view name(event_kind kind) noexcept {
    const char *name = omnize_event_kind_name(static_cast<std::int32_t>(kind));
    return name == nullptr ? std::string_view() : name;
}

namespace detail {
/// Frees a handle of the library, as a deleter of std::unique_ptr, which never looks behind it.
template <auto Free> struct freed {
    template <class Handle> void operator()(Handle *handle) const noexcept { Free(handle); }
};
} // namespace detail

/// Why a call failed. what() says what was wrong, what was expected and what to do; it holds nothing personal.
class error : public std::runtime_error {
  public:
    /// One that the library handed over, which is freed, with the status that came with it.
    error(omnize_status status, omnize_error *handed_over) : error(status, owned(handed_over)) {}
    /// One that the library knows nothing of.
    error(omnize_status status, const std::string &message) : std::runtime_error(message), status_(status) {}

    omnize_status status() const noexcept { return status_; }        ///< An OMNIZE_E_ value.
    omnize::delivery delivery() const noexcept { return delivery_; } ///< What became of the request.
    int http_status() const noexcept { return http_status_; }        ///< Of the service's answer; 0: there was none.
    /// Whether the same call may succeed later and making it again does no harm.
    bool retryable() const noexcept { return retryable_; }
    /// The body of the service's answer, redacted; empty where there was none.
    std::string_view body() const noexcept { return body_ ? std::string_view(*body_) : std::string_view(); }

  private:
    using owned = std::unique_ptr<omnize_error, detail::freed<omnize_error_free>>;
    error(omnize_status status, const owned &handle)
        : std::runtime_error(message(status, handle.get())), status_(status),
          delivery_(static_cast<omnize::delivery>(omnize_error_delivery(handle.get()))),
          http_status_(omnize_error_http_status(handle.get())), retryable_(omnize_error_retryable(handle.get()) != 0) {
        std::int64_t length = 0;
        if (const char *body = omnize_error_body(handle.get(), &length); length > 0)
            body_ = std::make_shared<const std::string>(body, static_cast<std::size_t>(length));
    }

    static std::string message(omnize_status status, const omnize_error *handle) {
        const char *text = omnize_error_message(handle, nullptr); // null: a forked child, or no memory for an error
        return text != nullptr ? text : "status " + std::to_string(status);
    }
    omnize_status status_;
    omnize::delivery delivery_ = omnize::delivery::none;
    int http_status_ = 0;
    bool retryable_ = false;
    std::shared_ptr<const std::string> body_; // shared, because copying an exception must not throw
};

namespace detail {
/// Calls a function of the library, and throws where it fails.
template <class Function, class... Arguments> void call(Function *function, const Arguments &...arguments) {
    omnize_error *failure = nullptr;
    if (omnize_status status = function(arguments..., &failure); status != OMNIZE_OK) throw error(status, failure);
}

/// Calls a function of the library that gives something, and throws where it fails.
template <class Result, class Function, class... Arguments>
Result result(Function *function, const Arguments &...arguments) {
    Result result{};
    call(function, arguments..., &result);
    return result;
}

/// Reads a text of a handle.
template <auto Function, class Handle> std::string_view text(const Handle *handle) {
    std::int64_t length = 0;
    const char *bytes = Function(handle, &length);
    if (bytes == nullptr) throw error(OMNIZE_E_HANDLE, "the object was moved from, or the event is over");
    return {bytes, static_cast<std::size_t>(length)};
}

/// A text that ends at its NUL, or NULL.
struct c_text {
    c_text(const char *name, std::optional<std::string_view> text) : text_(text) {
        if (text_ && text_->find('\0') != std::string::npos)
            throw error(OMNIZE_E_ARGUMENT, std::string(name) + " holds a NUL, and what follows it would be lost");
    }
    operator const char *() const noexcept { return text_ ? text_->c_str() : nullptr; }
    std::optional<std::string> text_;
};

/// What a client, its subscriptions and its callbacks have in common. Any of them may be the last to go.
class bond {
  public:
    void add(std::int64_t subscription) {
        std::lock_guard lock(mutex_);
        live_.insert(subscription);
    }

    void end(omnize_client *client, std::int64_t subscription) noexcept {
        // It fails where the client has ended the subscription: nothing is left to do then.
        omnize_client_unsubscribe(client, subscription, nullptr);
        std::lock_guard lock(mutex_);
        live_.erase(subscription);
    }

    /// Ends all, and waits for callbacks that run, which omnize_client_free alone does not.
    void end(omnize_client *client) noexcept {
        std::unique_lock lock(mutex_);
        const auto live = std::move(live_);
        lock.unlock();
        for (std::int64_t subscription : live) omnize_client_unsubscribe(client, subscription, nullptr);
        omnize_client_free(client);
    }

    /// Takes what a callback threw: for the handler, or else for the next poll.
    void caught(std::exception_ptr thrown) noexcept try {
        std::unique_lock lock(mutex_);
        if (!handler_) return thrown_.push_back(std::move(thrown));
        const auto handler = handler_;
        lock.unlock();
        handler(std::move(thrown));
    } catch (...) {
        // The handler threw, or there is no memory: nobody is left to tell.
    }

    void rethrow() {
        std::lock_guard lock(mutex_);
        if (thrown_.empty()) return;
        const std::exception_ptr first = std::move(thrown_.front());
        thrown_.pop_front();
        std::rethrow_exception(first);
    }

    /// Sets the handler, and gives the one before.
    std::function<void(std::exception_ptr)> handle_with(std::function<void(std::exception_ptr)> handler) {
        std::lock_guard lock(mutex_);
        return std::exchange(handler_, std::move(handler));
    }

  private:
    std::mutex mutex_;
    std::set<std::int64_t> live_;
    std::deque<std::exception_ptr> thrown_;
    std::function<void(std::exception_ptr)> handler_;
};

struct closed {
    std::shared_ptr<detail::bond> bond;
    void operator()(omnize_client *client) const noexcept { bond->end(client); }
};
struct unsubscribed {
    std::shared_ptr<detail::bond> bond;
    std::int64_t id = 0;
    void operator()(omnize_client *client) const noexcept { bond->end(client, id); }
};
} // namespace detail

/// The options of clients that are to be opened. The documentation lists them, and omnize_option_name.
class config {
  public:
    /// Every option at its default.
    config() : handle_(detail::result<omnize_config *>(omnize_config_new)) {}

    /// Sets an option.
    config &set(std::string_view name, std::string_view value) {
        detail::call(omnize_config_set, handle(), detail::c_text("name", name), detail::c_text("value", value));
        return *this;
    }

    /// The value of an option, or its default; a secret that is set reads "[redacted]".
    std::string get(std::string_view name) const {
        return detail::result<const char *>(omnize_config_get, handle(), detail::c_text("name", name));
    }

    /// Sets each option whose environment variable is there, such as OMNIZE_TOKEN.
    config &load_env() { return detail::call(omnize_config_load_env, handle()), *this; }

    /// Sets the options that an INI file holds.
    config &load_file(std::string_view path) {
        return detail::call(omnize_config_load_file, handle(), detail::c_text("path", path)), *this;
    }
    omnize_config *handle() const noexcept { return handle_.get(); } ///< Stays this object's.

  private:
    std::unique_ptr<omnize_config, detail::freed<omnize_config_free>> handle_;
};

class event;

/// A look at an event that another owns: what callbacks get. It is over when the callback returns or the owner goes;
/// its texts throw OMNIZE_E_HANDLE then, and its numbers are 0.
class event_view {
  public:
    /// Looks at an event of omnize.h.
    explicit event_view(const omnize_event *handle) noexcept : handle_(handle) {}

    /// What it says.
    event_kind kind() const noexcept { return static_cast<event_kind>(omnize_event_kind(handle_)); }
    /// The id that the application gave the customer.
    std::string_view client_id() const { return detail::text<omnize_event_client_id>(handle_); }
    /// The agent's message, which may hold NUL; empty for other kinds.
    std::string_view text() const { return detail::text<omnize_event_text>(handle_); }
    /// The trigger's body, byte for byte as the service posted it.
    std::string_view raw() const { return detail::text<omnize_event_raw>(handle_); }
    /// Whether client id and text are not all that the service sent; raw() is.
    bool replaced() const noexcept { return omnize_event_replaced(handle_) != 0; }
    /// Its place in the order in which its client received, from 1.
    std::int64_t sequence() const noexcept { return omnize_event_sequence(handle_); }
    /// When it was received, by this machine's clock.
    std::chrono::system_clock::time_point received_at() const noexcept {
        return std::chrono::system_clock::time_point(milliseconds(omnize_event_received_at(handle_)));
    }
    /// Whether an earlier run of the application received it, so that it comes again from the store.
    bool redelivered() const noexcept { return omnize_event_redelivered(handle_) != 0; }
    /// Says that it is handled. Needed only where the option ack is manual.
    void ack() const { detail::call(omnize_event_ack, handle_); }
    /// The event of a callback for longer than the callback.
    event keep() const;
    const omnize_event *handle() const noexcept { return handle_; } ///< For functions of omnize.h.

  protected:
    const omnize_event *handle_;
};

/// An event of the application's own.
class event : public event_view {
  public:
    /// Takes over an event of omnize.h that is the application's own.
    explicit event(omnize_event *handle) noexcept : event_view(handle) {}
    event(event &&other) noexcept : event_view(std::exchange(other.handle_, nullptr)) {}
    event &operator=(event other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~event() { omnize_event_free(const_cast<omnize_event *>(handle_)); }
};

inline event event_view::keep() const {
    omnize_event *kept = nullptr;
    detail::call(omnize_event_keep, handle_, &kept);
    return event(kept);
}

/// A callback, for as long as this lives. Destroying it waits for a call that runs on another thread; in a callback of
/// its client it does not, and a call that runs is the last.
class subscription {
  public:
    subscription() = default;                   ///< None.
    void cancel() noexcept { client_.reset(); } ///< Ends it, as destroying it does.

  private:
    friend class client;
    subscription(omnize_client *client, detail::unsubscribed end) noexcept : client_(client, std::move(end)) {}
    std::unique_ptr<omnize_client, detail::unsubscribed> client_; // known as stale once the client is gone
};

/// What the agent is told of a customer; what is not given is not sent.
struct customer {
    std::optional<std::string> name = {}, email = {}, phone = {}, cpf = {};
};

/// One customer's interaction, made by client::start and client::attach. Its requests block until the service has
/// answered, at the most for as long as the option timeout says; where one throws, error::delivery() tells what became
/// of it. It may outlive its client, and throws OMNIZE_E_CLOSED then. Destroying it sends nothing.
class conversation {
  public:
    /// Sends the customer's message.
    void send(std::string_view text) {
        detail::call(omnize_conversation_send, handle(), text.data(), static_cast<std::int64_t>(text.size()));
    }
    /// Says that the customer types.
    void typing() { detail::call(omnize_conversation_typing, handle()); }
    /// Says that the customer has stopped typing.
    void cleared() { detail::call(omnize_conversation_cleared, handle()); }
    /// Finishes the interaction.
    void finish() { detail::call(omnize_conversation_finish, handle()); }
    /// The id that the application gave the customer.
    std::string_view client_id() const { return detail::text<omnize_conversation_client_id>(handle()); }
    /// The department that the customer talks to.
    std::string_view department() const { return detail::text<omnize_conversation_department>(handle()); }
    omnize_conversation *handle() const noexcept { return handle_.get(); } ///< Stays this object's.

  private:
    friend class client;
    explicit conversation(omnize_conversation *handle) noexcept : handle_(handle) {}
    std::unique_ptr<omnize_conversation, detail::freed<omnize_conversation_free>> handle_;
};

/// One token's conversations and events. Destroying it closes it, as close with no time does, and waits for callbacks.
class client {
  public:
    /// Opens it. Where the option listen is set, the webhook takes triggers from now on.
    explicit client(const config &config) : handle_(nullptr, {std::make_shared<detail::bond>()}) {
        handle_.reset(detail::result<omnize_client *>(omnize_client_open, config.handle()));
    }

    /// The webhook's URL as it is reached on this machine; empty where there is no listener.
    std::string_view webhook_url() const { return detail::text<omnize_client_webhook_url>(handle()); }
    /// A descriptor that is readable exactly while events wait, for select, epoll and their like.
    std::int64_t wake_fd() { return detail::result<std::int64_t>(omnize_client_wake_fd, handle()); }

    /// Starts an interaction: makes the request, and throws as every request does.
    conversation start(std::string_view department, std::string_view client_id, const customer &customer = {}) {
        return conversation(detail::result<omnize_conversation *>(
            omnize_conversation_start, handle(), detail::c_text("department", department),
            detail::c_text("client_id", client_id), detail::c_text("name", customer.name),
            detail::c_text("email", customer.email), detail::c_text("phone", customer.phone),
            detail::c_text("cpf", customer.cpf)));
    }

    /// Takes up an interaction that is already running. Sends nothing.
    conversation attach(std::string_view department, std::string_view client_id) {
        return conversation(detail::result<omnize_conversation *>(omnize_conversation_attach, handle(),
                                                                  detail::c_text("department", department),
                                                                  detail::c_text("client_id", client_id)));
    }

    /// Has a callback called with the events of one kind, or any, and of one customer, or of all.
    template <class Callback>
    [[nodiscard]] subscription subscribe(event_kind kind, std::optional<std::string_view> client_id,
                                         Callback &&callback) {
        using mine = called<std::decay_t<Callback>>;
        const auto bond = this->bond();
        const detail::c_text only("client_id", client_id);
        // The library destroys it, also where it does not take it.
        auto *made = new mine{std::forward<Callback>(callback), bond};
        const auto id = detail::result<std::int64_t>(omnize_client_subscribe, handle(), static_cast<std::int32_t>(kind),
                                                     only, &mine::call, made, &mine::destroy);
        subscription subscribed(handle(), {bond, id});
        bond->add(id);
        return subscribed;
    }

    /// The same, of all customers.
    template <class Callback> [[nodiscard]] subscription subscribe(event_kind kind, Callback &&callback) {
        return subscribe(kind, std::nullopt, std::forward<Callback>(callback));
    }

    /// Waits for an event, then runs the callbacks for all that wait, on this thread; returns how many events there
    /// were. Throws what callbacks threw, and OMNIZE_E_MODE in a callback.
    std::int64_t poll(milliseconds timeout = forever) {
        const auto bond = this->bond();
        bond->rethrow();
        const auto handled = detail::result<std::int64_t>(omnize_client_poll, handle(), timeout.count());
        bond->rethrow();
        return handled;
    }

    /// Waits for the next event; nothing where none came in time.
    std::optional<event> next(milliseconds timeout = forever) {
        event came(detail::result<omnize_event *>(omnize_client_next, handle(), timeout.count()));
        return came.handle() == nullptr ? std::nullopt : std::optional(std::move(came));
    }

    /// Has callbacks run on threads of the library, dispatch.threads of them. What one throws is handed to on_exception
    /// there, which must not throw itself: what it throws is dropped. A second call sets another on_exception.
    void dispatch(std::function<void(std::exception_ptr)> on_exception) {
        const auto bond = this->bond();
        if (!on_exception) throw error(OMNIZE_E_ARGUMENT, "on_exception is empty; it is required");
        auto before = bond->handle_with(std::move(on_exception));
        try {
            detail::call(omnize_client_dispatch, handle());
        } catch (...) {
            bond->handle_with(std::move(before));
            throw;
        }
    }

    /// Hands over the body of a trigger that the application's own web server received.
    void deliver(std::string_view body, std::optional<std::string_view> content_type = std::nullopt) {
        detail::call(omnize_client_deliver, handle(), body.data(), static_cast<std::int64_t>(body.size()),
                     detail::c_text("content_type", content_type));
    }

    /// How often the thing of this name was counted; omnize_statistic_name tells the names.
    std::int64_t statistic(std::string_view name) const {
        return detail::result<std::int64_t>(omnize_client_statistic, handle(), detail::c_text("name", name));
    }

    /// What close left.
    struct left {
        std::int64_t events = 0;   ///< Events that the application was not given.
        std::int64_t requests = 0; ///< Requests that were broken off.
    };

    /// Closes it, waiting so long for requests under way and for what dispatch threads have before them. No callback
    /// runs afterwards, but the last one where it throws OMNIZE_E_TIMEOUT.
    left close(milliseconds timeout) {
        left what;
        detail::call(omnize_client_close, handle(), timeout.count(), &what.events, &what.requests);
        return what;
    }
    omnize_client *handle() const noexcept { return handle_.get(); } ///< Stays this object's.

  private:
    /// What the library calls, and destroys when it calls it no more.
    template <class Callback> struct called {
        static_assert(std::is_invocable_v<Callback &, event_view>, "a callback takes an omnize::event_view");
        Callback callback;
        std::shared_ptr<detail::bond> bond;
        static void call(const omnize_event *event, void *self) noexcept {
            try {
                static_cast<called *>(self)->callback(event_view(event));
            } catch (...) {
                static_cast<called *>(self)->bond->caught(std::current_exception());
            }
        }
        static void destroy(void *self) noexcept { delete static_cast<called *>(self); }
    };

    std::shared_ptr<detail::bond> bond() const {
        if (!handle_) throw error(OMNIZE_E_HANDLE, "the client was moved from");
        return handle_.get_deleter().bond;
    }
    std::unique_ptr<omnize_client, detail::closed> handle_;
};

} // namespace omnize

#endif
