#include "event_sinks.hpp"

#include <algorithm>

#include <dispex.h>

#include "enumerator.hpp"

namespace omnize_com {

namespace {

struct event_name {
    DISPID id;
    const wchar_t *name;
};

/// The event that is raised for every event, before the one of its kind.
constexpr event_name any_event = {1000, L"OnEvent"};

constexpr event_name event_names[] = {
    {OMNIZE_EVENT_UNKNOWN, L"OnUnknown"},         {OMNIZE_EVENT_ACCEPTED, L"OnAccepted"},
    {OMNIZE_EVENT_UNAVAILABLE, L"OnUnavailable"}, {OMNIZE_EVENT_FINISH, L"OnFinish"},
    {OMNIZE_EVENT_TYPING, L"OnTyping"},           {OMNIZE_EVENT_CLEARED, L"OnCleared"},
    {OMNIZE_EVENT_MESSAGE, L"OnMessage"},         {OMNIZE_EVENT_QUEUED, L"OnQueued"},
    {OMNIZE_EVENT_TRANSFERRED, L"OnTransferred"}, {OMNIZE_EVENT_NEW_INTERACTION, L"OnNewInteraction"},
    {OMNIZE_EVENT_OUTCOME, L"OnOutcome"},
};

const event_name &name_of(OmnizeEventKind kind) noexcept {
    for (const event_name &name : event_names)
        if (name.id == static_cast<DISPID>(kind)) return name;
    return event_names[0];
}

/// Returns whether the failure means that the sink has no method for the event.
bool is_unhandled(HRESULT result) noexcept {
    return result == DISP_E_MEMBERNOTFOUND || result == DISP_E_UNKNOWNNAME || result == E_NOTIMPL;
}

/// Returns the failure of a handler, with the description that it reported.
foreign_failure failure_of(HRESULT result, EXCEPINFO &exception) {
    if (exception.pfnDeferredFillIn != nullptr) exception.pfnDeferredFillIn(&exception);
    com_ptr<IErrorInfo> info;
    com_ptr<ICreateErrorInfo> created;
    if (result == DISP_E_EXCEPTION && SUCCEEDED(CreateErrorInfo(created.receive()))) {
        created->SetSource(exception.bstrSource);
        created->SetDescription(exception.bstrDescription);
        created->SetHelpContext(exception.dwHelpContext);
        created->QueryInterface(IID_IErrorInfo, reinterpret_cast<void **>(info.receive()));
        if (FAILED(exception.scode)) result = exception.scode;
    }
    SysFreeString(exception.bstrSource);
    SysFreeString(exception.bstrDescription);
    SysFreeString(exception.bstrHelpFile);
    return {result, std::move(info)};
}

std::optional<foreign_failure> invoke(IDispatch *sink, DISPID id, IDispatch *event) {
    VARIANT argument = empty_variant();
    V_VT(&argument) = VT_DISPATCH;
    V_DISPATCH(&argument) = event; // the callee adds its own references
    DISPPARAMS arguments = {&argument, nullptr, 1, 0};
    EXCEPINFO exception = {};
    VARIANT result = empty_variant();
    const HRESULT invoked =
        sink->Invoke(id, IID_NULL, LOCALE_USER_DEFAULT, DISPATCH_METHOD, &arguments, &result, &exception, nullptr);
    VariantClear(&result);
    if (SUCCEEDED(invoked) || is_unhandled(invoked)) return std::nullopt;
    return failure_of(invoked, exception);
}

/// Returns the id of a method of a late-bound object. Objects of scripts have a further interface for it.
std::optional<DISPID> id_of(IDispatch *object, const wchar_t *method) {
    DISPID id = DISPID_UNKNOWN;
    com_ptr<IDispatchEx> script;
    if (SUCCEEDED(object->QueryInterface(__uuidof(IDispatchEx), reinterpret_cast<void **>(script.receive())))) {
        const BSTR name = SysAllocString(method);
        const HRESULT found = script->GetDispID(name, fdexNameCaseInsensitive, &id);
        SysFreeString(name);
        if (SUCCEEDED(found)) return id;
    }
    std::wstring text(method);
    LPOLESTR names = text.data();
    if (SUCCEEDED(object->GetIDsOfNames(IID_NULL, &names, 1, LOCALE_USER_DEFAULT, &id))) return id;
    return std::nullopt;
}

/// Calls the method of a late-bound object, if it has one.
std::optional<foreign_failure> invoke_by_name(IDispatch *handler, const event_name &name, IDispatch *event) {
    const std::optional<DISPID> id = id_of(handler, name.name);
    return id ? invoke(handler, *id, event) : std::nullopt;
}

void copy_connection(const event_sinks::connection &connection, CONNECTDATA *element) {
    element->pUnk = com_ptr<IUnknown>(connection.sink.get()).detach();
    element->dwCookie = connection.cookie;
}

void copy_point(const com_ptr<IConnectionPoint> &point, IConnectionPoint **element) {
    *element = com_ptr<IConnectionPoint>(point).detach();
}

using connection_enumerator = enumerator<IEnumConnections, event_sinks::connection, CONNECTDATA, copy_connection>;
using point_enumerator = enumerator<IEnumConnectionPoints, com_ptr<IConnectionPoint>, IConnectionPoint *, copy_point>;

} // namespace

HRESULT event_sinks::QueryInterface(REFIID iid, void **object) {
    if (object == nullptr) return E_POINTER;
    *object = nullptr;
    if (iid != IID_IUnknown && iid != IID_IConnectionPoint) return E_NOINTERFACE;
    *object = static_cast<IConnectionPoint *>(this);
    AddRef();
    return S_OK;
}

HRESULT event_sinks::GetConnectionInterface(IID *iid) {
    if (iid == nullptr) return E_POINTER;
    *iid = __uuidof(_IOmnizeClientEvents);
    return S_OK;
}

HRESULT event_sinks::GetConnectionPointContainer(IConnectionPointContainer **container) {
    if (container == nullptr) return E_POINTER;
    *container = com_ptr<IConnectionPointContainer>(client_).detach();
    return S_OK;
}

HRESULT event_sinks::Advise(IUnknown *sink, DWORD *cookie) try {
    if (sink == nullptr || cookie == nullptr) return E_POINTER;
    *cookie = 0;
    com_ptr<IDispatch> events;
    if (FAILED(sink->QueryInterface(__uuidof(_IOmnizeClientEvents), reinterpret_cast<void **>(events.receive()))) &&
        FAILED(sink->QueryInterface(IID_IDispatch, reinterpret_cast<void **>(events.receive()))))
        return CONNECT_E_CANNOTCONNECT;
    lock_guard lock(mutex_);
    connections_.push_back({last_cookie_ + 1, std::move(events)});
    *cookie = ++last_cookie_;
    return S_OK;
} catch (const std::bad_alloc &) {
    return E_OUTOFMEMORY;
}

HRESULT event_sinks::Unadvise(DWORD cookie) {
    com_ptr<IDispatch> released; // after the lock, because the release runs code of the application
    lock_guard lock(mutex_);
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const connection &connection) { return connection.cookie == cookie; });
    if (found == connections_.end()) return CONNECT_E_NOCONNECTION;
    released = std::move(found->sink);
    connections_.erase(found);
    return S_OK;
}

HRESULT event_sinks::EnumConnections(IEnumConnections **connections) try {
    if (connections == nullptr) return E_POINTER;
    *connections = create<connection_enumerator, IEnumConnections>(this->connections(), 0u).detach();
    return S_OK;
} catch (const std::bad_alloc &) {
    return E_OUTOFMEMORY;
}

std::vector<event_sinks::connection> event_sinks::connections() const {
    lock_guard lock(mutex_);
    return connections_;
}

bool event_sinks::is_connected(DWORD cookie) const {
    lock_guard lock(mutex_);
    return std::any_of(connections_.begin(), connections_.end(),
                       [&](const connection &connection) { return connection.cookie == cookie; });
}

com_ptr<IDispatch> event_sinks::handler() const {
    lock_guard lock(mutex_);
    return handler_;
}

void event_sinks::set_handler(com_ptr<IDispatch> handler) {
    lock_guard lock(mutex_);
    std::swap(handler_, handler); // the previous one is released after the lock
}

std::optional<foreign_failure> event_sinks::raise(event &event) {
    std::optional<foreign_failure> first;
    const auto keep = [&](std::optional<foreign_failure> failure) {
        if (failure && !first) first = std::move(failure);
    };
    for (const event_name &name : {any_event, name_of(event.kind())}) {
        // A handler may end connections. An ended one receives nothing more.
        for (const connection &connection : connections())
            if (is_connected(connection.cookie)) keep(invoke(connection.sink.get(), name.id, &event));
        if (const com_ptr<IDispatch> handler = this->handler()) keep(invoke_by_name(handler.get(), name, &event));
    }
    return first;
}

com_ptr<IEnumConnectionPoints> new_point_enumerator(IConnectionPoint *point) {
    std::vector<com_ptr<IConnectionPoint>> points{com_ptr<IConnectionPoint>(point)};
    return create<point_enumerator, IEnumConnectionPoints>(std::move(points), 0u);
}

} // namespace omnize_com
