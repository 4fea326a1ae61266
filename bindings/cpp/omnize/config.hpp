// The options.

#ifndef OMNIZE_CONFIG_HPP
#define OMNIZE_CONFIG_HPP

#include <memory>
#include <string>
#include <string_view>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

/// The options of clients that are to be opened. The documentation lists them, and omnize::options().
class config {
  public:
    /// Every option at its default.
    config() : handle_(detail::result<omnize_config *>(omnize_config_new)) {}

    /// Sets an option.
    config &set(std::string_view name, std::string_view value) {
        detail::call(omnize_config_set, handle(), detail::c_text("name", name), detail::c_text("value", value));
        return *this;
    }

    /// The value of an option, or its default; a secret that is set reads "[redacted]".
    std::string get(std::string_view name) const {
        return detail::result<const char *>(omnize_config_get, handle(), detail::c_text("name", name));
    }

    /// Sets each option whose environment variable is there, such as OMNIZE_TOKEN.
    config &load_env() { return detail::call(omnize_config_load_env, handle()), *this; }

    /// Sets the options that an INI file holds.
    config &load_file(std::string_view path) {
        return detail::call(omnize_config_load_file, handle(), detail::c_text("path", path)), *this;
    }
    omnize_config *handle() const noexcept { return handle_.get(); } ///< Stays this object's.

  private:
    std::unique_ptr<omnize_config, detail::freed<omnize_config_free>> handle_;
};

} // namespace omnize

#endif
