// What omnize.hpp promises of a conversation with the service: posting, a shared listener, and what an earlier run has
// left. Run by `omnize sandbox`, whose department 1 has an agent that answers.

#include <chrono>
#include <exception>
#include <filesystem>
#include <future>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <omnize.hpp>

#include "expect.hpp"

namespace {

using namespace std::chrono_literals;
using omnize::delivery;
using omnize::event_kind;
using omnize::request_kind;
using omnize::state;

// A client whose service can't be reached, and whose posted requests wait for it.
omnize::client a_lost_client() {
    return omnize::client(omnize::config().set("token", "t").set("base_url", "http://127.0.0.1:1/"));
}

void posted_requests_report_their_outcome() {
    omnize::client client(sandbox_config());
    auto chat = client.prepare("1", "20");
    CHECK(chat.state() == state::new_ && chat.client_id() == "20" && chat.department() == "1");
    CHECK(status_of([&] { chat.post("cedo"); }) == OMNIZE_E_STATE);
    CHECK(status_of([&] { chat.keystroke(); }) == OMNIZE_E_STATE);
    CHECK(status_of([&] { chat.post_start({std::string("Jo\0ao", 5)}); }) == OMNIZE_E_ARGUMENT);
    CHECK(failure_of([&] { chat.post_start({std::string("Jo\0ao", 5)}); }).delivery() == delivery::not_sent);

    const auto start = chat.post_start({"Joao", {}, {}, "123.456.789-09"});
    CHECK(chat.state() == state::starting || chat.state() == state::waiting);
    chat.keystroke();
    const auto message = chat.post(std::string_view("a\0b", 3));
    const auto finish = chat.post_finish();
    CHECK(start != message && message != finish && start != finish);
    for (const omnize::ticket ticket : {start, message, finish}) {
        const auto event = next_of_kind(client, event_kind::outcome);
        CHECK(event.client_id() == "20" && event.text().empty() && event.raw().empty());
        const auto outcome = event.outcome().value();
        CHECK(outcome.ticket == ticket && outcome.delivery == delivery::accepted);
        CHECK(outcome.status == OMNIZE_OK && outcome.http_status == 0);
    }
    CHECK(chat.state() == state::finished);
    CHECK(status_of([&] { chat.post_finish(); }) == OMNIZE_E_STATE);
}

void a_reference_makes_a_post_idempotent() {
    omnize::client client(sandbox_config());
    auto chat = client.prepare("1", "21");
    const omnize::post_options order{"order 7", 1min};
    const auto start = chat.post_start({"Joao"}, {"start"});
    const auto message = chat.post("Oi", order);
    const auto finish = chat.post_finish({"finish", omnize::forever});
    CHECK(start == chat.post_start({"Joao"}, {"start"}) && message == chat.post("Oi", order));
    CHECK(finish == chat.post_finish({"finish"}));
    CHECK(status_of([&] { chat.post("another text", order); }) == OMNIZE_E_ARGUMENT);
    CHECK(status_of([&] { chat.post("Oi", {std::string(256, 'x')}); }) == OMNIZE_E_ARGUMENT);
    CHECK(status_of([&] { chat.post("Oi", {{}, 0ms}); }) == OMNIZE_E_ARGUMENT);
    CHECK(failure_of([&] { chat.post("Oi", {{}, 0ms}); }).delivery() == delivery::not_sent);
    CHECK(failure_of([&] { chat.post("Oi", {std::string(256, 'x')}); }).delivery() == delivery::not_sent);
    CHECK(failure_of([&] { chat.send("\xff"); }).delivery() == delivery::not_sent);
    omnize::request request(chat, request_kind::message);
    CHECK(status_of([&] { chat.send(request.set(order)); }) == OMNIZE_E_ARGUMENT);
    const std::pair<omnize::ticket, std::pair<request_kind, std::string_view>> expected[] = {
        {start, {request_kind::start, "start"}},
        {message, {request_kind::message, "order 7"}},
        {finish, {request_kind::finish, "finish"}},
    };
    for (const auto &[ticket, kind_and_reference] : expected) {
        const auto event = next_of_kind(client, event_kind::outcome);
        const auto outcome = event.outcome().value();
        CHECK(outcome.ticket == ticket && outcome.kind == kind_and_reference.first);
        CHECK(outcome.reference == kind_and_reference.second && outcome.delivery == delivery::accepted);
        CHECK(outcome.posted_at <= event.received_at() && event.received_at() - outcome.posted_at.value() < 1min);
    }
}

void an_old_request_expires() {
    auto client = a_lost_client();
    const auto ticket = client.attach("1", "12").post("too late", {{}, 100ms});
    const auto event = next_of_kind(client, event_kind::outcome);
    const auto outcome = event.outcome().value();
    CHECK(outcome.ticket == ticket && outcome.status == OMNIZE_E_EXPIRED && outcome.delivery == delivery::not_sent);
    CHECK(outcome.reference.empty());
}

void rejected_requests_report_their_outcome() {
    omnize::client client(sandbox_config());
    auto chat = client.attach("1", "nobody");
    CHECK(chat.state() == state::active);
    const auto ticket = chat.post("Oi");
    const auto refused = next_of_kind(client, event_kind::outcome);
    const auto outcome = refused.outcome().value();
    CHECK(outcome.ticket == ticket && outcome.delivery == delivery::rejected);
    CHECK(outcome.status == OMNIZE_E_REJECTED && outcome.http_status == 422 && !refused.text().empty());
}

void dispatch_callbacks_receive_outcomes() {
    omnize::client client(
        omnize::config().set("token", "t").set("base_url", "http://127.0.0.1:1/").set("retry.posted", "0"));
    std::promise<std::pair<omnize::outcome, std::string>> heard;
    auto hearing = client.subscribe(event_kind::outcome, "12", [&](omnize::event_view event) {
        heard.set_value({event.outcome().value(), std::string(event.text())});
    });
    client.dispatch([](std::exception_ptr) {});
    const auto ticket = client.attach("1", "12").post("Oi");
    const auto [outcome, text] = heard.get_future().get();
    CHECK(outcome.ticket == ticket && outcome.delivery == delivery::not_sent && outcome.http_status == 0);
    CHECK(outcome.status == OMNIZE_E_REFUSED && !text.empty());
}

void a_conversation_has_its_own_timeout() {
    auto client = a_lost_client();
    auto chat = client.attach("1", "12");
    CHECK(status_of([&] { chat.set_timeout(-1ms); }) == OMNIZE_E_ARGUMENT);
    chat.post("waits for the service"); // and so does what is sent after it
    chat.set_timeout(50ms);
    const auto begin = std::chrono::steady_clock::now();
    const auto late = failure_of([&] { chat.send("Oi"); });
    CHECK(late.status() == OMNIZE_E_TIMEOUT && late.delivery() == delivery::not_sent);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

void close_reports_unsent_requests() {
    auto client = a_lost_client();
    auto chat = client.attach("1", "12");
    chat.post("one");
    chat.post("two");
    const auto left = client.close(0ms);
    CHECK(left.requests == 2);
    CHECK(status_of([&] { chat.post("three"); }) == OMNIZE_E_CLOSED);
    CHECK(status_of([&] { chat.keystroke(); }) == OMNIZE_E_CLOSED);
}

void the_outbox_is_listed_cancelled_and_flushed() {
    omnize::client client(sandbox_config().set("outbox.paused", "1"));
    auto chat = client.prepare("1", "43");
    const auto start = chat.post_start({"Joao"});
    const auto first = chat.post("um");
    const auto last = chat.post("dois");
    CHECK(client.outbox_count() == 3);
    const auto list = client.outbox();
    CHECK(list.size() == 3 && list[0].ticket == start && list[2].ticket == last);
    CHECK(list[0].kind == omnize::request_kind::start && list[1].kind == omnize::request_kind::message);
    CHECK(list[1].client_id == "43" && list[1].age >= 0ms && list[1].attempts == 0 && !list[1].in_progress);
    CHECK(list[1].last_status == OMNIZE_OK && list[1].last_message.empty());

    client.cancel(first);
    const auto cancelled = next_of_kind(client, event_kind::outcome).outcome().value();
    CHECK(cancelled.ticket == first && cancelled.status == OMNIZE_E_CANCELLED);
    CHECK(cancelled.delivery == delivery::not_sent);
    CHECK(status_of([&] { client.cancel(first); }) == OMNIZE_E_STATE);
    const auto paused = failure_of([&] { client.flush(20s); });
    CHECK(paused.status() == OMNIZE_E_STATE && paused.requests_left() == 2);
    client.resume();
    client.flush();
    CHECK(client.outbox().empty());
    client.pause();
    chat.post("tres");
    CHECK(chat.cancel() == 1 && chat.cancel() == 0);
}

void a_listener_serves_several_clients() {
    omnize::config options;
    CHECK(status_of([&] { omnize::listener listener(options); }) == OMNIZE_E_VALUE);
    omnize::listener listener(options.set("listen", "127.0.0.1:0"));
    omnize::client client(sandbox_config()), other = client_without_service();
    CHECK(status_of([&] { listener.url(client); }) == OMNIZE_E_ARGUMENT);
    CHECK(status_of([&] { listener.attach(client, "no-path"); }) == OMNIZE_E_ARGUMENT);
    listener.attach(client, "/omnize/one");
    listener.attach(other);
    CHECK(status_of([&] { listener.attach(other); }) == OMNIZE_E_ARGUMENT);
    const std::string_view url = listener.url(client), path = "/omnize/one";
    CHECK(url.substr(url.size() - path.size()) == path);
    CHECK(listener.url(other).size() > url.size() && client.webhook_url().empty());

    wait_for_operator("webhook", url);
    auto chat = client.start("1", "21", {"Joao"});
    CHECK(next_of_kind(client, event_kind::accepted).client_id() == "21");
    CHECK(chat.state() == state::active && !other.next(0ms));
    CHECK(next_of_kind(client, event_kind::message).text().find("Joao") != std::string_view::npos);

    CHECK(listener.statistic("wrong_path") == 0);
    listener.detach(client);
    CHECK(status_of([&] { listener.url(client); }) == OMNIZE_E_ARGUMENT);
    chat.send("Bom dia!"); // is answered, at a path that nobody has any more
    for (int i = 0; i < 200 && listener.statistic("wrong_path") == 0; i++) std::this_thread::sleep_for(50ms);
    CHECK(listener.statistic("wrong_path") > 0);
    CHECK(status_of([&] { listener.statistic("no-such"); }) == OMNIZE_E_ARGUMENT);

    auto moved = std::move(listener);
    CHECK(status_of([&] { listener.url(other); }) == OMNIZE_E_HANDLE);
    moved.close(1s);
    CHECK(status_of([&] { moved.close(0ms); }) == OMNIZE_E_CLOSED);
    chat.finish();
}

// A folder that is gone with it.
struct folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("omnize-tests-" + std::to_string(std::random_device()()));
    folder() { std::filesystem::create_directory(path); }
    ~folder() { std::filesystem::remove_all(path); }
};

void unacknowledged_events_are_redelivered() {
    const folder kept;
    const auto options =
        std::move(sandbox_config().set("store", (kept.path / "chat.db").string()).set("ack", "manual"));
    const auto before = std::chrono::system_clock::now() - 1s;
    {
        omnize::client client(options);
        CHECK(client.interactions().empty());
        client.start("1", "22");
        deliver_message(client, "22");
        CHECK(!client.next(0ms)->redelivered()); // and is not said to be handled
    }
    {
        omnize::client client(options);
        const auto again = client.next(20s).value();
        CHECK(again.redelivered() && again.text() == "Oi" && again.client_id() == "22");
        again.nack();
        again.ack();
        const auto open = client.interactions();
        CHECK(open.size() == 1 && open[0].client_id == "22" && open[0].department == "1");
        CHECK(open[0].state == state::active);
        CHECK(open[0].since > before && open[0].since < std::chrono::system_clock::now() + 1s);
        auto chat = client.attach(open[0].department, open[0].client_id);
        CHECK(chat.state() == state::active);
        chat.send("Ainda estou aqui!");
        chat.finish();
        CHECK(client.interactions().empty());
    }
    omnize::client client(options);
    CHECK(!client.next(0ms) && client.interactions().empty());
}

void events_with_a_throwing_callback_are_redelivered() {
    const folder kept;
    const auto options = std::move(sandbox_config().set("store", (kept.path / "chat.db").string()));
    {
        omnize::client client(options);
        auto subscription = client.subscribe(event_kind::any, [](omnize::event_view event) {
            if (event.client_id() == "31") throw std::runtime_error("on purpose");
        });
        deliver_message(client, "30");
        deliver_message(client, "31");
        try {
            client.poll(0ms);
            CHECK(false);
        } catch (const std::runtime_error &) {
        }
    }
    omnize::client client(options);
    const auto again = client.next(0ms).value();
    CHECK(again.redelivered() && again.client_id() == "31");
    again.nack();
    CHECK(!client.next(0ms));
}

} // namespace

int main() {
    const named_test tests[] = {
        TEST(a_reference_makes_a_post_idempotent),
        TEST(an_old_request_expires),
        TEST(posted_requests_report_their_outcome),
        TEST(rejected_requests_report_their_outcome),
        TEST(dispatch_callbacks_receive_outcomes),
        TEST(a_conversation_has_its_own_timeout),
        TEST(close_reports_unsent_requests),
        TEST(the_outbox_is_listed_cancelled_and_flushed),
        TEST(a_listener_serves_several_clients),
        TEST(unacknowledged_events_are_redelivered),
        TEST(events_with_a_throwing_callback_are_redelivered),
    };
    return run(tests);
}
