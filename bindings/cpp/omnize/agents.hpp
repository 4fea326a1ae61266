// The agents of a department who are there.

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

/// Somebody who talks to customers.
struct agent {
    std::string id;   ///< By which the service knows him.
    std::string name; ///< How he is called.
};

/// The agents of a department who were there when the service was asked.
struct agents {
    std::int64_t count; ///< How many.
    /// How long they take on average; nothing where the service does not say.
    std::optional<std::chrono::duration<double>> average;
    std::vector<agent> named; ///< Three of them at the most, whom the service chooses at random.
};

namespace detail {
/// Copies a list, and frees it.
inline agents agents_of(omnize_agents *handed_over) {
    const std::unique_ptr<omnize_agents, freed<omnize_agents_free>> owned(handed_over);
    const omnize_agents *list = owned.get();
    agents there{omnize_agents_total(list), std::nullopt, {}};
    if (const double seconds = omnize_agents_average_seconds(list); seconds >= 0)
        there.average = std::chrono::duration<double>(seconds);
    for (std::int64_t i = 0; i < omnize_agents_count(list); i++)
        there.named.push_back({text_at<omnize_agents_id>(list, i), text_at<omnize_agents_name>(list, i)});
    return there;
}
} // namespace detail

} // namespace omnize

#endif
