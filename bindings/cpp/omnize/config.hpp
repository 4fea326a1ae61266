// The options.

#ifndef OMNIZE_CONFIG_HPP
#define OMNIZE_CONFIG_HPP

#include <memory>
#include <string>
#include <string_view>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

/// The options for opening a client. The documentation and omnize::options() list them.
class config {
  public:
    /// Creates a configuration with the default of each option. Throws OMNIZE_E_UNSUPPORTED if the loaded library has
    /// another calling convention than the header.
    config() : handle_(create()) {}

    /// Sets an option.
    config &set(std::string_view name, std::string_view value) {
        detail::call(omnize_config_set, handle(), detail::c_text("name", name), detail::c_text("value", value));
        return *this;
    }

    /// Returns the value of an option, or its default. A secret that is set reads "[redacted]".
    std::string get(std::string_view name) const {
        return detail::result<const char *>(omnize_config_get, handle(), detail::c_text("name", name));
    }

    /// Sets the options from environment variables, such as OMNIZE_TOKEN.
    config &load_env() { return detail::call(omnize_config_load_env, handle()), *this; }

    /// Sets the options of an INI file.
    config &load_file(std::string_view path) {
        return detail::call(omnize_config_load_file, handle(), detail::c_text("path", path)), *this;
    }
    omnize_config *handle() const noexcept { return handle_.get(); } ///< This object keeps the ownership.

  private:
    static omnize_config *create() {
        if (omnize_calling_convention() != OMNIZE_CALLING_CONVENTION)
            throw error(OMNIZE_E_UNSUPPORTED,
                        "the program and the loaded library have different calling conventions; define OMNIZE_STDCALL "
                        "for omnize-stdcall.dll, and only for it");
        return detail::result<omnize_config *>(omnize_config_new);
    }
    std::unique_ptr<omnize_config, detail::deleter<omnize_config_free>> handle_;
};

} // namespace omnize

#endif
