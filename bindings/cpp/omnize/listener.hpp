// A shared webhook listener.

#ifndef OMNIZE_LISTENER_HPP
#define OMNIZE_LISTENER_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <omnize.h>

#include "call.hpp"
#include "client.hpp"
#include "config.hpp"

namespace omnize {

/// A shared webhook listener: one address for the triggers of several clients, each at its own path. Leave their option
/// listen unset. The listener and its clients may be destroyed in any order. The destructor closes the listener with a
/// timeout of 0.
class listener {
  public:
    /// Opens the listener with the options that begin with listen, except listen.path. Needs no token.
    explicit listener(const config &config)
        : handle_(detail::result<omnize_listener *>(omnize_listener_open, config.handle())) {}

    /// Attaches a client: from now on it receives the triggers posted to the path. If no path is passed, the library
    /// generates one with 128 random bits.
    void attach(const client &client, std::optional<std::string_view> path = std::nullopt) {
        detail::call(omnize_listener_attach, handle(), client.handle(), detail::c_text("path", path));
    }

    /// Detaches a client. The listener then responds with 404 at its path.
    void detach(const client &client) { detail::call(omnize_listener_detach, handle(), client.handle()); }

    /// Returns the webhook URL of a client. Fails with OMNIZE_E_ARGUMENT if it is not attached.
    std::string_view url(const client &client) const {
        std::int64_t length = 0;
        const char *url = omnize_listener_url(handle(), client.handle(), &length);
        if (!handle() || !client.handle()) throw error(OMNIZE_E_HANDLE, "the listener or the client was moved from");
        if (url == nullptr) throw error(OMNIZE_E_ARGUMENT, "the client is not attached to this listener");
        return {url, static_cast<std::size_t>(length)};
    }

    /// Returns the value of a counter of this listener; omnize::statistics() lists the names.
    std::int64_t statistic(std::string_view name) const {
        return detail::result<std::int64_t>(omnize_listener_statistic, handle(), detail::c_text("name", name));
    }

    /// Closes the listener. Blocks at most `timeout` for triggers that are being stored. Its clients stay open.
    void close(milliseconds timeout) { detail::call(omnize_listener_close, handle(), timeout.count()); }
    omnize_listener *handle() const noexcept { return handle_.get(); } ///< This object keeps the ownership.

  private:
    std::unique_ptr<omnize_listener, detail::deleter<omnize_listener_free>> handle_;
};

} // namespace omnize

#endif
