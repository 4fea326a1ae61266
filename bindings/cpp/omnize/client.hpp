// One token's conversations and events.

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
#include "request.hpp"
#include "subscription.hpp"

namespace omnize {

/// One token's conversations and events. Destroying it closes it, as close with no time does, and waits for callbacks.
class client {
  public:
    /// Opens it. Where the option listen is set, the webhook takes triggers from now on.
    explicit client(const config &config) : handle_(nullptr, {std::make_shared<detail::bond>()}) {
        handle_.reset(detail::result<omnize_client *>(omnize_client_open, config.handle()));
    }

    /// The URL of this client's own webhook; empty where it has none. listener::url tells that of a shared one.
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

    /// Makes a conversation that is still to be started, by conversation::post_start. Sends nothing.
    conversation prepare(std::string_view department, std::string_view client_id) {
        return of(omnize_conversation_prepare, department, client_id);
    }

    /// Takes up an interaction that is already running: one of interactions() where it is; another one counts as
    /// active. Sends nothing.
    conversation attach(std::string_view department, std::string_view client_id) {
        return of(omnize_conversation_attach, department, client_id);
    }

    /// Takes up an interaction that is already running, and that the service knows by this hash. Sends nothing.
    conversation attach(std::string_view department, std::string_view client_id, std::string_view interaction_hash) {
        return conversation(detail::result<omnize_conversation *>(
            omnize_conversation_attach_to, handle(), detail::c_text("department", department),
            detail::c_text("client_id", client_id), detail::c_text("interaction_hash", interaction_hash)));
    }

    /// Takes up an interaction that the service gave to the application, which is an external bot: that of an event of
    /// the kind new_interaction, whose event_view::interaction_hash is wanted. Sends nothing.
    bot attach_bot(std::string_view interaction_hash) {
        return bot(detail::result<omnize_conversation *>(omnize_bot_attach, handle(),
                                                         detail::c_text("interaction_hash", interaction_hash)));
    }

    /// Asks the service for its departments: makes a request. The dialect gateway wants the customer for whom it is
    /// asked.
    std::vector<department> departments(std::optional<std::string_view> client_id = std::nullopt) {
        return detail::departments_of(detail::result<omnize_departments *>(omnize_departments_list, handle(),
                                                                           detail::c_text("client_id", client_id)));
    }

    /// Asks the service which agents of a department are there: makes a request.
    agents agents_online(std::string_view department) {
        return detail::agents_of(
            detail::result<omnize_agents *>(omnize_agents_online, handle(), detail::c_text("department", department)));
    }

    /// Leaves a customer's message with a department while no agent is there: makes a request of the kind off_hours.
    /// request::interaction_hash tells afterwards which interaction the service has made of it.
    void off_hours(std::string_view department, request &request) {
        detail::call(omnize_client_off_hours, handle(), detail::c_text("department", department), request.handle());
    }

    /// The interactions that are under way, whether a conversation is about them or not; with the option store, also
    /// those that an earlier run has left. Those that have been where they are for the longest time come first.
    std::vector<interaction> interactions() const {
        const std::unique_ptr<omnize_interactions, detail::freed<omnize_interactions_free>> list(
            detail::result<omnize_interactions *>(omnize_interactions_list, handle()));
        std::vector<interaction> open;
        for (std::int64_t i = 0; i < omnize_interactions_count(list.get()); i++) {
            open.push_back({detail::text_at<omnize_interactions_client_id>(list.get(), i),
                            detail::text_at<omnize_interactions_department>(list.get(), i),
                            static_cast<omnize::state>(omnize_interactions_state(list.get(), i)),
                            detail::time(omnize_interactions_since(list.get(), i)),
                            detail::text_at<omnize_interactions_bot_id>(list.get(), i)});
        }
        return open;
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
    /// were. Throws what callbacks threw, and OMNIZE_E_MODE in a callback. With a store, an event whose callback threw
    /// comes again after the next start.
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
    // The same for a body that may be compressed.
    void deliver_compressed(std::string_view body, std::optional<std::string_view> content_type,
                            std::optional<std::string_view> content_encoding) {
        detail::call(omnize_client_deliver_compressed, handle(), body.data(), static_cast<std::int64_t>(body.size()),
                     detail::c_text("content_type", content_type),
                     detail::c_text("content_encoding", content_encoding));
    }

    /// How often the thing of this name was counted; omnize::statistics() tells the names.
    std::int64_t statistic(std::string_view name) const {
        return detail::result<std::int64_t>(omnize_client_statistic, handle(), detail::c_text("name", name));
    }

    /// What close left.
    struct left {
        std::int64_t events = 0;   ///< Events that the application was not given.
        std::int64_t requests = 0; ///< Requests that were broken off or, where they were posted, not sent.
    };

    /// Closes it, waiting so long for requests under way and for what dispatch threads have before them. No callback
    /// runs afterwards, but the last one where it throws OMNIZE_E_TIMEOUT, and error::events_left and
    /// error::requests_left tell what was left.
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
                omnize_event_nack(event, nullptr);
                static_cast<called *>(self)->bond->caught(std::current_exception());
            }
        }
        static void destroy(void *self) noexcept { delete static_cast<called *>(self); }
    };

    template <class Function>
    conversation of(Function *function, std::string_view department, std::string_view client_id) {
        return conversation(detail::result<omnize_conversation *>(
            function, handle(), detail::c_text("department", department), detail::c_text("client_id", client_id)));
    }

    std::shared_ptr<detail::bond> bond() const {
        if (!handle_) throw error(OMNIZE_E_HANDLE, "the client was moved from");
        return handle_.get_deleter().bond;
    }
    std::unique_ptr<omnize_client, detail::closed> handle_;
};

inline request::request(const client &client, request_kind kind)
    : handle_(detail::result<omnize_request *>(omnize_request_new, client.handle(), static_cast<std::int32_t>(kind))) {}

inline history::history(const client &client)
    : handle_(detail::result<omnize_history *>(omnize_history_new, client.handle())) {}

} // namespace omnize

#endif
