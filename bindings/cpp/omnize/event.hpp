// Events: triggers, and the outcomes of posted requests.

#ifndef OMNIZE_EVENT_HPP
#define OMNIZE_EVENT_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <omnize.h>

#include "agents.hpp"
#include "call.hpp"
#include "department.hpp"
#include "request.hpp"

namespace omnize {

/// The kind of an event. Later versions may add values.
enum class event_kind : std::int32_t {
    any = OMNIZE_EVENT_ANY,                         ///< All kinds, in a subscription.
    unknown = OMNIZE_EVENT_UNKNOWN,                 ///< An unrecognized kind; event_view::raw returns it.
    accepted = OMNIZE_EVENT_ACCEPTED,               ///< An agent accepted the interaction.
    unavailable = OMNIZE_EVENT_UNAVAILABLE,         ///< No agent is available.
    finish = OMNIZE_EVENT_FINISH,                   ///< The agent finished the interaction.
    typing = OMNIZE_EVENT_TYPING,                   ///< The agent is typing.
    cleared = OMNIZE_EVENT_CLEARED,                 ///< The agent stopped typing.
    message = OMNIZE_EVENT_MESSAGE,                 ///< A message of the agent; event_view::text returns it.
    queued = OMNIZE_EVENT_QUEUED,                   ///< The customer waits in a queue.
    transferred = OMNIZE_EVENT_TRANSFERRED,         ///< The interaction was transferred to a department.
    new_interaction = OMNIZE_EVENT_NEW_INTERACTION, ///< The service assigned an interaction to the bot.
    outcome = OMNIZE_EVENT_OUTCOME,                 ///< A posted request ended; event_view::outcome has the details.
};

/// Returns the name of a kind, such as "accepted"; empty if this version does not recognize it.
inline std::string_view name(event_kind kind) noexcept {
    return detail::static_text(omnize_event_kind_name(static_cast<std::int32_t>(kind)));
}

/// The kind of media of a message.
enum class media_kind : std::int32_t {
    none = OMNIZE_MEDIA_NONE,   ///< No media, only text.
    image = OMNIZE_MEDIA_IMAGE, ///< An image.
    video = OMNIZE_MEDIA_VIDEO, ///< A video.
    audio = OMNIZE_MEDIA_AUDIO, ///< An audio recording.
    file = OMNIZE_MEDIA_FILE,   ///< Any file.
};

/// Returns the name of a kind of media, such as "image"; empty if this version does not recognize it.
inline std::string_view name(media_kind kind) noexcept {
    return detail::static_text(omnize_media_kind_name(static_cast<std::int32_t>(kind)));
}

/// The number of a posted request. Its outcome has the same number, which is unique for the client.
using ticket = std::int64_t;

/// The outcome of a posted request.
struct outcome {
    omnize::ticket ticket;      ///< The number that the post function returned.
    omnize::delivery delivery;  ///< The delivery of the request.
    omnize_status status;       ///< The status of an equal blocking call.
    int http_status;            ///< The HTTP status of the rejection; 0 if there was none.
    request_kind kind;          ///< The kind of the request. Later versions may add values.
    std::string_view reference; ///< The reference of the post; empty without one. Valid as long as the event.
    /// When it was posted, by this machine's clock; empty if an earlier version of the library stored it.
    std::optional<std::chrono::system_clock::time_point> posted_at;
};

class event;

/// A view of an event, as callbacks receive it. It is valid until the callback returns or the owner frees the event.
/// Afterwards, its texts throw OMNIZE_E_HANDLE, and its numbers are 0.
class event_view {
  public:
    /// Creates a view of an event of omnize.h.
    explicit event_view(const omnize_event *handle) noexcept : handle_(handle) {}

    /// Returns the kind.
    event_kind kind() const noexcept { return static_cast<event_kind>(omnize_event_kind(handle_)); }
    /// Returns the customer's client id; empty if the service sent only the hash of an unknown interaction.
    std::string_view client_id() const { return detail::text<omnize_event_client_id>(handle_); }
    /// Returns the text of a message, which may contain NUL, or the error message of an outcome; otherwise empty.
    std::string_view text() const { return detail::text<omnize_event_text>(handle_); }
    /// Returns the kind of media of the message.
    omnize::media_kind media_kind() const noexcept {
        return static_cast<omnize::media_kind>(omnize_event_media_kind(handle_));
    }
    /// The URL of the message's image, video, audio or file; empty if it has none.
    std::string_view media_url() const { return detail::text<omnize_event_media_url>(handle_); }
    /// The hash of the message; empty if it has none. A message with a repeated hash is dropped.
    std::string_view message_hash() const { return detail::text<omnize_event_message_hash>(handle_); }
    /// The id of the agent who wrote the message; empty if unknown.
    std::string_view agent_id() const { return detail::text<omnize_event_agent_id>(handle_); }
    /// The name of the agent who wrote the message; empty if unknown.
    std::string_view agent_name() const { return detail::text<omnize_event_agent_name>(handle_); }
    /// The customer's position in the queue, counted from 1, of the kind queued; otherwise empty.
    std::optional<std::int64_t> position() const noexcept {
        const std::int64_t position = omnize_event_position(handle_);
        return position < 0 ? std::nullopt : std::optional(position);
    }
    /// The department to which the interaction was transferred; otherwise empty.
    std::string_view department() const { return detail::text<omnize_event_department>(handle_); }
    /// The interaction hash; empty if the dialect has no hashes. For the outcome of a start or an off-hours message,
    /// the hash of the new interaction.
    std::string_view interaction_hash() const { return detail::text<omnize_event_interaction_hash>(handle_); }
    /// The customer's id at WhatsApp; empty if unknown.
    std::string_view external_id() const { return detail::text<omnize_event_external_id>(handle_); }
    /// The bot id of the start; empty if it had none.
    std::string_view bot_id() const { return detail::text<omnize_event_bot_id>(handle_); }
    /// The application's own fields as a JSON object: the field extra of the start; empty if there are no such fields.
    std::string_view extra() const { return detail::text<omnize_event_extra>(handle_); }
    /// The outcome of the posted request; empty for other kinds.
    std::optional<omnize::outcome> outcome() const {
        if (kind() != event_kind::outcome) return std::nullopt;
        const std::int64_t posted_at = omnize_event_outcome_posted_at(handle_);
        return omnize::outcome{omnize_event_outcome_ticket(handle_),
                               static_cast<omnize::delivery>(omnize_event_outcome_delivery(handle_)),
                               omnize_event_outcome_status(handle_),
                               omnize_event_outcome_http_status(handle_),
                               static_cast<request_kind>(omnize_event_outcome_request_kind(handle_)),
                               detail::text<omnize_event_outcome_reference>(handle_),
                               posted_at == 0 ? std::nullopt : std::optional(detail::time(posted_at))};
    }
    /// The departments, if the event is the outcome of an accepted client::post_departments; otherwise throws
    /// OMNIZE_E_ARGUMENT.
    std::vector<omnize::department> departments() const {
        return detail::departments_of(detail::result<omnize_departments *>(omnize_event_departments, handle_));
    }
    /// The online agents, if the event is the outcome of an accepted client::post_agents_online; otherwise throws
    /// OMNIZE_E_ARGUMENT.
    omnize::agents agents() const {
        return detail::agents_of(detail::result<omnize_agents *>(omnize_event_agents, handle_));
    }
    /// The body of the trigger, unchanged; empty for an outcome.
    std::string_view raw() const { return detail::text<omnize_event_raw>(handle_); }
    /// Whether client id or text contain replaced characters. raw() returns the unchanged trigger.
    bool replaced() const noexcept { return omnize_event_replaced(handle_) != 0; }
    /// The number in the order in which the client received events, from 1.
    std::int64_t sequence() const noexcept { return omnize_event_sequence(handle_); }
    /// When the event was received, by this machine's clock.
    std::chrono::system_clock::time_point received_at() const noexcept {
        return detail::time(omnize_event_received_at(handle_));
    }
    /// Whether an earlier process received the event, and the store redelivered it.
    bool redelivered() const noexcept { return omnize_event_redelivered(handle_) != 0; }
    /// Acknowledges the event. Needed only if the option ack is manual.
    void ack() const { detail::call(omnize_event_ack, handle_); }
    /// Reports that the event was not handled. The store redelivers it after a restart.
    void nack() const { detail::call(omnize_event_nack, handle_); }
    /// Returns a handle that is valid after the callback returns.
    event keep() const;
    const omnize_event *handle() const noexcept { return handle_; } ///< For functions of omnize.h.

  protected:
    const omnize_event *handle_;
};

/// An event that the application owns.
class event : public event_view {
  public:
    /// Takes the ownership of an event of omnize.h.
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
