// The loaded library: features, statuses, options, statistics.

#ifndef OMNIZE_LIBRARY_HPP
#define OMNIZE_LIBRARY_HPP

#include <cstdint>
#include <string_view>
#include <vector>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

/// Returns the version of the loaded library, such as "0.1.0". OMNIZE_VERSION is the version of the header.
inline std::string_view version() noexcept {
    return detail::static_text(omnize_version());
}

/// Returns the version of the loaded library's binary interface. OMNIZE_ABI_VERSION is the version of the header.
inline std::int32_t abi_version() noexcept {
    return omnize_abi_version();
}

/// Returns the calling convention of the loaded library. OMNIZE_CALLING_CONVENTION is that of the header.
inline std::int32_t calling_convention() noexcept {
    return omnize_calling_convention();
}

/// Returns whether the loaded library has a feature: "listener" or "store".
inline bool has_feature(std::string_view name) {
    return omnize_has_feature(detail::c_text("name", name)) != 0;
}

/// Returns the name of a status, such as "OMNIZE_E_HANDLE"; empty if the number is not a status.
inline std::string_view status_name(omnize_status status) noexcept {
    return detail::static_text(omnize_status_name(status));
}

/// Returns the meaning of a status and what to do, in English; empty if the number is not a status.
inline std::string_view status_description(omnize_status status) noexcept {
    return detail::static_text(omnize_status_description(status));
}

/// Returns all statuses, including OMNIZE_OK.
inline std::vector<omnize_status> statuses() {
    std::vector<omnize_status> all;
    for (std::int32_t i = 0; i < omnize_status_count(); i++) all.push_back(omnize_status_at(i));
    return all;
}

/// An option of config. Its texts are never freed.
struct option {
    std::string_view name;          ///< The name for config::set.
    std::string_view type;          ///< The type: see omnize_option_type.
    std::string_view default_value; ///< The default value; empty if there is no default.
    std::string_view description;   ///< The description, in English.
};

/// Returns all options.
inline std::vector<option> options() {
    std::vector<option> all;
    for (std::int32_t i = 0; i < omnize_option_count(); i++)
        all.push_back({detail::static_text(omnize_option_name(i)), detail::static_text(omnize_option_type(i)),
                       detail::static_text(omnize_option_default(i)),
                       detail::static_text(omnize_option_description(i))});
    return all;
}

/// A statistic. Its texts are never freed.
struct statistic {
    std::string_view name;        ///< The name for client::statistic, listener::statistic and snapshot::value.
    std::string_view kind;        ///< "counter", or "gauge" for a value that also falls.
    std::string_view description; ///< The description, in English.
};

/// Returns all statistics.
inline std::vector<statistic> statistics() {
    std::vector<statistic> all;
    for (std::int32_t i = 0; i < omnize_statistic_count(); i++)
        all.push_back({detail::static_text(omnize_statistic_name(i)), detail::static_text(omnize_statistic_kind(i)),
                       detail::static_text(omnize_statistic_description(i))});
    return all;
}

} // namespace omnize

#endif
