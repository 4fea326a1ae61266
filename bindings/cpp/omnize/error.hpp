// What a failed call throws.

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

/// What became of a request.
enum class delivery : std::int32_t {
    none = OMNIZE_DELIVERY_NONE,         ///< No request was made.
    accepted = OMNIZE_DELIVERY_ACCEPTED, ///< The service accepted it.
    rejected = OMNIZE_DELIVERY_REJECTED, ///< The service refused it.
    not_sent = OMNIZE_DELIVERY_NOT_SENT, ///< The service surely has not received it.
    unknown = OMNIZE_DELIVERY_UNKNOWN,   ///< The service may or may not have received it.
};

namespace detail {
/// Frees a handle of the library, as a deleter of std::unique_ptr, which never looks behind it.
template <auto Free> struct freed {
    template <class Handle> void operator()(Handle *handle) const noexcept { Free(handle); }
};
} // namespace detail

/// Why a call failed. what() says what was wrong, what was expected and what to do, in English; it holds no token and
/// nothing personal, so it can be logged.
class error : public std::runtime_error {
  public:
    /// One that the library handed over, which is freed, with the status that came with it.
    error(omnize_status status, omnize_error *handed_over) : error(status, owned(handed_over)) {}
    /// One that the library knows nothing of.
    error(omnize_status status, const std::string &message) : std::runtime_error(message), status_(status) {}

    omnize_status status() const noexcept { return status_; }        ///< An OMNIZE_E_ value.
    omnize::delivery delivery() const noexcept { return delivery_; } ///< What became of the request.
    int http_status() const noexcept { return http_status_; }        ///< Of the service's answer; 0: there was none.
    /// Whether the same call may succeed later and making it again does no harm.
    bool retryable() const noexcept { return retryable_; }
    /// How long the service asks to wait before the request is made again, which it does with HTTP 429 and 503; nothing
    /// where it does not say.
    std::optional<std::chrono::milliseconds> retry_after() const noexcept {
        if (retry_after_ < 0) return std::nullopt;
        return std::chrono::milliseconds(retry_after_);
    }
    /// How many events closing has left, where a callback ran longer than it might take; else 0.
    std::int64_t events_left() const noexcept { return events_left_; }
    /// How many requests closing has left, where a callback ran longer than it might take; else 0.
    std::int64_t requests_left() const noexcept { return requests_left_; }
    /// The body of the service's answer, redacted; empty where there was none.
    std::string_view body() const noexcept { return body_ ? std::string_view(*body_) : std::string_view(); }

  private:
    using owned = std::unique_ptr<omnize_error, detail::freed<omnize_error_free>>;
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
