// An address that several clients share.

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

/// One address that takes triggers for several clients, each at a path of its own; their option listen is not set. It
/// and its clients may go in any order. Destroying it closes it, as close with no time does.
class listener {
  public:
    /// Opens it, with the options that begin with listen, except listen.path. Needs no token.
    explicit listener(const config &config)
        : handle_(detail::result<omnize_listener *>(omnize_listener_open, config.handle())) {}

    /// Hands the triggers that come at a path to a client from now on; at a path that nobody guesses where none is
    /// given.
    void attach(const client &client, std::optional<std::string_view> path = std::nullopt) {
        detail::call(omnize_listener_attach, handle(), client.handle(), detail::c_text("path", path));
    }

    /// Hands nothing to a client any more; its path is answered 404.
    void detach(const client &client) { detail::call(omnize_listener_detach, handle(), client.handle()); }

    /// The webhook's URL of a client; OMNIZE_E_ARGUMENT where it is not attached.
    std::string_view url(const client &client) const {
        std::int64_t length = 0;
        const char *url = omnize_listener_url(handle(), client.handle(), &length);
        if (!handle() || !client.handle()) throw error(OMNIZE_E_HANDLE, "the listener or the client was moved from");
        if (url == nullptr) throw error(OMNIZE_E_ARGUMENT, "the client is not attached to this listener");
        return {url, static_cast<std::size_t>(length)};
    }

    /// How often the thing of this name was counted at this listener; omnize::statistics() tells the names.
    std::int64_t statistic(std::string_view name) const {
        return detail::result<std::int64_t>(omnize_listener_statistic, handle(), detail::c_text("name", name));
    }

    /// Closes it, waiting so long for triggers that are being kept. Its clients stay open.
    void close(milliseconds timeout) { detail::call(omnize_listener_close, handle(), timeout.count()); }
    omnize_listener *handle() const noexcept { return handle_.get(); } ///< Stays this object's.

  private:
    std::unique_ptr<omnize_listener, detail::freed<omnize_listener_free>> handle_;
};

} // namespace omnize

#endif
