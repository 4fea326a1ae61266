// A whole conversation, as examples/c/chat.c has it: two interactions, all five requests out, all six triggers in.
//
// The options come from the environment: OMNIZE_TOKEN, and OMNIZE_BASE_URL for another service than the real one, as
// `omnize sandbox` provides. The departments are 1, where an agent answers, and 2, where none is available.

#include <chrono>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <omnize.hpp>

namespace {

// One customer's interaction, and what has been heard of it that nobody has waited for yet.
class talk {
  public:
    talk(omnize::client &client, std::string_view department, std::string_view client_id)
        : client_(client), listening_(client.subscribe(omnize::event_kind::any, client_id,
                                                       [this](omnize::event_view event) { hear(event); })),
          chat_(client.start(department, client_id, {"Joao", "joao@example.com", "11988776655", "123.456.789-09"})) {}

    // Waits for the next event of a kind: a real application does other things meanwhile.
    void wait_for(omnize::event_kind kind) {
        while (heard_[kind] == 0) {
            if (client_.poll(std::chrono::seconds(20)) == 0)
                throw std::runtime_error("no " + std::string(name(kind)) + " came");
        }
        heard_[kind]--;
    }

    void say(std::string_view text) {
        chat_.typing();
        chat_.cleared();
        chat_.send(text);
    }

    void finish() { chat_.finish(); }

  private:
    void hear(omnize::event_view event) {
        std::cout << event.client_id() << ": agent " << name(event.kind()) << ' ' << event.text() << std::endl;
        heard_[event.kind()]++;
    }

    omnize::client &client_;
    std::map<omnize::event_kind, int> heard_;
    omnize::subscription listening_;
    omnize::conversation chat_;
};

// The operator sets the webhook URL in the portal: Menu > Settings > Integrations > ClientSDK.
void wait_for_operator(const omnize::client &client) {
    std::cout << "Set this webhook URL in the portal, then press Enter.\n"
              << "webhook: " << client.webhook_url() << std::endl;
    std::string line;
    std::getline(std::cin, line);
}

void chat() {
    omnize::client client(omnize::config().set("listen", "127.0.0.1:0").load_env());
    wait_for_operator(client);
    {
        talk joao(client, "1", "12");
        joao.wait_for(omnize::event_kind::accepted);
        joao.wait_for(omnize::event_kind::message);
        joao.say("Bom dia! Minha fatura veio errada.");
        joao.wait_for(omnize::event_kind::message);
        joao.say("Obrigado, tchau!");
        joao.wait_for(omnize::event_kind::finish);
    }
    {
        talk maria(client, "2", "13");
        maria.wait_for(omnize::event_kind::unavailable);
        maria.finish();
    }
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
