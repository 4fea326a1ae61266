// An external bot in an interaction.

#ifndef OMNIZE_BOT_HPP
#define OMNIZE_BOT_HPP

#include <optional>
#include <string_view>

#include <omnize.h>

#include "call.hpp"
#include "conversation.hpp"

namespace omnize {

/// The part that the application has, as an external bot, in an interaction that the service gave to it; made by
/// client::attach_bot. What it sends or posts are the bot's messages, and its finish is the bot's; typing, cleared,
/// keystroke and start are OMNIZE_E_UNSUPPORTED.
class bot : public conversation {
  public:
    /// Takes the interaction.
    void accept() { detail::call(omnize_bot_accept, handle()); }
    /// Gives the interaction to a department, or back to where it started. The bot has no part in it any more.
    void transfer(std::optional<std::string_view> department = std::nullopt) {
        detail::call(omnize_bot_transfer, handle(), detail::c_text("department", department));
    }

    /// Posts that the interaction is taken.
    ticket post_accept() { return detail::result<ticket>(omnize_bot_post_accept, handle()); }
    /// Posts that the interaction is given to a department, or back to where it started.
    ticket post_transfer(std::optional<std::string_view> department = std::nullopt) {
        return detail::result<ticket>(omnize_bot_post_transfer, handle(), detail::c_text("department", department));
    }

  private:
    friend class client;
    using conversation::conversation;
};

} // namespace omnize

#endif
