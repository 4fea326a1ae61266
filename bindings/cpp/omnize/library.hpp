// The library that is loaded, and what it knows: features, statuses, options, statistics.

#ifndef OMNIZE_LIBRARY_HPP
#define OMNIZE_LIBRARY_HPP

#include <cstdint>
#include <string_view>
#include <vector>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

/// The version of the library that is loaded, such as "0.1.0"; OMNIZE_VERSION is that of the header.
inline std::string_view version() noexcept {
    return detail::lasting(omnize_version());
}

/// The version of the binary interface of the library that is loaded; OMNIZE_ABI_VERSION is that of the header.
inline std::int32_t abi_version() noexcept {
    return omnize_abi_version();
}

/// Whether the library that is loaded has a feature: "listener" or "store".
inline bool has_feature(std::string_view name) {
    return omnize_has_feature(detail::c_text("name", name)) != 0;
}

/// The name of a status, such as "OMNIZE_E_HANDLE"; empty for a number that is none.
inline std::string_view status_name(omnize_status status) noexcept {
    return detail::lasting(omnize_status_name(status));
}

/// What a status means and what to do, in English; empty for a number that is none.
inline std::string_view status_text(omnize_status status) noexcept {
    return detail::lasting(omnize_status_description(status));
}

/// All statuses, OMNIZE_OK included.
inline std::vector<omnize_status> statuses() {
    std::vector<omnize_status> all;
    for (std::int32_t i = 0; i < omnize_status_count(); i++) all.push_back(omnize_status_at(i));
    return all;
}

/// An option that a config has. Its texts are valid for ever.
struct option {
    std::string_view name;          ///< How config::set calls it.
    std::string_view type;          ///< What values it takes: omnize_option_type lists them.
    std::string_view default_value; ///< What holds where it is not set; empty where nothing does.
    std::string_view doc;           ///< What it is for, in English.
};

/// All options.
inline std::vector<option> options() {
    std::vector<option> all;
    for (std::int32_t i = 0; i < omnize_option_count(); i++)
        all.push_back({detail::lasting(omnize_option_name(i)), detail::lasting(omnize_option_type(i)),
                       detail::lasting(omnize_option_default(i)), detail::lasting(omnize_option_description(i))});
    return all;
}

/// Something that is counted. Its texts are valid for ever.
struct statistic {
    std::string_view name; ///< How client::statistic and listener::statistic call it.
    std::string_view doc;  ///< What it counts, in English.
};

/// All that is counted.
inline std::vector<statistic> statistics() {
    std::vector<statistic> all;
    for (std::int32_t i = 0; i < omnize_statistic_count(); i++)
        all.push_back({detail::lasting(omnize_statistic_name(i)), detail::lasting(omnize_statistic_description(i))});
    return all;
}

} // namespace omnize

#endif
