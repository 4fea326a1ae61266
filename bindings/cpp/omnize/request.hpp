// A request that is built field by field.

#ifndef OMNIZE_REQUEST_HPP
#define OMNIZE_REQUEST_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

class client;
class conversation;

/// The kind of a request.
enum class request_kind : std::int32_t {
    start = OMNIZE_REQUEST_START,         ///< Starts the interaction.
    message = OMNIZE_REQUEST_MESSAGE,     ///< Sends a message of the customer or the external bot.
    update = OMNIZE_REQUEST_UPDATE,       ///< Updates data of the interaction.
    whatsapp = OMNIZE_REQUEST_WHATSAPP,   ///< Starts an interaction with a message over WhatsApp.
    off_hours = OMNIZE_REQUEST_OFF_HOURS, ///< Submits a message while no agent is available, with client::off_hours or
                                          ///< post_off_hours.
    finish = OMNIZE_REQUEST_FINISH,       ///< Finishes the interaction, of the customer or the external bot.
    typing = OMNIZE_REQUEST_TYPING,       ///< The customer is typing.
    cleared = OMNIZE_REQUEST_CLEARED,     ///< The customer stopped typing.
    bot_accept = OMNIZE_REQUEST_BOT_ACCEPT,     ///< Accepts the interaction, as the external bot.
    bot_transfer = OMNIZE_REQUEST_BOT_TRANSFER, ///< Transfers the interaction, as the external bot.
    departments =
        OMNIZE_REQUEST_DEPARTMENTS, ///< Requests the departments, with client::departments or post_departments.
    online_agents =
        OMNIZE_REQUEST_ONLINE_AGENTS, ///< Requests the online agents, with client::agents_online or post_agents_online.
};

/// Returns the name of a kind of request, such as "message"; empty if this version does not recognize it.
inline std::string_view name(request_kind kind) noexcept {
    return detail::static_text(omnize_request_kind_name(static_cast<std::int32_t>(kind)));
}

/// The options of a post.
struct post_options {
    /// The application's own text for the request, of 1 to 255 bytes without NUL. The outcome contains it, also after a
    /// crash if the client has a store. Another post with the same reference returns the first ticket, and sends
    /// nothing.
    std::optional<std::string> reference = {};
    /// The age limit, from the post. A request that is still in the outbox then is removed, with the outcome
    /// OMNIZE_E_EXPIRED. forever: no limit. Empty: the option message.max_age for messages, no limit for other
    /// requests.
    std::optional<milliseconds> max_age = {};
};

/// A request with fields for which the functions of a conversation have no parameter. It can be sent and posted several
/// times; each time is a separate request. The comments of OMNIZE_REQUEST_ in omnize.h list the fields.
class request {
  public:
    /// Creates a request without fields. Its texts are in the encoding of the client.
    request(const client &client, request_kind kind);
    /// Creates a request without fields for conversations of the same client.
    request(const conversation &conversation, request_kind kind);

    /// Sets a field. If the dialect does not have it, sending or posting the request fails.
    request &set(std::string_view name, std::string_view value) {
        detail::call(omnize_request_set, handle(), detail::request_text("name", name), value.data(),
                     static_cast<std::int64_t>(value.size()));
        return *this;
    }
    /// Sets the reference and the age limit of a post. A request with one of them can't be sent by a blocking call.
    request &set(const post_options &options) {
        if (options.reference) {
            const std::string &text = *options.reference;
            detail::call(omnize_request_set_reference, handle(), text.data(), static_cast<std::int64_t>(text.size()));
        }
        if (options.max_age) detail::call(omnize_request_set_max_age, handle(), options.max_age->count());
        return *this;
    }
    /// Returns the hash of the interaction that client::off_hours created; empty before.
    std::string_view interaction_hash() const { return detail::text<omnize_request_interaction_hash>(handle()); }
    omnize_request *handle() const noexcept { return handle_.get(); } ///< This object keeps the ownership.

  private:
    std::unique_ptr<omnize_request, detail::deleter<omnize_request_free>> handle_;
};

} // namespace omnize

#endif
