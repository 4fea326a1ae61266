// Sends each message of a file exactly once, also if it is killed: omnize sandbox -- ./exactly_once FOLDER

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <omnize.hpp>

namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t stopping = 0;

// The outcomes that are recorded: a line with the reference and the delivery of each.
class ledger {
  public:
    explicit ledger(const std::string &path) : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {
        off_t length = 0;
        std::ifstream lines(path);
        for (std::string line; std::getline(lines, line) && !lines.eof(); length += line.size() + 1)
            references_.insert(line.substr(0, line.find('\t')));
        // A crash may have written half a line.
        if (ftruncate(file_, length) != 0) throw std::runtime_error("the ledger can't be opened");
    }
    bool contains(const std::string &reference) const { return references_.count(reference) != 0; }
    void record(const std::string &reference, std::string_view delivery) {
        if (contains(reference)) return; // it was not acknowledged
        const std::string line = reference + '\t' + std::string(delivery) + '\n';
        if (write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || fsync(file_) != 0)
            throw std::runtime_error("the ledger can't be written");
        references_.insert(reference);
    }

  private:
    int file_;
    std::set<std::string> references_;
};

// Posts a request that has no outcome. If an earlier process posted it, this sends nothing.
void post(ledger &ledger, omnize::conversation &chat, const std::string &reference, omnize::request request) {
    if (ledger.contains(reference)) return;
    try {
        chat.post(request.set({reference, 1h}));
    } catch (const omnize::error &error) {
        if (error.status() != OMNIZE_E_STATE) throw;
        ledger.record(reference, "not sent"); // the start failed, so nothing was posted
    }
}

void receive(ledger &ledger, omnize::conversation &chat, omnize::milliseconds timeout) {
    for (omnize::event &event : chat.events(timeout)) {
        if (const auto outcome = event.outcome())
            ledger.record(std::string(outcome->reference), name(outcome->delivery));
        event.ack(); // only now: until here, the store delivers it again after a crash
    }
}

void run(const std::string &folder) {
    ledger ledger(folder + "/ledger.tsv");
    std::signal(SIGTERM, [](int) { stopping = 1; });
    omnize::config config;
    config.set("store", folder + "/chat.db").set("ack", "manual").set("outbox.paused", "1");
    omnize::client client(config.load_env());
    try {
        std::cout << "checked: " << name(client.check(5s)) << '\n';
    } catch (const omnize::error &error) {
        if (error.delivery() == omnize::delivery::rejected) throw; // the token or the URL is wrong
        std::cout << "not reached: " << error.what() << '\n';      // an outage: the messages wait in the outbox
    }
    std::cout << "of an earlier process: " << client.outbox_count() << '\n';

    std::map<std::string, omnize::conversation> chats;
    std::ifstream messages(folder + "/messages.tsv");
    for (std::string key, customer, text;
         std::getline(messages, key, '\t') && std::getline(messages, customer, '\t') && std::getline(messages, text);) {
        const auto [at, is_new] = chats.try_emplace(customer, client.prepare("1", customer));
        auto &chat = at->second;
        if (is_new) post(ledger, chat, "start " + customer, {chat, omnize::request_kind::start});
        post(ledger, chat, key, std::move(omnize::request(chat, omnize::request_kind::message).set("text", text)));
    }
    for (auto &[customer, chat] : chats) post(ledger, chat, "finish " + customer, {chat, omnize::request_kind::finish});
    std::cout << "posted: " << client.outbox_count() << std::endl;
    client.resume();

    for (auto &[customer, chat] : chats)
        while (!stopping && !ledger.contains("finish " + customer)) receive(ledger, chat, 500ms);
    try {
        client.flush(10s);
    } catch (const omnize::error &error) {
        if (error.status() != OMNIZE_E_TIMEOUT) throw;
        std::cout << error.what() << '\n';
    }
    for (auto &[customer, chat] : chats) receive(ledger, chat, 0ms);
    std::cout << client.close(5s).requests << " requests remain\n";
}

} // namespace

int main(int count, char **arguments) try {
    if (count != 2) throw std::runtime_error("expected the folder of messages.tsv");
    run(arguments[1]);
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
}
