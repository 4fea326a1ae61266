// Tests of the promises beyond omnize.h. Run by `omnize sandbox`, which sets token and base_url. service_tests.cpp
// tests conversations with the service.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <omnize.hpp>

#include "expect.hpp"

namespace {

using namespace std::chrono_literals;
using omnize::event_kind;

// Polls, and returns the int that a callback of this client threw.
std::optional<int> thrown_by_poll(omnize::client &client) {
    try {
        client.poll(0ms);
        return std::nullopt;
    } catch (int thrown) {
        return thrown;
    }
}

void a_failed_call_throws_its_status() {
    omnize::config config;
    const auto unknown = failure_of([&] { config.set("tokn", "x"); });
    CHECK(unknown.status() == OMNIZE_E_OPTION && unknown.status_name() == "OMNIZE_E_OPTION");
    CHECK(std::string_view(unknown.what()).find("tokn") != std::string_view::npos);
    CHECK(unknown.delivery() == omnize::delivery::none && unknown.http_status() == 0 && unknown.body().empty());
    CHECK(status_of([&] { config.set("timeout", "soon"); }) == OMNIZE_E_VALUE);
    CHECK(status_of([&] { config.load_file("/no/such/file"); }) == OMNIZE_E_FILE);
    CHECK(status_of([&] { omnize::client client(config); }) == OMNIZE_E_TOKEN);
    config.set("token", "a-secret").set("timeout", "1500");
    CHECK(config.get("timeout") == "1500" && config.get("token") == "[redacted]");
}

void errors_report_the_delivery() {
    const omnize::config config = std::move(sandbox_config().set("token", "not-this-one"));
    omnize::client client(config);
    auto error = std::make_unique<omnize::error>(failure_of([&] { client.start("1", "12", {"Joao"}); }));
    const omnize::error copy = *error;
    error.reset();
    CHECK(copy.status() == OMNIZE_E_AUTH && copy.delivery() == omnize::delivery::rejected);
    CHECK(copy.http_status() >= 400 && copy.http_status() < 500 && !copy.body().empty() && !copy.retryable());

    omnize::client lost(omnize::config().set("token", "t").set("base_url", "http://127.0.0.1:1/"));
    const auto refused = failure_of([&] { lost.attach("1", "12").send("Oi"); });
    CHECK(refused.status() == OMNIZE_E_REFUSED && refused.delivery() == omnize::delivery::not_sent);
    CHECK(refused.retryable() && !refused.retry_after());
}

void each_system_has_its_own_way_to_wake_a_loop() {
    auto client = client_without_service();
#ifdef _WIN32
    CHECK(client.wake_handle() != nullptr);
    CHECK(status_of([&] { (void)client.wake_fd(); }) == OMNIZE_E_UNSUPPORTED);
    client.wake_message(nullptr, 0);
#else
    CHECK(client.wake_fd() >= 0);
    CHECK(status_of([&] { (void)client.wake_handle(); }) == OMNIZE_E_UNSUPPORTED);
    CHECK(status_of([&] { client.wake_message(nullptr, 0); }) == OMNIZE_E_UNSUPPORTED);
#endif
}

void texts_with_a_nul_are_rejected() {
    auto client = client_without_service();
    const std::string_view with_nul("1\0002", 3);
    CHECK(status_of([&] { client.attach(with_nul, "12"); }) == OMNIZE_E_ARGUMENT);
    CHECK(status_of([&] { omnize::config().set("token", with_nul); }) == OMNIZE_E_ARGUMENT);
    CHECK(status_of([&] { (void)client.subscribe(event_kind::any, with_nul, [](auto) {}); }) == OMNIZE_E_ARGUMENT);
    client.deliver(R"({"message": "a\u0000b", "clientId": "12"})");
    CHECK(client.next(0ms)->text() == std::string_view("a\0b", 3));
}

void objects_move_and_do_not_copy() {
    static_assert(!std::is_copy_constructible_v<omnize::config> && !std::is_copy_assignable_v<omnize::config>);
    static_assert(!std::is_copy_constructible_v<omnize::client> && !std::is_copy_assignable_v<omnize::client>);
    static_assert(!std::is_copy_constructible_v<omnize::conversation>);
    static_assert(!std::is_copy_constructible_v<omnize::event> && !std::is_copy_assignable_v<omnize::event>);
    static_assert(!std::is_copy_constructible_v<omnize::subscription>);
    static_assert(std::is_nothrow_move_constructible_v<omnize::client>);
    static_assert(std::is_nothrow_move_assignable_v<omnize::event>);

    auto first = client_without_service();
    auto chat = first.attach("1", "12");
    deliver_message(first);
    auto second = std::move(first);
    CHECK(status_of([&] { first.next(0ms); }) == OMNIZE_E_HANDLE);
    CHECK(status_of([&] { first.poll(0ms); }) == OMNIZE_E_HANDLE);
    CHECK(status_of([&] { (void)first.subscribe(event_kind::any, [](auto) {}); }) == OMNIZE_E_HANDLE);
    auto event = second.next(0ms).value();
    auto moved = std::move(event);
    CHECK(moved.text() == "Oi" && event.kind() == event_kind::any);
    CHECK(status_of([&] { event.text(); }) == OMNIZE_E_HANDLE);
    event = std::move(moved);
    CHECK(event.client_id() == "12");
    const auto same = std::move(chat);
    CHECK(same.client_id() == "12" && same.department() == "1");
    CHECK(status_of([&] { chat.client_id(); }) == OMNIZE_E_HANDLE);
    second = client_without_service(); // frees the client before
    CHECK(!second.next(0ms));
}

void events_of_next_stay_valid() {
    std::optional<omnize::client> client = client_without_service();
    CHECK(!client->next(1ms));
    const auto before = std::chrono::system_clock::now() - 1s;
    client->deliver(R"({"status": "typing", "clientId": "12"})", "application/json");
    client->deliver(R"({"message": "Ol)"
                    "\xE1"
                    R"(", "clientId": "13"})",
                    "application/json; charset=iso-8859-1");
    const auto typing = client->next().value(), message = client->next().value();
    CHECK(typing.kind() == event_kind::typing && name(typing.kind()) == "typing" && typing.text().empty());
    CHECK(message.kind() == event_kind::message && message.text() == "Ol\xC3\xA1" && !message.replaced());
    CHECK(message.raw().find("Ol\xE1") != std::string_view::npos);
    CHECK(typing.sequence() == 1 && message.sequence() == 2 && !message.redelivered());
    message.ack();
    CHECK(message.received_at() > before && message.received_at() < std::chrono::system_clock::now() + 1s);
    CHECK(client->statistic("received") == 2);
    CHECK(status_of([&] { client->statistic("no-such"); }) == OMNIZE_E_ARGUMENT);
    CHECK(status_of([&] { client->poll(0ms); }) == OMNIZE_E_MODE);
    CHECK(status_of([&] { client->deliver("[]"); }) == OMNIZE_E_NOT_JSON);
    CHECK(status_of([&] { client->deliver("{}"); }) == OMNIZE_E_NO_CLIENT_ID);
    const auto compressed = [&](const char *coding) { client->deliver_compressed("{}", std::nullopt, coding); };
    CHECK(status_of([&] { compressed("identity"); }) == OMNIZE_E_NO_CLIENT_ID);
    CHECK(status_of([&] { compressed("gzip"); }) == OMNIZE_E_NOT_JSON);
    CHECK(status_of([&] { compressed("br"); }) == OMNIZE_E_UNSUPPORTED);
    client.reset();
    CHECK(message.client_id() == "13");
}

void conversations_receive_their_own_events() {
    std::optional<omnize::client> client = client_without_service();
    auto one = client->attach("1", "1"), two = client->attach("1", "2");
    CHECK(!one.next(0ms) && !two.next(0ms));
    for (const char *id : {"2", "1", "3", "1"})
        client->deliver(R"({"status": "typing", "clientId": ")" + std::string(id) + R"("})");
    client->deliver(R"({"status": "finish", "clientId": "1"})");
    std::vector<std::int64_t> numbers;
    for (omnize::event &event : one.events()) {
        CHECK(event.client_id() == "1");
        numbers.push_back(event.sequence());
    }
    CHECK((numbers == std::vector<std::int64_t>{2, 4, 5}) && one.state() == omnize::state::finished);
    CHECK(client->next(0ms)->sequence() == 3 && !client->next(0ms));
    CHECK(two.next(0ms)->sequence() == 1);
    for (const omnize::event &event : two.events(1ms)) CHECK(event.sequence() == 0);
    CHECK(status_of([&] { two.next(-2ms); }) == OMNIZE_E_ARGUMENT);
    client.reset();
    for (const omnize::event &event : two.events()) CHECK(event.sequence() == 0);
    CHECK(status_of([&] { two.next(0ms); }) == OMNIZE_E_CLOSED);
}

void a_conversation_owns_its_user_data() {
    omnize::client client = client_without_service();
    const auto alive = std::make_shared<int>(7);
    {
        auto chat = client.attach("1", "12");
        CHECK(chat.user_data<std::string>() == nullptr);
        chat.set_user_data(std::string("Joao"));
        CHECK(*chat.user_data<std::string>() == "Joao" && chat.user_data<int>() == nullptr);
        chat.set_user_data(alive);
        CHECK(alive.use_count() == 2 && **chat.user_data<std::shared_ptr<int>>() == 7);
        auto moved = std::move(chat);
        CHECK(status_of([&] { chat.set_user_data(alive); }) == OMNIZE_E_HANDLE);
        CHECK(alive.use_count() == 2 && moved.user_data<std::shared_ptr<int>>() != nullptr);
    }
    CHECK(alive.use_count() == 1);
}

void callback_events_expire_unless_kept() {
    auto client = client_without_service();
    std::vector<omnize::event_view> seen;
    std::vector<omnize::event> kept;
    auto subscription = client.subscribe(event_kind::message, "12", [&](omnize::event_view event) {
        seen.push_back(event);
        if (seen.size() == 2) kept.push_back(event.keep());
    });
    deliver_message(client);
    deliver_message(client);
    deliver_message(client, "13");
    client.deliver(R"({"status": "typing", "clientId": "12"})");
    CHECK(client.poll(0ms) == 4 && seen.size() == 2);
    CHECK(status_of([&] { seen[0].text(); }) == OMNIZE_E_HANDLE);
    CHECK(status_of([&] { seen[1].text(); }) == OMNIZE_E_HANDLE);
    CHECK(kept[0].text() == "Oi" && kept[0].sequence() == 2);
    const omnize::event_view view = kept[0];
    kept.clear();
    CHECK(status_of([&] { view.text(); }) == OMNIZE_E_HANDLE);
}

void a_subscription_ends_with_its_object() {
    auto client = client_without_service();
    int calls = 0;
    const auto alive = std::make_shared<int>();
    {
        auto subscription = client.subscribe(
            event_kind::any, [&calls, alive, owned = std::make_unique<int>(1)](auto) { calls += *owned; });
        CHECK(alive.use_count() == 2);
        auto moved = std::move(subscription);
        subscription = omnize::subscription();
        deliver_message(client);
        client.poll(0ms);
        CHECK(calls == 1);
    }
    CHECK(alive.use_count() == 1);
    deliver_message(client);
    client.poll(0ms);
    CHECK(calls == 1);

    auto cancelled = client.subscribe(event_kind::any, [&calls, alive](auto) { calls++; });
    cancelled.cancel();
    cancelled.cancel();
    CHECK(alive.use_count() == 1);
    // It may end itself, and goes when the callback returns.
    omnize::subscription once;
    once = client.subscribe(event_kind::any, [&, alive](auto) {
        once.cancel();
        CHECK(alive.use_count() == 2);
        calls++;
    });
    deliver_message(client);
    deliver_message(client);
    client.poll(0ms);
    CHECK(calls == 2 && alive.use_count() == 1);

    auto outlives = client.subscribe(event_kind::any, [alive](auto) {});
    client = client_without_service();
    CHECK(alive.use_count() == 1);
}

void poll_rethrows_callback_exceptions_and_loses_no_event() {
    auto client = client_without_service();
    int calls = 0;
    auto throwing = client.subscribe(event_kind::any, [](omnize::event_view event) {
        if (event.sequence() != 2) throw static_cast<int>(event.sequence());
    });
    auto counting = client.subscribe(event_kind::any, [&](auto) { calls++; });
    for (int i = 0; i < 3; i++) deliver_message(client);
    CHECK(thrown_by_poll(client) == 1);
    CHECK(calls == 3);
    deliver_message(client);
    CHECK(thrown_by_poll(client) == 3 && calls == 3);
    CHECK(thrown_by_poll(client) == 4 && calls == 4);
    CHECK(thrown_by_poll(client) == std::nullopt);
}

void dispatch_passes_callback_exceptions() {
    auto client = client_without_service();
    std::promise<std::pair<int, std::thread::id>> heard;
    CHECK(status_of([&] { client.dispatch(nullptr); }) == OMNIZE_E_ARGUMENT);
    client.dispatch([&](std::exception_ptr thrown) {
        try {
            std::rethrow_exception(thrown);
        } catch (int number) {
            heard.set_value({number, std::this_thread::get_id()});
        }
        throw std::logic_error("dropped");
    });
    std::promise<void> went_on;
    auto subscription = client.subscribe(event_kind::any, [&](omnize::event_view event) {
        if (event.sequence() == 1) throw 7;
        went_on.set_value();
    });
    deliver_message(client);
    deliver_message(client);
    const auto [number, thread] = heard.get_future().get();
    CHECK(number == 7 && thread != std::this_thread::get_id());
    went_on.get_future().get();
    CHECK(status_of([&] { client.poll(0ms); }) == OMNIZE_E_MODE);
}

// A dispatch that fails leaves the exceptions to poll.
void exceptions_remain_for_poll_if_dispatch_fails() {
    auto client = client_without_service();
    client.poll(0ms);
    CHECK(status_of([&] { client.dispatch([](std::exception_ptr) {}); }) == OMNIZE_E_MODE);
    auto throwing = client.subscribe(event_kind::any, [](auto) { throw 5; });
    deliver_message(client);
    CHECK(thrown_by_poll(client) == 5);
}

// Whichever of the two goes while the callback runs on the library's thread, it waits.
template <class Destroy> void waits_for_a_running_callback(Destroy destroy) {
    std::promise<void> entered;
    std::atomic<bool> done = false;
    std::optional<omnize::client> client = client_without_service();
    client->dispatch([](std::exception_ptr) {});
    std::optional<omnize::subscription> subscription = client->subscribe(event_kind::any, [&](auto) {
        entered.set_value();
        std::this_thread::sleep_for(50ms);
        done = true;
    });
    deliver_message(*client);
    entered.get_future().get();
    destroy(client, subscription);
    CHECK(done);
}
void destroying_a_subscription_waits_for_its_callback() {
    waits_for_a_running_callback([](auto &, auto &subscription) { subscription.reset(); });
}
void destroying_a_client_waits_for_its_callbacks() {
    waits_for_a_running_callback([](auto &client, auto &) { client.reset(); });
}

void close_reports_remaining_events() {
    auto client = client_without_service();
    auto chat = client.attach("1", "12");
    deliver_message(client);
    const auto left = client.close(1s);
    CHECK(left.events == 1 && left.requests == 0);
    CHECK(status_of([&] { client.close(0ms); }) == OMNIZE_E_CLOSED);
    CHECK(status_of([&] { client.poll(0ms); }) == OMNIZE_E_CLOSED);
    CHECK(status_of([&] { (void)client.subscribe(event_kind::any, [](auto) {}); }) == OMNIZE_E_CLOSED);
    client = client_without_service();
    CHECK(status_of([&] { chat.typing(); }) == OMNIZE_E_CLOSED);
}

void close_timeout_reports_remaining_events() {
    auto client = client_without_service();
    std::promise<void> entered, release;
    auto subscription = client.subscribe(event_kind::any, [&](auto) {
        entered.set_value();
        release.get_future().wait();
    });
    client.dispatch([](std::exception_ptr) {});
    deliver_message(client);
    deliver_message(client);
    entered.get_future().get();
    const auto late = failure_of([&] { client.close(50ms); });
    release.set_value();
    CHECK(late.status() == OMNIZE_E_TIMEOUT && late.events_left() == 1 && late.requests_left() == 0);
}

void a_callback_may_close_and_destroy_its_client() {
    std::optional<omnize::client> client = client_without_service();
    int calls = 0;
    auto subscription = client->subscribe(event_kind::any, [&](auto) {
        calls++;
        client->close(1s);
        client.reset();
        throw 9;
    });
    deliver_message(*client);
    deliver_message(*client);
    CHECK(thrown_by_poll(*client) == 9);
    CHECK(calls == 1 && !client);
}

void tables_of_the_library_are_listed() {
    CHECK(omnize::version() == OMNIZE_VERSION && omnize::abi_version() == OMNIZE_ABI_VERSION);
    CHECK(omnize::calling_convention() == OMNIZE_CALLING_CONVENTION);
    CHECK(omnize::has_feature("listener") && omnize::has_feature("store") && !omnize::has_feature("teleport"));
    CHECK(status_of([] { omnize::has_feature(std::string_view("store\0s", 7)); }) == OMNIZE_E_ARGUMENT);
    const auto statuses = omnize::statuses();
    CHECK(statuses.size() > 20 && statuses.front() == OMNIZE_OK);
    for (omnize_status status : statuses)
        CHECK(!omnize::status_name(status).empty() && !omnize::status_description(status).empty());
    CHECK(omnize::status_name(OMNIZE_E_FULL) == "OMNIZE_E_FULL");
    CHECK(omnize::status_name(-1).empty() && omnize::status_description(-1).empty());
    CHECK(name(omnize::delivery::not_sent) == "not sent" && name(omnize::state::new_) == "new");
    CHECK(name(omnize::media_kind::image) == "image" && name(omnize::speaker::bot) == "bot");
    CHECK(name(omnize::log_level::warn) == "warn" && name(omnize::request_kind::off_hours) == "off_hours");
    CHECK(name(static_cast<omnize::delivery>(99)).empty());

    const omnize::config config;
    const auto options = omnize::options();
    CHECK(options.size() > 20);
    for (const auto &option : options) {
        CHECK(config.get(option.name) == option.default_value);
        CHECK(!option.type.empty() && !option.description.empty());
    }
    const auto client = client_without_service();
    const auto statistics = omnize::statistics();
    CHECK(statistics.size() > 10);
    for (const auto &statistic : statistics)
        CHECK(client.statistic(statistic.name) == 0 && !statistic.kind.empty() && !statistic.description.empty());
}

void a_snapshot_has_all_statistics() {
    omnize::client client(omnize::config().set("token", "t").set("base_url", "http://127.0.0.1:1/"));
    auto before = client.snapshot();
    CHECK(status_of([&] { client.attach("1", "12").send("Oi"); }) == OMNIZE_E_REFUSED);
    const auto after = client.snapshot();
    for (const auto &statistic : omnize::statistics()) CHECK(before.value(statistic.name) == 0);
    CHECK(after.value("requests_not_sent") == 1 && after.value("requests_sent") == 0);
    CHECK(status_of([&] { after.value("no-such"); }) == OMNIZE_E_ARGUMENT);
    const auto latency = after.latency();
    CHECK(latency.size() == 13 && latency.front().limit == 5ms && !latency.back().limit);
    for (const auto &bucket : latency) CHECK(bucket.attempts == 0);
    CHECK(after.total_seconds() == 0);
    CHECK(after.json().find("\"requests_not_sent\":1") != std::string_view::npos);
    CHECK(after.prometheus().find("omnize_requests_total{result=\"not_sent\"} 1\n") != std::string_view::npos);
    const auto moved = std::move(before);
    CHECK(status_of([&] { before.json(); }) == OMNIZE_E_HANDLE && before.latency().empty());
}

void log_callback_runs_until_the_log_ends() {
    const auto alive = std::make_shared<int>();
    std::mutex mutex;
    std::vector<std::string> messages;
    const auto hear = [&, alive](omnize::log_level level, std::string_view message) {
        std::lock_guard lock(mutex);
        CHECK(level > omnize::log_level::off && level <= omnize::log_level::debug);
        messages.emplace_back(message);
        throw std::runtime_error("is dropped");
    };
    omnize::set_log(omnize::log_level::debug, hear);
    CHECK(alive.use_count() == 3);
    auto client = omnize::client(omnize::config().set("token", "a-secret").set("base_url", "http://127.0.0.1:1/"));
    CHECK(status_of([&] { client.attach("1", "12").send("Oi"); }) == OMNIZE_E_REFUSED);
    {
        std::lock_guard lock(mutex);
        CHECK(!messages.empty());
        for (const auto &message : messages) CHECK(!message.empty() && message.find("a-secret") == std::string::npos);
    }
    // Each is destroyed when another one replaces it, the call fails, or the log ends.
    CHECK(status_of([&] { omnize::set_log(static_cast<omnize::log_level>(9), hear); }) == OMNIZE_E_ARGUMENT);
    CHECK(alive.use_count() == 3);
    omnize::set_log(omnize::log_level::error, [owned = std::make_unique<int>(), alive](auto, auto) {});
    CHECK(alive.use_count() == 3);
    omnize::end_log();
    CHECK(alive.use_count() == 2);
    messages.clear();
    CHECK(status_of([&] { client.attach("1", "12").send("Oi"); }) == OMNIZE_E_REFUSED);
    CHECK(messages.empty());
}

} // namespace

int main() {
    const named_test tests[] = {
        TEST(a_failed_call_throws_its_status),
        TEST(errors_report_the_delivery),
        TEST(each_system_has_its_own_way_to_wake_a_loop),
        TEST(texts_with_a_nul_are_rejected),
        TEST(objects_move_and_do_not_copy),
        TEST(events_of_next_stay_valid),
        TEST(conversations_receive_their_own_events),
        TEST(a_conversation_owns_its_user_data),
        TEST(callback_events_expire_unless_kept),
        TEST(a_subscription_ends_with_its_object),
        TEST(poll_rethrows_callback_exceptions_and_loses_no_event),
        TEST(dispatch_passes_callback_exceptions),
        TEST(exceptions_remain_for_poll_if_dispatch_fails),
        TEST(destroying_a_subscription_waits_for_its_callback),
        TEST(destroying_a_client_waits_for_its_callbacks),
        TEST(close_reports_remaining_events),
        TEST(close_timeout_reports_remaining_events),
        TEST(a_callback_may_close_and_destroy_its_client),
        TEST(tables_of_the_library_are_listed),
        TEST(a_snapshot_has_all_statistics),
        TEST(log_callback_runs_until_the_log_ends),
    };
    return run(tests);
}
