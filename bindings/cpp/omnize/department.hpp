// The list of departments.

#ifndef OMNIZE_DEPARTMENT_HPP
#define OMNIZE_DEPARTMENT_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

/// A channel of a department.
struct channel {
    std::string id;           ///< The service's id of the channel.
    std::string name;         ///< The name.
    std::optional<bool> open; ///< Whether it is open; empty if the service did not report it.
};

/// A department for which interactions can be started.
struct department {
    std::string id;                    ///< The id that a start requires.
    std::string name;                  ///< The name.
    std::optional<bool> open;          ///< Whether it is open; empty if the service did not report it.
    std::optional<std::int64_t> queue; ///< The number of waiting customers; empty if the service did not report it.
    std::vector<channel> channels;     ///< Its channels.
};

namespace detail {
/// Converts a number of the library. A negative number is unknown.
template <class Known> std::optional<Known> known(std::int64_t number) {
    return number < 0 ? std::nullopt : std::optional<Known>(static_cast<Known>(number));
}

inline std::vector<channel> channels_of(const omnize_departments *list, std::int64_t index) {
    std::vector<channel> channels;
    for (std::int64_t i = 0; i < omnize_departments_channel_count(list, index); i++)
        channels.push_back({text_at<omnize_departments_channel_id>(list, index, i),
                            text_at<omnize_departments_channel_name>(list, index, i),
                            known<bool>(omnize_departments_channel_open(list, index, i))});
    return channels;
}

/// Copies a list, and frees it.
inline std::vector<department> departments_of(omnize_departments *raw) {
    const std::unique_ptr<omnize_departments, deleter<omnize_departments_free>> owned(raw);
    const omnize_departments *list = owned.get();
    std::vector<department> departments;
    for (std::int64_t i = 0; i < omnize_departments_count(list); i++)
        departments.push_back({text_at<omnize_departments_id>(list, i), text_at<omnize_departments_name>(list, i),
                               known<bool>(omnize_departments_open(list, i)),
                               known<std::int64_t>(omnize_departments_queue(list, i)), channels_of(list, i)});
    return departments;
}
} // namespace detail

} // namespace omnize

#endif
