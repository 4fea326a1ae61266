// The posted requests that have no outcome yet.

#ifndef OMNIZE_OUTBOX_HPP
#define OMNIZE_OUTBOX_HPP

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <omnize.h>

#include "call.hpp"
#include "event.hpp"
#include "request.hpp"

namespace omnize {

/// An entry of client::outbox.
struct outbox_entry {
    omnize::ticket ticket;     ///< The ticket that post returned.
    std::string client_id;     ///< The customer's client id; for an external bot, the interaction hash.
    request_kind kind;         ///< The kind of the request.
    milliseconds age;          ///< The time since the post, also in an earlier process.
    std::int64_t attempts;     ///< The number of attempts in this process, including one in progress.
    bool in_progress;          ///< Whether an attempt was in progress.
    omnize_status last_status; ///< The status of the last failed attempt in this process; OMNIZE_OK without one.
    std::string last_message;  ///< The error message of that attempt; empty without one. Contains no personal data.
    std::string reference;     ///< The reference of the post; empty without one.
};

namespace detail {
/// Copies a list, and frees it.
inline std::vector<outbox_entry> outbox_of(omnize_outbox *handle) {
    const std::unique_ptr<omnize_outbox, deleter<omnize_outbox_free>> list(handle);
    std::vector<outbox_entry> entries;
    for (std::int64_t i = 0; i < omnize_outbox_count(handle); i++) {
        entries.push_back({omnize_outbox_ticket(handle, i), text_at<omnize_outbox_client_id>(handle, i),
                           static_cast<request_kind>(omnize_outbox_request_kind(handle, i)),
                           milliseconds(omnize_outbox_age(handle, i)), omnize_outbox_attempts(handle, i),
                           omnize_outbox_in_progress(handle, i) != 0, omnize_outbox_last_status(handle, i),
                           text_at<omnize_outbox_last_message>(handle, i),
                           text_at<omnize_outbox_reference>(handle, i)});
    }
    return entries;
}
} // namespace detail

} // namespace omnize

#endif
