// What omnize.hpp promises of what the later dialects add. Run by `omnize sandbox`, which speaks all dialects at once;
// its department 1 has an agent that answers.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include <omnize.hpp>

#include "expect.hpp"

namespace {

using namespace std::chrono_literals;
using omnize::event_kind;
using omnize::request_kind;

// A client that speaks a dialect with the sandbox.
omnize::client speaking(std::string_view dialect, std::string_view listen = "") {
    const std::string base = std::getenv("OMNIZE_SANDBOX_URL");
    auto config = sandbox_config();
    config.set("dialect", dialect).set("base_url", dialect == "gateway" ? base + "/client-gateway/api/rest/v1" : base);
    if (!listen.empty()) config.set("listen", listen);
    return omnize::client(config);
}

void a_request_with_fields_is_sent() {
    auto client = speaking("interactions", "127.0.0.1:0");
    wait_for_operator("webhook", client.webhook_url());
    auto chat = client.prepare("1", "30");
    CHECK(chat.interaction_hash().empty());
    omnize::request start(client, request_kind::start);
    CHECK(status_of([&] { start.set("mood", "POSITIVE"); }) == OMNIZE_E_ARGUMENT);
    chat.send(start.set("name", "Joao").set("extra", R"({"order":1})"));
    const std::string hash(chat.interaction_hash());
    CHECK(!hash.empty());
    const auto accepted = next_of_kind(client, event_kind::accepted);
    CHECK(accepted.client_id() == "30" && accepted.interaction_hash() == hash && accepted.extra() == R"({"order":1})");
    const auto message = next_of_kind(client, event_kind::message);
    CHECK(message.text().find("Joao") != std::string_view::npos && !message.message_hash().empty());
    CHECK(!message.agent_id().empty() && !message.agent_name().empty());

    omnize::request image(client, request_kind::message);
    chat.send(image.set("text", "Veja").set("media", "image").set("url", "http://127.0.0.1/fatura.png"));
    omnize::request update(client, request_kind::update);
    const auto ticket = chat.post(update.set("mood", "POSITIVE").set("note", "gentil"));
    const auto event = next_of_kind(client, event_kind::outcome);
    const auto outcome = event.outcome().value();
    CHECK(outcome.ticket == ticket && outcome.delivery == omnize::delivery::accepted);

    auto other = speaking("interactions");
    auto same = other.attach("1", "30", hash);
    CHECK(same.interaction_hash() == hash);
    same.send("Bom dia!");
    same.finish();
    CHECK(status_of([&] { other.attach("1", "31").send("Bom dia!"); }) == OMNIZE_E_INTERACTION);
}

void unsupported_requests_fail() {
    omnize::client client(sandbox_config());
    auto chat = client.start("1", "32");
    omnize::request update(client, request_kind::update);
    update.set("note", "gentil");
    CHECK(status_of([&] { chat.send(update); }) == OMNIZE_E_UNSUPPORTED);
    CHECK(status_of([&] { chat.post(update); }) == OMNIZE_E_UNSUPPORTED);
    CHECK(status_of([&] { client.departments(); }) == OMNIZE_E_UNSUPPORTED);
    CHECK(status_of([&] { client.agents_online("1"); }) == OMNIZE_E_UNSUPPORTED);
    CHECK(status_of([&] { client.bot_attach("a-hash"); }) == OMNIZE_E_UNSUPPORTED);
    CHECK(chat.interaction_hash().empty());
    chat.finish();
}

void open_interactions_have_the_bot_id_of_the_start() {
    auto client = speaking("gateway");
    auto chat = client.prepare("1", "34");
    omnize::request start(client, request_kind::start);
    chat.send(start.set("bot_id", "b7"));
    const auto open = client.interactions();
    CHECK(open.size() == 1 && open[0].client_id == "34" && open[0].bot_id == "b7");
    chat.finish();
}

void departments_and_agents_are_listed() {
    auto client = speaking("interactions");
    const auto departments = client.departments();
    CHECK(departments.size() >= 2 && departments[0].id == "1" && departments[0].name == "Support");
    CHECK(departments[0].open == true && departments[0].queue >= 0);
    CHECK(!departments[0].channels.empty());
    for (const auto &channel : departments[0].channels) CHECK(!channel.id.empty() && !channel.name.empty());

    auto gateway = speaking("gateway");
    CHECK(status_of([&] { gateway.departments(); }) == OMNIZE_E_CLIENT_ID);
    CHECK(gateway.departments("12").size() == departments.size());

    const auto agents = client.agents_online("1");
    CHECK(agents.total >= 1 && !agents.list.empty() && agents.list.size() <= 3);
    for (const auto &agent : agents.list) CHECK(!agent.id.empty() && !agent.name.empty());
    CHECK(!agents.average || agents.average->count() >= 0);
}

void a_check_says_what_is_right() {
    auto client = speaking("interactions");
    CHECK(client.check() == omnize::check_level::account && client.check(20s) == omnize::check_level::account);
    CHECK(speaking("rest").check() == omnize::check_level::connection);
    CHECK(name(omnize::check_level::account) == "account" && name(static_cast<omnize::check_level>(0)).empty());
    auto config = sandbox_config();
    config.set("dialect", "interactions").set("base_url", std::getenv("OMNIZE_SANDBOX_URL")).set("token", "wrong");
    omnize::client wrong(config);
    CHECK(status_of([&] { wrong.check(); }) == OMNIZE_E_AUTH);
    CHECK(status_of([&] { wrong.check(-1ms); }) == OMNIZE_E_ARGUMENT);
}

void the_department_after_a_transfer_is_known() {
    auto client = speaking("interactions");
    auto chat = client.start("1", "35");
    auto same = client.attach("2", "35");
    const std::string hash(chat.interaction_hash());
    client.deliver(R"({"state":"transferred","department_id":2,"interaction_hash":")" + hash + R"("})");
    CHECK(same.department() == "1" && same.current_department() == "2" && chat.current_department() == "2");
    const auto open = client.interactions();
    CHECK(open.size() == 1 && open[0].department == "1" && open[0].current_department == "2");
    chat.finish();
}

void off_hours_messages_are_submitted() {
    auto client = speaking("interactions");
    omnize::request contact(client, request_kind::off_hours);
    CHECK(status_of([&] { client.off_hours("2", contact); }) == OMNIZE_E_ARGUMENT); // no e-mail
    CHECK(contact.interaction_hash().empty());
    client.off_hours("2", contact.set("email", "joao@example.com").set("text", "Liguem, por favor."));
    CHECK(!contact.interaction_hash().empty());
}

/// Returns the outcome with this ticket, which is the next one.
omnize::event outcome_of(omnize::client &client, omnize::ticket ticket) {
    auto event = client.next(20s).value();
    CHECK(event.outcome().value().ticket == ticket && event.client_id().empty());
    return event;
}

void queries_and_contacts_are_posted() {
    auto client = speaking("interactions");
    const auto departments = outcome_of(client, client.post_departments());
    CHECK(departments.departments().size() == client.departments().size());
    CHECK(departments.outcome()->kind == request_kind::departments && departments.interaction_hash().empty());
    CHECK(status_of([&] { departments.agents(); }) == OMNIZE_E_ARGUMENT);
    const auto online = outcome_of(client, client.post_agents_online("1"));
    CHECK(online.agents().total >= 1 && !online.agents().list.empty());
    CHECK(status_of([&] { online.departments(); }) == OMNIZE_E_ARGUMENT);
    const auto nowhere = outcome_of(client, client.post_agents_online("99"));
    CHECK(status_of([&] { nowhere.agents(); }) == OMNIZE_E_ARGUMENT);

    omnize::request contact(client, request_kind::off_hours);
    CHECK(status_of([&] { client.post_off_hours("2", contact); }) == OMNIZE_E_ARGUMENT); // no e-mail
    contact.set("email", "joao@example.com").set("text", "Liguem.").set(omnize::post_options{"contact", {}});
    const auto ticket = client.post_off_hours("2", contact);
    CHECK(client.post_off_hours("2", contact) == ticket);
    const auto posted = outcome_of(client, ticket);
    CHECK(posted.outcome()->reference == "contact" && !posted.interaction_hash().empty());
    CHECK(status_of([&] { client.off_hours("2", contact); }) == OMNIZE_E_ARGUMENT); // a reference
    omnize::request start(client, request_kind::start);
    CHECK(status_of([&] { client.post_off_hours("2", start); }) == OMNIZE_E_ARGUMENT);
    CHECK(status_of([] { speaking("gateway").post_departments(); }) == OMNIZE_E_CLIENT_ID);
    CHECK(status_of([] { speaking("rest").post_departments("12"); }) == OMNIZE_E_UNSUPPORTED);
}

void events_have_the_fields_of_the_trigger() {
    auto client = speaking("interactions");
    client.deliver(
        R"({"interaction_hash": "h1", "message": {"hash": "m1", "content": "veja", "type": "image", "url": "u"},
        "agent": {"id": 4, "name": "Ana"}, "external_id": "55", "department_id": 3, "position": 2,
        "extra": {"clientId": "12", "botId": "b", "order": 1}})");
    const auto event = client.next(0ms).value();
    CHECK(event.client_id() == "12" && event.text() == "veja" && event.message_hash() == "m1");
    CHECK(event.media_kind() == omnize::media_kind::image && event.media_url() == "u");
    CHECK(event.agent_id() == "4" && event.agent_name() == "Ana" && event.external_id() == "55");
    CHECK(event.department() == "3" && event.position() == 2 && event.interaction_hash() == "h1");
    CHECK(event.bot_id() == "b" && event.extra() == R"({"order":1})" && !event.outcome());
    auto plain = client_without_service();
    deliver_message(plain);
    const auto bare = plain.next(0ms).value();
    CHECK(bare.media_kind() == omnize::media_kind::none && bare.media_url().empty() && bare.message_hash().empty());
    CHECK(bare.agent_id().empty() && bare.agent_name().empty() && bare.external_id().empty() && bare.extra().empty());
    CHECK(bare.department().empty() && !bare.position() && bare.interaction_hash().empty() && bare.bot_id().empty());
}

void a_history_becomes_a_document() {
    auto client = client_without_service();
    omnize::history history(client);
    const std::chrono::system_clock::time_point begin{};
    history.add(omnize::speaker::customer, "Joao", begin, "Oi")
        .add(omnize::speaker::bot, std::nullopt, begin + 1s, "Veja", omnize::media_kind::image,
             "http://127.0.0.1/a.png");
    CHECK(history.json().find("1970-01-01T00:00:01.000Z") != std::string_view::npos);
    CHECK(history.json().find("http://127.0.0.1/a.png") != std::string_view::npos);
    CHECK(history.json().find("Joao") < history.json().find("Veja"));
    const auto nobody = static_cast<omnize::speaker>(9);
    CHECK(status_of([&] { history.add(nobody, std::nullopt, begin, "Oi"); }) == OMNIZE_E_ARGUMENT);
}

// The last test, since a bot serves all who come from then on.
void a_bot_serves_an_interaction() {
    auto application = speaking("interactions", "127.0.0.1:0"), client = speaking("interactions", "127.0.0.1:0");
    wait_for_operator("webhook", application.webhook_url());
    wait_for_operator("bot", client.webhook_url());
    auto chat = application.start("1", "33", {"Joao"});

    const auto given = next_of_kind(client, event_kind::new_interaction);
    auto bot = client.bot_attach(given.interaction_hash());
    CHECK(bot.interaction_hash() == chat.interaction_hash() && bot.client_id() == bot.interaction_hash());
    CHECK(failure_of([&] { bot.send("Oi"); }).delivery() == omnize::delivery::rejected); // it has to accept first
    bot.accept();
    CHECK(next_of_kind(application, event_kind::accepted).client_id() == "33");
    bot.send("Sou um robot.");
    CHECK(next_of_kind(application, event_kind::message).text() == "Sou um robot.");
    chat.send("Quero uma pessoa.");
    CHECK(next_of_kind(client, event_kind::message).text() == "Quero uma pessoa.");
    CHECK(status_of([&] { bot.typing(); }) == OMNIZE_E_UNSUPPORTED);
    CHECK(status_of([&] { bot.keystroke(); }) == OMNIZE_E_UNSUPPORTED);

    CHECK(status_of([&] { bot.transfer("sales"); }) == OMNIZE_E_DEPARTMENT);
    CHECK(status_of([&] { bot.post_transfer("sales"); }) == OMNIZE_E_DEPARTMENT);
    const auto ticket = bot.post_transfer("2");
    CHECK(next_of_kind(client, event_kind::outcome).outcome().value().ticket == ticket);
    CHECK(next_of_kind(application, event_kind::transferred).department() == "2");
    CHECK(status_of([&] { bot.transfer(); }) == OMNIZE_E_STATE); // it has no part in it any more
    chat.finish();
}

} // namespace

int main() {
    const named_test tests[] = {
        TEST(a_request_with_fields_is_sent),
        TEST(unsupported_requests_fail),
        TEST(open_interactions_have_the_bot_id_of_the_start),
        TEST(departments_and_agents_are_listed),
        TEST(a_check_says_what_is_right),
        TEST(the_department_after_a_transfer_is_known),
        TEST(off_hours_messages_are_submitted),
        TEST(queries_and_contacts_are_posted),
        TEST(events_have_the_fields_of_the_trigger),
        TEST(a_history_becomes_a_document),
        TEST(a_bot_serves_an_interaction),
    };
    return run(tests);
}
