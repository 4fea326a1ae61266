// The events of a client: polling, the handlers, and the connection point.

#include <algorithm>

#include "client.hpp"

namespace omnize_com {

using omnize::detail::result;

namespace {
/// The largest number of events for one message of the message loop, so that the window stays responsive.
constexpr long events_per_message = 64;
} // namespace

com_ptr<event> client::next(std::int64_t timeout) {
    auto *received = result<omnize_event *>(omnize_client_next, handle(), timeout);
    return received == nullptr ? com_ptr<event>() : create<event, event>(received, recorded_errors());
}

bool client::enter_handlers() {
    lock_guard lock(mutex_);
    const DWORD thread = GetCurrentThreadId();
    const auto &threads = threads_in_handlers_;
    if (std::find(threads.begin(), threads.end(), thread) != threads.end()) return false;
    threads_in_handlers_.push_back(thread);
    return true;
}

void client::leave_handlers() noexcept {
    lock_guard lock(mutex_);
    auto &threads = threads_in_handlers_;
    threads.erase(std::find(threads.begin(), threads.end(), GetCurrentThreadId()));
}

long client::raise_events(std::int64_t timeout, long maximum, std::optional<foreign_failure> &failure) {
    // A handler that runs a message loop must not receive a later event before it has handled this one.
    if (!enter_handlers()) return 0;
    struct leave {
        client &client_;
        ~leave() { client_.leave_handlers(); }
    } leave{*this};

    long count = 0;
    while (maximum == 0 || count < maximum) {
        com_ptr<event> received;
        try {
            received = next(count == 0 ? timeout : 0);
        } catch (const omnize::error &error) {
            // A handler may close the client.
            if (count > 0 && error.status() == OMNIZE_E_CLOSED) break;
            throw;
        }
        if (!received) break;
        count++;
        std::optional<foreign_failure> failed = sinks_.raise(*received.get());
        // The application may keep the object, but the event is handled now.
        if (failed || !has_manual_ack_) received->settle(!failed);
        if (failed && !failure) failure = std::move(failed);
    }
    return count;
}

HRESULT client::Poll(LONG timeout, LONG maximum, LONG *count) {
    return get(count, [&] {
        if (maximum < 0) throw omnize::error(OMNIZE_E_ARGUMENT, "maximum must be 0 or more");
        std::optional<foreign_failure> failure;
        const long raised = raise_events(timeout, maximum, failure);
        if (failure) throw *failure;
        return raised;
    });
}

HRESULT client::NextEvent(LONG timeout, IOmnizeEvent **received) {
    return get(received, [&] { return com_ptr<IOmnizeEvent>(next(timeout).get()); });
}

HRESULT client::get_AutoPoll(VARIANT_BOOL *automatic) {
    return get(automatic, [&] {
        lock_guard lock(mutex_);
        return window_ != nullptr;
    });
}

HRESULT client::put_AutoPoll(VARIANT_BOOL automatic) {
    return call([&] {
        std::unique_ptr<wake_window> window;
        if (automatic != VARIANT_FALSE) {
            window = std::make_unique<wake_window>(handle(), [this] {
                const com_ptr<IOmnizeClient> self(this); // a handler may release the client
                std::optional<foreign_failure> failure;  // there is no caller; the event was not acknowledged
                raise_events(0, events_per_message, failure);
            });
        }
        lock_guard lock(mutex_);
        std::swap(window_, window); // the previous one is destroyed after the lock
    });
}

HRESULT client::get_Handler(IDispatch **handler) {
    return get(handler, [&] { return sinks_.handler(); });
}
HRESULT client::putref_Handler(IDispatch *handler) {
    return call([&] { sinks_.set_handler(com_ptr<IDispatch>(handler)); });
}
HRESULT client::put_Handler(IDispatch *handler) {
    return putref_Handler(handler);
}

HRESULT client::EnumConnectionPoints(IEnumConnectionPoints **points) {
    if (points == nullptr) return E_POINTER;
    *points = nullptr;
    return at_border([&] { *points = new_point_enumerator(&sinks_).detach(); });
}

HRESULT client::FindConnectionPoint(REFIID iid, IConnectionPoint **point) {
    if (point == nullptr) return E_POINTER;
    *point = nullptr;
    if (iid != __uuidof(_IOmnizeClientEvents)) return CONNECT_E_NOCONNECTION;
    *point = com_ptr<IConnectionPoint>(&sinks_).detach();
    return S_OK;
}

HRESULT client::GetClassInfo(ITypeInfo **info) {
    if (info == nullptr) return E_POINTER;
    *info = nullptr;
    return at_border([&] { *info = type_info(__uuidof(Client)).detach(); });
}

HRESULT client::GetGUID(DWORD kind, GUID *guid) {
    if (guid == nullptr) return E_POINTER;
    *guid = GUID_NULL;
    if (kind != GUIDKIND_DEFAULT_SOURCE_DISP_IID) return E_INVALIDARG;
    *guid = __uuidof(_IOmnizeClientEvents);
    return S_OK;
}

} // namespace omnize_com
