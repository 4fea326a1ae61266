// The statistics of a client at one moment.

#ifndef OMNIZE_SNAPSHOT_HPP
#define OMNIZE_SNAPSHOT_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <omnize.h>

#include "call.hpp"

namespace omnize {

/// A bucket of a histogram. It contains the attempts that took no longer than its limit, and longer than the limit of
/// the bucket before it.
struct latency_bucket {
    std::optional<milliseconds> limit; ///< The limit; empty for the last bucket, which has none.
    std::int64_t attempts;             ///< The number of attempts.
};

/// All statistics of a client at one moment, from client::snapshot. Its values do not change.
class snapshot {
  public:
    /// Takes the ownership of a handle.
    explicit snapshot(omnize_snapshot *owned) noexcept : handle_(owned) {}

    /// Returns the value of a statistic; omnize::statistics() lists the names.
    std::int64_t value(std::string_view name) const {
        return detail::result<std::int64_t>(omnize_snapshot_value, handle(), detail::c_text("name", name));
    }

    /// Returns the durations of attempts as a histogram.
    std::vector<latency_bucket> latency() const {
        std::vector<latency_bucket> buckets;
        for (std::int64_t i = 0; i < omnize_snapshot_bucket_count(handle()); i++) {
            const std::int64_t limit = omnize_snapshot_bucket_limit(handle(), i);
            buckets.push_back({limit < 0 ? std::nullopt : std::optional<milliseconds>(limit),
                               omnize_snapshot_bucket_attempts(handle(), i)});
        }
        return buckets;
    }
    /// Returns the duration of all attempts, in seconds.
    double total_seconds() const noexcept { return omnize_snapshot_total_seconds(handle()); }
    /// Returns the statistics as a JSON object.
    std::string_view json() const { return detail::text<omnize_snapshot_json>(handle()); }
    /// Returns the statistics in the text format of Prometheus.
    std::string_view prometheus() const { return detail::text<omnize_snapshot_prometheus>(handle()); }
    omnize_snapshot *handle() const noexcept { return handle_.get(); } ///< This object keeps the ownership.

  private:
    std::unique_ptr<omnize_snapshot, detail::deleter<omnize_snapshot_free>> handle_;
};

} // namespace omnize

#endif
