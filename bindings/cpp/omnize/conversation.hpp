// One customer's interaction.

#ifndef OMNIZE_CONVERSATION_HPP
#define OMNIZE_CONVERSATION_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

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

} // namespace omnize

#endif
