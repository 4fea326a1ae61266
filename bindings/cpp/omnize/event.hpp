// What a client is told: triggers, and the outcomes of what was posted.

#ifndef OMNIZE_EVENT_HPP
#define OMNIZE_EVENT_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

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
    outcome = OMNIZE_EVENT_OUTCOME, ///< A request that was posted has ended; event_view::outcome tells how.
};

/// The name of a kind, such as "accepted"; empty for one that this library does not know.
inline std::string_view name(event_kind kind) noexcept {
    return detail::lasting(omnize_event_kind_name(static_cast<std::int32_t>(kind)));
}

/// What comes with a message.
enum class media_kind : std::int32_t {
    none = OMNIZE_MEDIA_NONE,   ///< No media: a text.
    image = OMNIZE_MEDIA_IMAGE, ///< An image.
    video = OMNIZE_MEDIA_VIDEO, ///< A video.
    audio = OMNIZE_MEDIA_AUDIO, ///< A sound.
    file = OMNIZE_MEDIA_FILE,   ///< Any file.
};

/// By this number a request that was posted and its outcome know each other. No other post of the client has it.
using ticket = std::int64_t;

/// What became of a request that was posted.
struct outcome {
    omnize::ticket ticket;     ///< What posting it has given.
    omnize::delivery delivery; ///< What became of it.
    omnize_status status;      ///< What a call that waits would have thrown; OMNIZE_OK where the service accepted.
    int http_status;           ///< By which the service refused; 0 where it accepted or there was no answer.
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
    /// The id that the application gave the customer; empty where the service names an interaction that is not known,
    /// by interaction_hash() alone.
    std::string_view client_id() const { return detail::text<omnize_event_client_id>(handle_); }
    /// The agent's message, which may hold NUL, or why what was posted failed; empty for other kinds.
    std::string_view text() const { return detail::text<omnize_event_text>(handle_); }
    /// What comes with the message.
    omnize::media_kind media_kind() const noexcept {
        return static_cast<omnize::media_kind>(omnize_event_media_kind(handle_));
    }
    /// Where the message's image, video, sound or file is; empty where it has none.
    std::string_view media_url() const { return detail::text<omnize_event_media_url>(handle_); }
    /// The message's own hash; empty where it has none. What comes again with the same hash is not given again.
    std::string_view message_hash() const { return detail::text<omnize_event_message_hash>(handle_); }
    /// The id of the agent who wrote the message; empty where it is not told.
    std::string_view agent_id() const { return detail::text<omnize_event_agent_id>(handle_); }
    /// The name of the agent who wrote the message; empty where it is not told.
    std::string_view agent_name() const { return detail::text<omnize_event_agent_name>(handle_); }
    /// The customer's place among those who wait, of the kind queued; nothing where it is not told.
    std::optional<std::int64_t> position() const noexcept {
        const std::int64_t position = omnize_event_position(handle_);
        return position < 0 ? std::nullopt : std::optional(position);
    }
    /// The department that the interaction was given to; empty where it is not told.
    std::string_view department() const { return detail::text<omnize_event_department>(handle_); }
    /// The hash by which the service knows the interaction; empty where it has none in this dialect.
    std::string_view interaction_hash() const { return detail::text<omnize_event_interaction_hash>(handle_); }
    /// The customer's id at WhatsApp; empty where it is not told.
    std::string_view external_id() const { return detail::text<omnize_event_external_id>(handle_); }
    /// The bot that the start has named; empty where it has named none.
    std::string_view bot_id() const { return detail::text<omnize_event_bot_id>(handle_); }
    /// The application's own fields, which the field extra of the start has sent, as a JSON object; empty where there
    /// are none.
    std::string_view extra() const { return detail::text<omnize_event_extra>(handle_); }
    /// What became of the request that this event is the outcome of; nothing for other kinds.
    std::optional<omnize::outcome> outcome() const noexcept {
        if (kind() != event_kind::outcome) return std::nullopt;
        return omnize::outcome{omnize_event_outcome_ticket(handle_),
                               static_cast<omnize::delivery>(omnize_event_outcome_delivery(handle_)),
                               omnize_event_outcome_status(handle_), omnize_event_outcome_http_status(handle_)};
    }
    /// The trigger's body, byte for byte as the service posted it; empty for an outcome.
    std::string_view raw() const { return detail::text<omnize_event_raw>(handle_); }
    /// Whether client id and text are not all that the service sent; raw() is.
    bool replaced() const noexcept { return omnize_event_replaced(handle_) != 0; }
    /// Its place in the order in which its client received, from 1.
    std::int64_t sequence() const noexcept { return omnize_event_sequence(handle_); }
    /// When it was received, by this machine's clock.
    std::chrono::system_clock::time_point received_at() const noexcept {
        return detail::time(omnize_event_received_at(handle_));
    }
    /// Whether an earlier run of the application received it, so that it comes again from the store.
    bool redelivered() const noexcept { return omnize_event_redelivered(handle_) != 0; }
    /// Says that it is handled. Needed only where the option ack is manual.
    void ack() const { detail::call(omnize_event_ack, handle_); }
    /// Says that it was not handled, so that it comes again from the store after the next start.
    void nack() const { detail::call(omnize_event_nack, handle_); }
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

} // namespace omnize

#endif
