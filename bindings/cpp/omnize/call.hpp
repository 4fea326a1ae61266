// Calls the functions of omnize.h: failures become exceptions, and truncated texts are never passed.

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

/// No timeout.
inline constexpr milliseconds forever{-1};

namespace detail {
/// Calls a function of the library, and throws if it fails.
template <class Function, class... Arguments> void call(Function *function, const Arguments &...arguments) {
    omnize_error *failure = nullptr;
    if (omnize_status status = function(arguments..., &failure); status != OMNIZE_OK) throw error(status, failure);
}

/// Calls a function of the library that returns a result, and throws if it fails.
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
    if (bytes == nullptr)
        throw error(OMNIZE_E_HANDLE,
                    "the object was moved from, the event is over, or there is no memory for the text");
    return {bytes, static_cast<std::size_t>(length)};
}

/// Reads a text of a list's entry, or of an entry inside it.
template <auto Function, class Handle, class... Indexes> std::string text_at(const Handle *list, Indexes... indexes) {
    std::int64_t length = 0;
    const char *bytes = Function(list, indexes..., &length);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(length));
}

/// Converts milliseconds since 1970-01-01 UTC.
inline std::chrono::system_clock::time_point time(std::int64_t since_1970) noexcept {
    return std::chrono::system_clock::time_point(milliseconds(since_1970));
}

/// A NUL-terminated text, or NULL.
struct c_text {
    c_text(const char *name, std::optional<std::string_view> text, delivery delivery = delivery::none) : text_(text) {
        if (text_ && text_->find('\0') != std::string::npos)
            throw error(OMNIZE_E_ARGUMENT, std::string(name) + " holds a NUL, and what follows it would be lost",
                        delivery);
    }
    operator const char *() const noexcept { return text_ ? text_->c_str() : nullptr; }
    std::optional<std::string> text_;
};

/// An argument of a request. If it is invalid, nothing was sent.
struct request_text : c_text {
    request_text(const char *name, std::optional<std::string_view> text) : c_text(name, text, delivery::not_sent) {}
};
} // namespace detail

} // namespace omnize

#endif
