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
 * A thread that must not wait for the network posts; what becomes of a request comes as an event with its ticket:
 *
 *     auto chat = client.prepare("1", "12");
 *     chat.post_start({"Joao"});
 *     const auto ticket = chat.post("Bom dia!");
 *     auto hearing = client.subscribe(omnize::event_kind::outcome, [&](omnize::event_view event) {
 *         if (const auto outcome = event.outcome(); outcome && outcome->ticket == ticket) std::cout << event.text() <<
 * '\n';
 *     });
 *
 * omnize.h tells what each call does, blocks on and fails with. Here is what C++ adds; all of it is in the folder
 * omnize, a file for each class.
 *
 * Errors. What is a failed status in C is an exception here, omnize::error. Texts that omnize.h takes without a length
 * must not hold a NUL: OMNIZE_E_ARGUMENT. An object that was moved from gives OMNIZE_E_HANDLE.
 *
 * Objects own what they stand for and can be moved, not copied. Their destructors never throw. A std::string_view that
 * comes out is valid for as long as the object that it was asked of.
 *
 * Callbacks are any function object that takes an event_view, move-only ones included. It is destroyed once, after its
 * last call: what it refers to must live until then. The destructors of subscription and client see to that: they wait
 * for callbacks that run on other threads, unless a callback of this client destroys them. So destroy neither while
 * holding a lock that a callback takes, and not a client and its subscriptions at the same time on two threads.
 *
 * Exceptions of callbacks never get into the library. Those thrown in client::poll come out of it: all callbacks that
 * are due run nevertheless, then the first exception is thrown, and each further one by a following poll, before that
 * does anything else. Those thrown on threads of client::dispatch are handed to the function that dispatch is given.
 *
 * Threads. Every member function can be called on any thread, also on several at once and in callbacks; constructing,
 * moving and destroying an object is for one thread alone. Callbacks run on the thread that polls, or on those of the
 * library after client::dispatch; those of one interaction never overlap.
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
#include "omnize/listener.hpp"
#include "omnize/log.hpp"
#include "omnize/request.hpp"
#include "omnize/subscription.hpp"

#endif
