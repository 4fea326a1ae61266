// How the functions of omnize.h are called: failures become exceptions, and texts that are cut are never passed.

#ifndef OMNIZE_CALL_HPP
#define OMNIZE_CALL_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <omnize.h>

#include "error.hpp"

namespace omnize {

using std::chrono::milliseconds;

/// A timeout that never ends.
inline constexpr milliseconds forever{-1};

namespace detail {
/// Calls a function of the library, and throws where it fails.
template <class Function, class... Arguments> void call(Function *function, const Arguments &...arguments) {
    omnize_error *failure = nullptr;
    if (omnize_status status = function(arguments..., &failure); status != OMNIZE_OK) throw error(status, failure);
}

/// Calls a function of the library that gives something, and throws where it fails.
template <class Result, class Function, class... Arguments>
Result result(Function *function, const Arguments &...arguments) {
    Result result{};
    call(function, arguments..., &result);
    return result;
}

/// Reads a text of a handle.
template <auto Function, class Handle> std::string_view text(const Handle *handle) {
    std::int64_t length = 0;
    const char *bytes = Function(handle, &length);
    if (bytes == nullptr) throw error(OMNIZE_E_HANDLE, "the object was moved from, or the event is over");
    return {bytes, static_cast<std::size_t>(length)};
}

/// Reads a text at a place of a list, or at a place of what stands there.
template <auto Function, class Handle, class... Places> std::string text_at(const Handle *list, Places... places) {
    std::int64_t length = 0;
    const char *bytes = Function(list, places..., &length);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(length));
}

/// A text that is valid for ever; empty for NULL.
inline std::string_view lasting(const char *text) noexcept {
    return text == nullptr ? std::string_view() : text;
}

/// A time of the library: milliseconds since 1970-01-01 UTC.
inline std::chrono::system_clock::time_point time(std::int64_t since_1970) noexcept {
    return std::chrono::system_clock::time_point(milliseconds(since_1970));
}

/// A text that ends at its NUL, or NULL.
struct c_text {
    c_text(const char *name, std::optional<std::string_view> text) : text_(text) {
        if (text_ && text_->find('\0') != std::string::npos)
            throw error(OMNIZE_E_ARGUMENT, std::string(name) + " holds a NUL, and what follows it would be lost");
    }
    operator const char *() const noexcept { return text_ ? text_->c_str() : nullptr; }
    std::optional<std::string> text_;
};
} // namespace detail

} // namespace omnize

#endif
