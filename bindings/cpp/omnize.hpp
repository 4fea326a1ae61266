/*
 * omnize.hpp: customer chat over the Omnize service, for C++17. One header over omnize.h; link libomnize.
 *
 *     omnize::client client(omnize::config().set("token", "j4hl2kjh34...").set("listen", "0.0.0.0:8080"));
 *     auto listening = client.subscribe(omnize::event_kind::message, [](omnize::event_view event) {
 *         std::cout << event.client_id() << ": " << event.text() << '\n';
 *     });
 *     auto chat = client.start("1", "12", {"Joao", "joao@example.com"});
 *     chat.send("Bom dia!");
 *     while (client.poll(std::chrono::seconds(20)) > 0) {}
 *
 * A thread that must not block posts its requests. An event reports the outcome of each request, with its ticket:
 *
 *     auto chat = client.prepare("1", "12");
 *     chat.post_start({"Joao"});
 *     const auto ticket = chat.post("Bom dia!");
 *     auto outcomes = client.subscribe(omnize::event_kind::outcome, [&](omnize::event_view event) {
 *         const auto outcome = event.outcome();
 *         if (outcome && outcome->ticket == ticket) std::cout << event.text() << '\n';
 *     });
 *
 * omnize.h explains each call: what it does, how long it blocks, and its statuses. This comment explains what C++ adds.
 * The folder omnize has a file for each class.
 *
 * Errors. A failed call throws omnize::error. Texts that omnize.h takes without a length must not contain a NUL;
 * otherwise the call fails with OMNIZE_E_ARGUMENT. Calls of a moved-from object fail with OMNIZE_E_HANDLE.
 *
 * Objects own their handles. They can be moved, but not copied. Their destructors never throw. A returned
 * std::string_view is valid as long as its object.
 *
 * Callbacks are function objects that take an event_view; they may be move-only. A callback is destroyed once, after
 * its last call. Objects that it refers to must live until then. The destructors of subscription and client wait for
 * callbacks on other threads, unless a callback of this client runs the destructor. Therefore do not destroy them while
 * holding a lock that a callback takes. Do not destroy a client and its subscriptions at the same time on two threads.
 *
 * Exceptions of callbacks never enter the library. client::poll throws them: it runs all due callbacks, then throws the
 * first exception. Each later call of client::poll throws one of the remaining exceptions first. client::dispatch
 * passes exceptions to its argument on_exception.
 *
 * Threads. Any thread may call any member function, also several threads at the same time and callbacks. Only one
 * thread may construct, move or destroy an object. Callbacks run on the polling thread, or on threads of the library
 * after client::dispatch. Callbacks of one interaction never overlap.
 */

#ifndef OMNIZE_HPP
#define OMNIZE_HPP

#include <omnize.h>

#include "omnize/agents.hpp"
#include "omnize/bot.hpp"
#include "omnize/call.hpp"
#include "omnize/client.hpp"
#include "omnize/config.hpp"
#include "omnize/conversation.hpp"
#include "omnize/department.hpp"
#include "omnize/error.hpp"
#include "omnize/event.hpp"
#include "omnize/history.hpp"
#include "omnize/library.hpp"
#include "omnize/outbox.hpp"
#include "omnize/listener.hpp"
#include "omnize/log.hpp"
#include "omnize/request.hpp"
#include "omnize/snapshot.hpp"
#include "omnize/subscription.hpp"

#endif
