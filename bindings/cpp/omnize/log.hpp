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

/// The level of a log message.
enum class log_level : std::int32_t {
    off = OMNIZE_LOG_OFF,     ///< No messages.
    error = OMNIZE_LOG_ERROR, ///< An error that needs attention.
    warn = OMNIZE_LOG_WARN,   ///< A problem that the library handled.
    info = OMNIZE_LOG_INFO,   ///< A rare event of normal operation.
    debug = OMNIZE_LOG_DEBUG, ///< Each request and each trigger.
};

/// Returns the name of a level, such as "warn"; empty if this version does not recognize it.
inline std::string_view name(log_level level) noexcept {
    return detail::static_text(omnize_log_level_name(static_cast<std::int32_t>(level)));
}

namespace detail {
/// The log callback as the library calls and destroys it.
template <class Callback> struct log_callback {
    static_assert(std::is_invocable_v<const Callback &, log_level, std::string_view>,
                  "a callback of the log takes an omnize::log_level and a std::string_view, and is called as const");
    const Callback callback;
    static void OMNIZE_CALL call(std::int32_t level, const char *message, void *self) noexcept {
        try {
            static_cast<log_callback *>(self)->callback(static_cast<log_level>(level), message);
        } catch (...) {
            // No caller can receive the exception.
        }
    }
    static void OMNIZE_CALL destroy(void *self) noexcept { delete static_cast<log_callback *>(self); }
};
} // namespace detail

/// Sets the log callback of the whole library. It replaces an earlier callback. Messages contain no token and no
/// personal data. Any thread may call the callback, also several at the same time, so it is called as const. Its
/// exceptions are dropped. A message is valid until the callback returns.
///
/// The callback is destroyed once, after its last call. Replacing it does not wait for a call on another thread.
/// Therefore let it own the objects that it uses.
template <class Callback> void set_log(log_level level, Callback &&callback) {
    using callback_type = detail::log_callback<std::decay_t<Callback>>;
    // The library destroys it, also if the call fails.
    auto *owned = new callback_type{std::forward<Callback>(callback)};
    detail::call(omnize_log_set, static_cast<std::int32_t>(level), &callback_type::call, owned,
                 &callback_type::destroy);
}

/// Ends the log.
inline void end_log() {
    detail::call(omnize_log_set, OMNIZE_LOG_OFF, nullptr, nullptr, nullptr);
}

} // namespace omnize

#endif
