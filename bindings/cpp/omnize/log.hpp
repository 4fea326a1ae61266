// The library's log.

#ifndef OMNIZE_LOG_HPP
#define OMNIZE_LOG_HPP

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

/// How much a message of the log matters.
enum class log_level : std::int32_t {
    off = OMNIZE_LOG_OFF,     ///< No messages.
    error = OMNIZE_LOG_ERROR, ///< Something is broken.
    warn = OMNIZE_LOG_WARN,   ///< Something did not go as it should, and was dealt with.
    info = OMNIZE_LOG_INFO,   ///< Something that happens once in a while.
    debug = OMNIZE_LOG_DEBUG, ///< Every request and every trigger.
};

namespace detail {
/// What the library calls with messages, and destroys when it calls it no more.
template <class Callback> struct logged {
    static_assert(std::is_invocable_v<const Callback &, log_level, std::string_view>,
                  "a callback of the log takes an omnize::log_level and a std::string_view, and is called as const");
    const Callback callback;
    static void call(std::int32_t level, const char *message, void *self) noexcept {
        try {
            static_cast<logged *>(self)->callback(static_cast<log_level>(level), message);
        } catch (...) {
            // Nobody is left to tell.
        }
    }
    static void destroy(void *self) noexcept { delete static_cast<logged *>(self); }
};
} // namespace detail

/// Has a callback called with the library's messages up to a level, in the place of any callback before: there is one
/// log for the whole library. Messages hold no token and nothing personal. The callback is called on any thread, also
/// on several at once, and so as const; what it throws is dropped. A message is valid until it returns.
///
/// It is destroyed once, after its last call. Nothing waits for a call that runs on another thread when it is replaced
/// or the log ends, so it is best to let it own what it refers to.
template <class Callback> void set_log(log_level level, Callback &&callback) {
    using mine = detail::logged<std::decay_t<Callback>>;
    // The library destroys it, also where it does not take it.
    auto *made = new mine{std::forward<Callback>(callback)};
    detail::call(omnize_log_set, static_cast<std::int32_t>(level), &mine::call, made, &mine::destroy);
}

/// Ends the log.
inline void end_log() {
    detail::call(omnize_log_set, OMNIZE_LOG_OFF, nullptr, nullptr, nullptr);
}

} // namespace omnize

#endif
