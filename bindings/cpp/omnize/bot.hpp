// An external bot in an interaction.

#ifndef OMNIZE_BOT_HPP
#define OMNIZE_BOT_HPP

#include <optional>
#include <string_view>

#include <omnize.h>

#include "call.hpp"
#include "conversation.hpp"

namespace omnize {

/// An interaction of the application's external bot, from client::bot_attach. It sends and posts the bot's messages,
/// and the bot's finish. Start, typing, cleared and keystroke throw OMNIZE_E_UNSUPPORTED.
class bot : public conversation {
  public:
    /// Accepts the interaction.
    void accept() { detail::call(omnize_bot_accept, handle()); }
    /// Transfers the interaction to a department, or back to its first department. Afterwards, the bot can't send
    /// requests of it.
    void transfer(std::optional<std::string_view> department = std::nullopt) {
        detail::call(omnize_bot_transfer, handle(), detail::request_text("department", department));
    }

    /// Posts the accept request.
    ticket post_accept() { return detail::result<ticket>(omnize_bot_post_accept, handle()); }
    /// Posts the accept request with a reference or an age limit.
    ticket post_accept(const post_options &options) {
        return post(request(*this, request_kind::bot_accept).set(options));
    }
    /// Posts a transfer to a department, or back to the first department.
    ticket post_transfer(std::optional<std::string_view> department = std::nullopt) {
        return detail::result<ticket>(omnize_bot_post_transfer, handle(),
                                      detail::request_text("department", department));
    }
    /// Posts a transfer with a reference or an age limit.
    ticket post_transfer(std::optional<std::string_view> department, const post_options &options) {
        request transfer(*this, request_kind::bot_transfer);
        if (department) transfer.set("department", *department);
        return post(transfer.set(options));
    }

  private:
    friend class client;
    using conversation::conversation;
};

} // namespace omnize

#endif
