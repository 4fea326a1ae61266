// The online agents of a department.

#ifndef OMNIZE_AGENTS_HPP
#define OMNIZE_AGENTS_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

/// A person who writes to customers.
struct agent {
    std::string id;   ///< The service's id of the agent.
    std::string name; ///< The name of the agent.
};

/// The agents of a department who were online at the time of the request.
struct agents {
    std::int64_t total; ///< The number of online agents.
    /// Their average service time; empty if the service did not report it.
    std::optional<std::chrono::duration<double>> average;
    std::vector<agent> list; ///< At most three of the agents, selected at random by the service.
};

namespace detail {
/// Copies a list, and frees it.
inline agents agents_of(omnize_agents *raw) {
    const std::unique_ptr<omnize_agents, deleter<omnize_agents_free>> owned(raw);
    const omnize_agents *list = owned.get();
    agents online{omnize_agents_total(list), std::nullopt, {}};
    if (const double seconds = omnize_agents_average_seconds(list); seconds >= 0)
        online.average = std::chrono::duration<double>(seconds);
    for (std::int64_t i = 0; i < omnize_agents_count(list); i++)
        online.list.push_back({text_at<omnize_agents_id>(list, i), text_at<omnize_agents_name>(list, i)});
    return online;
}
} // namespace detail

} // namespace omnize

#endif
