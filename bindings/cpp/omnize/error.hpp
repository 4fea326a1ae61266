// The exception of failed calls.

#ifndef OMNIZE_ERROR_HPP
#define OMNIZE_ERROR_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <omnize.h>

namespace omnize {

/// The delivery of a request.
enum class delivery : std::int32_t {
    none = OMNIZE_DELIVERY_NONE,         ///< The call is not a request.
    accepted = OMNIZE_DELIVERY_ACCEPTED, ///< The service accepted it.
    rejected = OMNIZE_DELIVERY_REJECTED, ///< The service rejected it.
    not_sent = OMNIZE_DELIVERY_NOT_SENT, ///< The service certainly did not receive it.
    unknown = OMNIZE_DELIVERY_UNKNOWN,   ///< The service may or may not have received it.
};

namespace detail {
/// Returns a text that is never freed; empty for NULL.
inline std::string_view static_text(const char *text) noexcept {
    return text == nullptr ? std::string_view() : text;
}

/// A deleter of std::unique_ptr that frees a handle of the library.
template <auto Free> struct deleter {
    template <class Handle> void operator()(Handle *handle) const noexcept { Free(handle); }
};
} // namespace detail

/// Returns the name of a delivery, such as "not sent"; empty if this version does not recognize it.
inline std::string_view name(delivery delivery) noexcept {
    return detail::static_text(omnize_delivery_name(static_cast<std::int32_t>(delivery)));
}

/// The reason why a call failed. what() returns what was wrong, what was expected and what to do, in English. It
/// contains no token and no personal data, so it can be logged.
class error : public std::runtime_error {
  public:
    /// Copies an error of the library with its status, and frees it.
    error(omnize_status status, omnize_error *raw) : error(status, owned(raw)) {}
    /// Creates an error of this header.
    error(omnize_status status, const std::string &message, omnize::delivery delivery = omnize::delivery::none)
        : std::runtime_error(message), status_(status), delivery_(delivery) {}

    omnize_status status() const noexcept { return status_; } ///< An OMNIZE_E_ value.
    /// The name of the status, such as "OMNIZE_E_STATE".
    std::string_view status_name() const noexcept { return detail::static_text(omnize_status_name(status_)); }
    omnize::delivery delivery() const noexcept { return delivery_; } ///< The delivery of the request.
    int http_status() const noexcept { return http_status_; } ///< HTTP status of the response; 0 if there was none.
    /// Whether the application may safely retry the call later.
    bool retryable() const noexcept { return retryable_; }
    /// How long the application should wait before a retry; empty if the service did not specify it. The service may
    /// specify it with HTTP 429 and 503.
    std::optional<std::chrono::milliseconds> retry_after() const noexcept {
        if (retry_after_ < 0) return std::nullopt;
        return std::chrono::milliseconds(retry_after_);
    }
    /// The number of undelivered events if closing timed out because of a callback, otherwise 0.
    std::int64_t events_left() const noexcept { return events_left_; }
    /// The number of unsent requests if closing timed out because of a callback, otherwise 0.
    std::int64_t requests_left() const noexcept { return requests_left_; }
    /// The body of the service's response, redacted; empty if there was none.
    std::string_view body() const noexcept { return body_ ? std::string_view(*body_) : std::string_view(); }

  private:
    using owned = std::unique_ptr<omnize_error, detail::deleter<omnize_error_free>>;
    error(omnize_status status, const owned &handle)
        : std::runtime_error(message(status, handle.get())), status_(status),
          delivery_(static_cast<omnize::delivery>(omnize_error_delivery(handle.get()))),
          http_status_(omnize_error_http_status(handle.get())), retryable_(omnize_error_retryable(handle.get()) != 0),
          retry_after_(omnize_error_retry_after(handle.get())), events_left_(omnize_error_events_left(handle.get())),
          requests_left_(omnize_error_requests_left(handle.get())) {
        std::int64_t length = 0;
        if (const char *body = omnize_error_body(handle.get(), &length); length > 0)
            body_ = std::make_shared<const std::string>(body, static_cast<std::size_t>(length));
    }

    static std::string message(omnize_status status, const omnize_error *handle) {
        const char *text = omnize_error_message(handle, nullptr); // null: a forked child, or no memory for an error
        return text != nullptr ? text : "status " + std::to_string(status);
    }
    omnize_status status_;
    omnize::delivery delivery_ = omnize::delivery::none;
    int http_status_ = 0;
    bool retryable_ = false;
    std::int64_t retry_after_ = -1;
    std::int64_t events_left_ = 0;
    std::int64_t requests_left_ = 0;
    std::shared_ptr<const std::string> body_; // shared, because copying an exception must not throw
};

} // namespace omnize

#endif
