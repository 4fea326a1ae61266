// Functions for the tests of omnize.hpp.

#ifndef OMNIZE_EXPECT_HPP
#define OMNIZE_EXPECT_HPP

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <omnize.hpp>

inline void check(bool holds, const char *what, int line) {
    if (!holds) throw std::runtime_error("line " + std::to_string(line) + ": not so: " + what);
}
#define CHECK(condition) check((condition), #condition, __LINE__)

// Returns the error that a call fails with.
template <class Call> omnize::error failure_of(Call &&call) {
    try {
        call();
    } catch (const omnize::error &error) {
        return error;
    }
    throw std::runtime_error("it did not fail");
}
template <class Call> omnize_status status_of(Call &&call) {
    return failure_of(call).status();
}

// Creates a client without a service.
inline omnize::client client_without_service() {
    return omnize::client(omnize::config().set("token", "t"));
}

inline void deliver_message(omnize::client &client, std::string_view client_id = "12") {
    client.deliver(R"({"message": "Oi", "clientId": ")" + std::string(client_id) + "\"}");
}

// Returns the options of a client of the sandbox.
inline omnize::config sandbox_config() {
    return std::move(omnize::config().load_env());
}

// Waits for the next event of a kind, and skips other kinds.
inline omnize::event next_of_kind(omnize::client &client, omnize::event_kind kind) {
    while (auto event = client.next(std::chrono::seconds(20))) {
        if (event->kind() == kind) return std::move(*event);
        CHECK(!event->outcome());
    }
    throw std::runtime_error("no " + std::string(name(kind)) + " came");
}

// Requests the sandbox's operator to set a webhook or a bot's endpoint in the portal.
inline void wait_for_operator(std::string_view what, std::string_view url) {
    std::cout << what << ": " << url << std::endl;
    std::string enter;
    std::getline(std::cin, enter);
}

using named_test = std::pair<const char *, void (*)()>;
#define TEST(function) named_test(#function, &function)

// Runs the tests, prints their results, and returns the exit status.
template <std::size_t N> int run(const named_test (&tests)[N]) {
    int failed = 0;
    for (const auto &[name, test] : tests) {
        try {
            test();
            std::cout << "ok " << name << std::endl;
        } catch (const std::exception &error) {
            failed++;
            std::cout << "FAIL " << name << ": " << error.what() << std::endl;
        }
    }
    return failed == 0 ? 0 : 1;
}

#endif
