// The messages exchanged before an interaction.

#ifndef OMNIZE_HISTORY_HPP
#define OMNIZE_HISTORY_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <omnize.h>

#include "call.hpp"
#include "event.hpp"

namespace omnize {

class client;

/// The writer of a message.
enum class speaker : std::int32_t {
    customer = OMNIZE_SPEAKER_CUSTOMER, ///< The customer.
    agent = OMNIZE_SPEAKER_AGENT,       ///< An agent.
    bot = OMNIZE_SPEAKER_BOT,           ///< A bot.
};

/// Returns the name of a speaker, such as "agent"; empty if this version does not recognize it.
inline std::string_view name(speaker speaker) noexcept {
    return detail::static_text(omnize_speaker_name(static_cast<std::int32_t>(speaker)));
}

/// The messages exchanged before an interaction. The library renders them as the document that the start field
/// external_history links to. The application serves it, at a URL that the service can reach.
class history {
  public:
    /// Creates an empty history. Its texts are in the encoding of the client.
    explicit history(const client &client);

    /// Appends a message.
    history &add(speaker speaker, std::optional<std::string_view> name, std::chrono::system_clock::time_point at,
                 std::string_view text, media_kind media = media_kind::none,
                 std::optional<std::string_view> url = std::nullopt) {
        const auto since_1970 = std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count();
        detail::call(omnize_history_add, handle(), static_cast<std::int32_t>(speaker), detail::c_text("name", name),
                     static_cast<std::int64_t>(since_1970), text.data(), static_cast<std::int64_t>(text.size()),
                     static_cast<std::int32_t>(media), detail::c_text("url", url));
        return *this;
    }
    /// Returns the document: JSON in UTF-8, to serve as application/json. It contains personal data.
    std::string_view json() const { return detail::text<omnize_history_json>(handle()); }
    omnize_history *handle() const noexcept { return handle_.get(); } ///< This object keeps the ownership.

  private:
    std::unique_ptr<omnize_history, detail::deleter<omnize_history_free>> handle_;
};

} // namespace omnize

#endif
