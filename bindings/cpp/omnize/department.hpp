// Departments, as the service lists them.

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

/// One of the ways to talk to a department.
struct channel {
    std::string id;           ///< By which the service knows it.
    std::string name;         ///< How it is called.
    std::optional<bool> open; ///< Whether it is open; nothing where the service does not say.
};

/// A department that an interaction can be started with.
struct department {
    std::string id;                    ///< What a start takes.
    std::string name;                  ///< How it is called.
    std::optional<bool> open;          ///< Whether it is open; nothing where the service does not say.
    std::optional<std::int64_t> queue; ///< How many customers wait there; nothing where the service does not say.
    std::vector<channel> channels;     ///< Its channels.
};

namespace detail {
/// What a number of the library means that is -1 where it is not known.
template <class Known> std::optional<Known> known(std::int64_t number) {
    return number < 0 ? std::nullopt : std::optional<Known>(static_cast<Known>(number));
}

inline std::vector<channel> channels_of(const omnize_departments *list, std::int64_t place) {
    std::vector<channel> channels;
    for (std::int64_t i = 0; i < omnize_departments_channel_count(list, place); i++)
        channels.push_back({text_at<omnize_departments_channel_id>(list, place, i),
                            text_at<omnize_departments_channel_name>(list, place, i),
                            known<bool>(omnize_departments_channel_open(list, place, i))});
    return channels;
}

/// Copies a list, and frees it.
inline std::vector<department> departments_of(omnize_departments *handed_over) {
    const std::unique_ptr<omnize_departments, freed<omnize_departments_free>> owned(handed_over);
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
