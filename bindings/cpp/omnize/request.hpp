// A request that is made field by field.

#ifndef OMNIZE_REQUEST_HPP
#define OMNIZE_REQUEST_HPP

#include <cstdint>
#include <memory>
#include <string_view>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

class client;

/// What a request says.
enum class request_kind : std::int32_t {
    start = OMNIZE_REQUEST_START,         ///< Starts the interaction.
    message = OMNIZE_REQUEST_MESSAGE,     ///< Sends the customer's message, or the external bot's.
    update = OMNIZE_REQUEST_UPDATE,       ///< Notes something about the interaction.
    whatsapp = OMNIZE_REQUEST_WHATSAPP,   ///< Writes to a customer over WhatsApp, which starts the interaction.
    off_hours = OMNIZE_REQUEST_OFF_HOURS, ///< Leaves a message while no agent is there: for client::off_hours.
};

/// A request that says more than the functions of a conversation have parameters for. It can be sent and posted as
/// often as the application likes; each is a request of its own. Which fields a kind has, OMNIZE_REQUEST_ of omnize.h
/// tells.
class request {
  public:
    /// One that says nothing yet. Its texts are in the encoding of the client.
    request(const client &client, request_kind kind);

    /// Sets a field. Whether the dialect has it is told when the request is sent or posted.
    request &set(std::string_view name, std::string_view value) {
        detail::call(omnize_request_set, handle(), detail::c_text("name", name), value.data(),
                     static_cast<std::int64_t>(value.size()));
        return *this;
    }
    /// The hash by which the service knows the interaction that client::off_hours has made of it; empty before.
    std::string_view interaction_hash() const { return detail::text<omnize_request_interaction_hash>(handle()); }
    omnize_request *handle() const noexcept { return handle_.get(); } ///< Stays this object's.

  private:
    std::unique_ptr<omnize_request, detail::freed<omnize_request_free>> handle_;
};

} // namespace omnize

#endif
