// A chat that never waits for the service, as examples/c/posting.c has it: it posts what it has to say, and hears what
// became of it among the events.
//
// The options come from the environment, as in chat.cpp. The agent of department 1 is expected to repeat what it is
// told.

#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <omnize.hpp>

namespace {

class talk {
  public:
    explicit talk(omnize::client &client)
        : client_(client), hearing_(client.subscribe(omnize::event_kind::any, [this](auto event) { hear(event); })),
          chat_(client.prepare("1", "12")) {
        posted_[chat_.post_start({"Joao"})] = "start";
    }

    // All callbacks run in poll, so on this thread: nothing in here needs a lock.
    void hold() {
        while (!over_)
            if (client_.poll(std::chrono::seconds(20)) == 0) throw std::runtime_error("nothing came");
    }

  private:
    void hear(omnize::event_view event) {
        if (const auto outcome = event.outcome()) return print(*outcome, event.text());
        std::cout << "agent: " << name(event.kind()) << ' ' << event.text() << std::endl;
        if (event.kind() == omnize::event_kind::accepted) say("Bom dia!");
        if (event.kind() == omnize::event_kind::message) posted_[chat_.post_finish()] = "finish";
    }

    // Reports each keystroke. The service receives one typing, and one cleared before the message.
    void say(std::string_view text) {
        for (std::size_t key = 0; key < text.size(); key++) chat_.keystroke();
        posted_[chat_.post(text)] = "message";
    }

    void print(const omnize::outcome &outcome, std::string_view why) {
        const std::string_view what = posted_[outcome.ticket];
        std::cout << "outcome: " << what << ' ';
        switch (outcome.delivery) {
        case omnize::delivery::accepted:
            std::cout << "accepted";
            break;
        case omnize::delivery::rejected:
            std::cout << "rejected, HTTP " << outcome.http_status;
            break;
        case omnize::delivery::not_sent:
            std::cout << "not sent: " << why;
            break;
        default:
            std::cout << "unknown, may have arrived: " << why;
        }
        std::cout << std::endl;
        if (what == "finish") say_to_nobody();
        over_ = what == "stray message";
    }

    // The service refuses what belongs to no interaction of its own; that comes as an event too.
    void say_to_nobody() { posted_[client_.attach("1", "nobody").post("Oi?")] = "stray message"; }

    omnize::client &client_;
    std::map<omnize::ticket, std::string_view> posted_;
    bool over_ = false;
    omnize::subscription hearing_;
    omnize::conversation chat_;
};

void chat() {
    omnize::client client(omnize::config().set("listen", "127.0.0.1:0").load_env());
    std::cout << "Set this webhook URL in the portal, then press Enter.\n"
              << "webhook: " << client.webhook_url() << std::endl;
    std::string line;
    std::getline(std::cin, line);
    talk(client).hold();
    client.close(std::chrono::seconds(5));
}

} // namespace

int main() {
    try {
        chat();
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
