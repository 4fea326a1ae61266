// Events: sinks of the connection point, the handler, the message loop.

#include <functional>

#include "late_bound.hpp"

namespace {

/// An object of the application: each call runs a function.
class sink final : public IDispatch {
  public:
    using function = std::function<HRESULT(DISPID, late_bound)>;
    explicit sink(function on_event) : on_event_(std::move(on_event)) { living++; }

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void **object) override {
        *object = iid == IID_IUnknown || iid == IID_IDispatch ? this : nullptr;
        if (*object == nullptr) return E_NOINTERFACE;
        AddRef();
        return S_OK;
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return ++references_; }
    ULONG STDMETHODCALLTYPE Release() override {
        const ULONG remaining = --references_;
        if (remaining == 0) delete this;
        return remaining;
    }
    HRESULT STDMETHODCALLTYPE GetTypeInfoCount(UINT *) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE GetTypeInfo(UINT, LCID, ITypeInfo **) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE GetIDsOfNames(REFIID, LPOLESTR *names, UINT, LCID, DISPID *ids) override {
        if (std::wstring(names[0]) != L"OnMessage") return DISP_E_UNKNOWNNAME;
        *ids = OMNIZE_EVENT_MESSAGE;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE Invoke(DISPID id, REFIID, LCID, WORD, DISPPARAMS *arguments, VARIANT *,
                                     EXCEPINFO *exception, UINT *) override {
        if (id == 1000) return DISP_E_MEMBERNOTFOUND; // it has no method OnEvent
        const HRESULT result = on_event_(id, late_bound(com_ptr<IDispatch>(V_DISPATCH(&arguments->rgvarg[0]))));
        if (result == DISP_E_EXCEPTION) {
            exception->bstrDescription = SysAllocString(L"the script failed");
            exception->scode = E_FAIL;
        }
        return result;
    }
    static int living;

  private:
    ~sink() { living--; }
    ULONG references_ = 1;
    function on_event_;
};
int sink::living = 0;

com_ptr<IDispatch> new_sink(sink::function on_event) {
    return com_ptr<IDispatch>::adopt(new sink(std::move(on_event)));
}

com_ptr<IConnectionPoint> events_of(const late_bound &client) {
    com_ptr<IConnectionPointContainer> container;
    com_ptr<IConnectionPoint> point;
    client.get()->QueryInterface(IID_IConnectionPointContainer, reinterpret_cast<void **>(container.receive()));
    CHECK(container->FindConnectionPoint(IID_IDispatch, point.receive()) == CONNECT_E_NOCONNECTION);
    CHECK(container->FindConnectionPoint(__uuidof(_IOmnizeClientEvents), point.receive()) == S_OK);
    return point;
}

DWORD advise(const late_bound &client, sink::function on_event) {
    DWORD cookie = 0;
    CHECK(events_of(client)->Advise(new_sink(std::move(on_event)).get(), &cookie) == S_OK && cookie != 0);
    return cookie;
}

void sinks_receive_events_in_poll() {
    const late_bound client = open_client();
    std::wstring texts;
    const DWORD cookie = advise(client, [&](DISPID id, late_bound event) {
        CHECK(id == OMNIZE_EVENT_MESSAGE);
        texts += event.get(L"Text").text();
        return S_OK;
    });
    deliver(client);
    deliver(client);
    deliver(client);
    CHECK(texts.empty());
    CHECK(client.call(L"Poll", {0, 1}).number() == 1 && texts == L"Ol\u00e1");
    CHECK(client.call(L"Poll").number() == 2 && client.call(L"Poll", {10}).number() == 0);
    CHECK(failure_of([&] { client.call(L"Poll", {0, -1}); }).result == result_of(OMNIZE_E_ARGUMENT));

    com_ptr<IEnumConnections> connections;
    CHECK(events_of(client)->EnumConnections(connections.receive()) == S_OK);
    CONNECTDATA connection;
    CHECK(connections->Next(1, &connection, nullptr) == S_OK && connection.dwCookie == cookie);
    connection.pUnk->Release();
    CHECK(connections->Next(1, &connection, nullptr) == S_FALSE);
    connections = {};
    CHECK(events_of(client)->Unadvise(cookie) == S_OK && sink::living == 0);
    CHECK(events_of(client)->Unadvise(cookie) == CONNECT_E_NOCONNECTION);
    deliver(client);
    CHECK(client.call(L"Poll").number() == 1 && texts.size() == 9);
}

void a_sink_may_end_connections() {
    const late_bound client = open_client();
    DWORD first = 0, second = 0;
    int calls = 0;
    first = advise(client, [&](DISPID, late_bound) {
        calls++;
        CHECK(events_of(client)->Unadvise(second) == S_OK);
        CHECK(events_of(client)->Unadvise(first) == S_OK);
        return S_OK;
    });
    second = advise(client, [&](DISPID, late_bound) {
        calls += 100;
        return S_OK;
    });
    deliver(client);
    deliver(client);
    CHECK(client.call(L"Poll").number() == 2 && calls == 1 && sink::living == 0);
}

void a_failing_sink_does_not_stop_the_others() {
    const late_bound client = open_client();
    int calls = 0;
    advise(client, [&](DISPID, late_bound) { return DISP_E_EXCEPTION; });
    advise(client, [&](DISPID, late_bound) {
        calls++;
        return S_OK;
    });
    deliver(client);
    deliver(client);
    const failed_call failed = failure_of([&] { client.call(L"Poll"); });
    CHECK(failed.result == E_FAIL && failed.description == L"the script failed" && calls == 2);
    CHECK(client.call(L"Poll").number() == 0);
}

void a_handler_receives_events_by_name() {
    const late_bound client = open_client();
    int calls = 0;
    client.put(L"Handler", {new_sink([&](DISPID, late_bound) {
                                calls++;
                                return S_OK;
                            }).get()},
               DISPATCH_PROPERTYPUTREF);
    deliver(client);
    deliver(client, L"{\"status\": \"typing\", \"clientId\": \"12\"}");
    CHECK(client.call(L"Poll").number() == 2 && calls == 1 && sink::living == 1);
    client.call(L"Close");
    CHECK(sink::living == 0);
}

void a_sink_may_release_and_close_the_client() {
    for (const bool close : {false, true}) {
        com_ptr<IDispatch> only = com_ptr<IDispatch>(open_client().get());
        IDispatch *raw = only.get();
        advise(late_bound(only), [&](DISPID, late_bound) {
            if (close) late_bound(only).call(L"Close", {0});
            only = {};
            return S_OK;
        });
        deliver(late_bound(only));
        deliver(late_bound(only));
        DISPPARAMS none = {};
        value result;
        // The call itself keeps the object until it returns.
        const DISPID poll = late_bound(only).id_of(L"Poll");
        CHECK(raw->Invoke(poll, IID_NULL, 0, DISPATCH_METHOD, &none, &result.get(), nullptr, nullptr) == S_OK);
        CHECK(!only && sink::living == 0);
    }
}

void a_poll_in_a_handler_raises_nothing() {
    const late_bound client = open_client();
    double nested = -1;
    int calls = 0;
    advise(client, [&](DISPID, late_bound) {
        if (calls++ == 0) nested = client.call(L"Poll").number();
        return S_OK;
    });
    deliver(client);
    deliver(client);
    CHECK(client.call(L"Poll").number() == 2 && nested == 0 && calls == 2);
}

/// Runs the message loop until the condition holds, for at most ten seconds.
void run_message_loop(const std::function<bool()> &is_done) {
    const ULONGLONG end = GetTickCount64() + 10000;
    while (!is_done() && GetTickCount64() < end) {
        MSG message;
        while (PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE)) DispatchMessageW(&message);
        MsgWaitForMultipleObjects(0, nullptr, FALSE, 100, QS_ALLINPUT);
    }
    CHECK(is_done());
}

void the_message_loop_raises_events() {
    com_ptr<IDispatch> client(open_client().get());
    int calls = 0;
    advise(late_bound(client), [&](DISPID, late_bound) {
        calls++;
        if (calls == 100) client = {};
        return S_OK;
    });
    value automatic;
    V_VT(&automatic.get()) = VT_BOOL;
    V_BOOL(&automatic.get()) = VARIANT_TRUE;
    deliver(late_bound(client)); // one before the window exists
    late_bound(client).put(L"AutoPoll", {automatic});
    CHECK(V_BOOL(&late_bound(client).get(L"AutoPoll").get()) == VARIANT_TRUE && calls == 0);
    run_message_loop([&] { return calls == 1; });
    for (int i = 0; i < 98; i++) deliver(late_bound(client));
    run_message_loop([&] { return calls == 99; });
    deliver(late_bound(client));
    run_message_loop([&] { return calls == 100; });
    CHECK(!client && sink::living == 0);
}

DWORD WINAPI use_auto_poll_without_a_loop(void *result) {
    CoInitializeEx(nullptr, COINIT_MULTITHREADED);
    {
        const late_bound client = open_client();
        value automatic;
        V_VT(&automatic.get()) = VT_BOOL;
        V_BOOL(&automatic.get()) = VARIANT_TRUE;
        try {
            client.put(L"AutoPoll", {automatic});
        } catch (const failed_call &failure) {
            *static_cast<HRESULT *>(result) = failure.result;
        }
    }
    CoUninitialize();
    return 0;
}

void auto_poll_needs_a_message_loop() {
    HRESULT result = S_OK;
    HANDLE thread = CreateThread(nullptr, 0, use_auto_poll_without_a_loop, &result, 0, nullptr);
    CHECK(WaitForSingleObject(thread, 60000) == WAIT_OBJECT_0);
    CloseHandle(thread);
    CHECK(result == result_of(OMNIZE_E_UNSUPPORTED));
}

} // namespace

const std::vector<named_test> event_tests = {
    TEST(sinks_receive_events_in_poll),
    TEST(a_sink_may_end_connections),
    TEST(a_failing_sink_does_not_stop_the_others),
    TEST(a_handler_receives_events_by_name),
    TEST(a_sink_may_release_and_close_the_client),
    TEST(a_poll_in_a_handler_raises_nothing),
    TEST(the_message_loop_raises_events),
    TEST(auto_poll_needs_a_message_loop),
};
