// One customer's interaction.

#ifndef OMNIZE_CONVERSATION_HPP
#define OMNIZE_CONVERSATION_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <omnize.h>

#include "call.hpp"
#include "event.hpp"
#include "request.hpp"

namespace omnize {

/// Where an interaction is. A later library may give values that are not here.
enum class state : std::int32_t {
    new_ = OMNIZE_STATE_NEW,                ///< Nothing was asked for yet, or the start has failed.
    starting = OMNIZE_STATE_STARTING,       ///< The start is on its way.
    waiting = OMNIZE_STATE_WAITING,         ///< It was started, and no agent has said anything yet.
    active = OMNIZE_STATE_ACTIVE,           ///< An agent has accepted it.
    finished = OMNIZE_STATE_FINISHED,       ///< The application or the agent has finished it.
    unavailable = OMNIZE_STATE_UNAVAILABLE, ///< No agent is available.
};

/// An interaction as client::interactions lists it.
struct interaction {
    std::string client_id;                       ///< The id that the application gave the customer.
    std::string department;                      ///< The department that the customer talks to.
    omnize::state state;                         ///< Where it is: starting, waiting or active.
    std::chrono::system_clock::time_point since; ///< Since when it is there, by this machine's clock.
    std::string bot_id;                          ///< The bot that its start named; empty where it named none.
};

/// What the agent is told of a customer; what is not given is not sent.
struct customer {
    std::optional<std::string> name = {}, email = {}, phone = {}, cpf = {};
};

/// One customer's interaction, made by client::start, client::prepare and client::attach.
///
/// Its requests block until the service has answered, at the most for as long as the option timeout says; where one
/// throws, error::delivery() tells what became of it. Those that are posted never wait for the network, and throw only
/// what is known at once; what becomes of them comes as an event of the kind outcome, whose event_view::outcome has the
/// ticket that posting has given. With dispatch it may come before the post has returned.
///
/// It may outlive its client, and throws OMNIZE_E_CLOSED then. Destroying it sends nothing.
class conversation {
  public:
    /// Sends the customer's message.
    void send(std::string_view text) {
        detail::call(omnize_conversation_send, handle(), text.data(), static_cast<std::int64_t>(text.size()));
    }
    /// Makes a request that says more.
    void send(const request &request) { detail::call(omnize_conversation_request, handle(), request.handle()); }
    /// Says that the customer types.
    void typing() { detail::call(omnize_conversation_typing, handle()); }
    /// Says that the customer has stopped typing.
    void cleared() { detail::call(omnize_conversation_cleared, handle()); }
    /// Finishes the interaction.
    void finish() { detail::call(omnize_conversation_finish, handle()); }

    /// Posts the start of the interaction, of one that client::prepare has made.
    ticket post_start(const customer &customer = {}) {
        return detail::result<ticket>(omnize_conversation_post_start, handle(), detail::c_text("name", customer.name),
                                      detail::c_text("email", customer.email), detail::c_text("phone", customer.phone),
                                      detail::c_text("cpf", customer.cpf));
    }
    /// Posts the customer's message.
    ticket post(std::string_view text) {
        return detail::result<ticket>(omnize_conversation_post, handle(), text.data(),
                                      static_cast<std::int64_t>(text.size()));
    }
    /// Posts a request that says more.
    ticket post(const request &request) {
        return detail::result<ticket>(omnize_conversation_post_request, handle(), request.handle());
    }
    /// Posts that the interaction is finished.
    ticket post_finish() { return detail::result<ticket>(omnize_conversation_post_finish, handle()); }
    /// Says that the customer has pressed a key; to be called as often as keys are pressed. The service sees one
    /// typing, and one cleared after the last key or right before the message. Never blocks, and no outcome is told.
    void keystroke() { detail::call(omnize_conversation_keystroke, handle()); }

    /// How long each later request of this object may take in all; 0 is what the option timeout says.
    void set_timeout(milliseconds timeout) { detail::call(omnize_conversation_set_timeout, handle(), timeout.count()); }
    /// Where the interaction is.
    omnize::state state() const noexcept { return static_cast<omnize::state>(omnize_conversation_state(handle())); }
    /// The id that the application gave the customer.
    std::string_view client_id() const { return detail::text<omnize_conversation_client_id>(handle()); }
    /// The department that the customer talks to.
    std::string_view department() const { return detail::text<omnize_conversation_department>(handle()); }
    /// The hash by which the service knows the interaction; empty where it is not known yet, or the dialect has none.
    std::string_view interaction_hash() const { return detail::text<omnize_conversation_interaction_hash>(handle()); }
    omnize_conversation *handle() const noexcept { return handle_.get(); } ///< Stays this object's.

  protected:
    friend class client;
    explicit conversation(omnize_conversation *handle) noexcept : handle_(handle) {}

  private:
    std::unique_ptr<omnize_conversation, detail::freed<omnize_conversation_free>> handle_;
};

} // namespace omnize

#endif
