// A callback, and what it has in common with its client.

#ifndef OMNIZE_SUBSCRIPTION_HPP
#define OMNIZE_SUBSCRIPTION_HPP

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include <omnize.h>

namespace omnize {

namespace detail {
/// What a client, its subscriptions and its callbacks have in common. Any of them may be the last to go.
class bond {
  public:
    void add(std::int64_t subscription) {
        std::lock_guard lock(mutex_);
        live_.insert(subscription);
    }

    void end(omnize_client *client, std::int64_t subscription) noexcept {
        // It fails where the client has ended the subscription: nothing is left to do then.
        omnize_client_unsubscribe(client, subscription, nullptr);
        std::lock_guard lock(mutex_);
        live_.erase(subscription);
    }

    /// Ends all, and waits for callbacks that run, which omnize_client_free alone does not.
    void end(omnize_client *client) noexcept {
        std::unique_lock lock(mutex_);
        const auto live = std::move(live_);
        lock.unlock();
        for (std::int64_t subscription : live) omnize_client_unsubscribe(client, subscription, nullptr);
        omnize_client_free(client);
    }

    /// Takes what a callback threw: for the handler, or else for the next poll.
    void caught(std::exception_ptr thrown) noexcept try {
        std::unique_lock lock(mutex_);
        if (!handler_) return thrown_.push_back(std::move(thrown));
        const auto handler = handler_;
        lock.unlock();
        handler(std::move(thrown));
    } catch (...) {
        // The handler threw, or there is no memory: nobody is left to tell.
    }

    void rethrow() {
        std::lock_guard lock(mutex_);
        if (thrown_.empty()) return;
        const std::exception_ptr first = std::move(thrown_.front());
        thrown_.pop_front();
        std::rethrow_exception(first);
    }

    /// Sets the handler, and gives the one before.
    std::function<void(std::exception_ptr)> handle_with(std::function<void(std::exception_ptr)> handler) {
        std::lock_guard lock(mutex_);
        return std::exchange(handler_, std::move(handler));
    }

  private:
    std::mutex mutex_;
    std::set<std::int64_t> live_;
    std::deque<std::exception_ptr> thrown_;
    std::function<void(std::exception_ptr)> handler_;
};

struct closed {
    std::shared_ptr<detail::bond> bond;
    void operator()(omnize_client *client) const noexcept { bond->end(client); }
};
struct unsubscribed {
    std::shared_ptr<detail::bond> bond;
    std::int64_t id = 0;
    void operator()(omnize_client *client) const noexcept { bond->end(client, id); }
};
} // namespace detail

/// A callback, for as long as this lives. Destroying it waits for a call that runs on another thread; in a callback of
/// its client it does not, and a call that runs is the last.
class subscription {
  public:
    subscription() = default;                   ///< None.
    void cancel() noexcept { client_.reset(); } ///< Ends it, as destroying it does.

  private:
    friend class client;
    subscription(omnize_client *client, detail::unsubscribed end) noexcept : client_(client, std::move(end)) {}
    std::unique_ptr<omnize_client, detail::unsubscribed> client_; // known as stale once the client is gone
};

} // namespace omnize

#endif
