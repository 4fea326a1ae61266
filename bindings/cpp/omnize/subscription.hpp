// A subscription, and the state that it shares with its client.

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
/// The state that a client, its subscriptions and its callbacks share. Any of them may be destroyed last.
class shared_state {
  public:
    void add(std::int64_t subscription) {
        std::lock_guard lock(mutex_);
        live_.insert(subscription);
    }

    void end(omnize_client *client, std::int64_t subscription) noexcept {
        // If it fails, the client ended the subscription already.
        omnize_client_unsubscribe(client, subscription, nullptr);
        std::lock_guard lock(mutex_);
        live_.erase(subscription);
    }

    /// Ends all subscriptions, and waits for running callbacks, which omnize_client_free does not.
    void end(omnize_client *client) noexcept {
        std::unique_lock lock(mutex_);
        const auto live = std::move(live_);
        lock.unlock();
        for (std::int64_t subscription : live) omnize_client_unsubscribe(client, subscription, nullptr);
        omnize_client_free(client);
    }

    /// Stores the exception of a callback for the handler, or for the next poll if there is no handler.
    void caught(std::exception_ptr thrown) noexcept try {
        std::unique_lock lock(mutex_);
        if (!handler_) return thrown_.push_back(std::move(thrown));
        const auto handler = handler_;
        lock.unlock();
        handler(std::move(thrown));
    } catch (...) {
        // The handler threw, or there is no memory: no caller can receive the exception.
    }

    void rethrow() {
        std::lock_guard lock(mutex_);
        if (thrown_.empty()) return;
        const std::exception_ptr first = std::move(thrown_.front());
        thrown_.pop_front();
        std::rethrow_exception(first);
    }

    /// Sets the handler, and returns the previous one.
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

struct close_deleter {
    std::shared_ptr<detail::shared_state> shared_state;
    void operator()(omnize_client *client) const noexcept { shared_state->end(client); }
};
struct unsubscribe_deleter {
    std::shared_ptr<detail::shared_state> shared_state;
    std::int64_t id = 0;
    void operator()(omnize_client *client) const noexcept { shared_state->end(client, id); }
};
} // namespace detail

/// A registered callback. The destructor unsubscribes it, and waits for a call on another thread. Inside a callback of
/// its client it does not wait, and a call in progress is the last.
class subscription {
  public:
    subscription() = default;                   ///< No subscription.
    void cancel() noexcept { client_.reset(); } ///< Ends the subscription, as the destructor does.

  private:
    friend class client;
    subscription(omnize_client *client, detail::unsubscribe_deleter end) noexcept : client_(client, std::move(end)) {}
    std::unique_ptr<omnize_client, detail::unsubscribe_deleter> client_; // known as stale once the client is gone
};

} // namespace omnize

#endif
