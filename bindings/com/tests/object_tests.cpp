// Objects, references, late binding, errors and values.

#include "late_bound.hpp"

namespace {

template <class Interface> com_ptr<Interface> query(IUnknown *object) {
    com_ptr<Interface> found;
    object->QueryInterface(__uuidof(Interface), reinterpret_cast<void **>(found.receive()));
    return found;
}

ULONG references_of(IUnknown *object) {
    object->AddRef();
    return object->Release();
}

void interfaces_belong_to_one_object() {
    const late_bound client(L"Omnize.Client");
    const auto unknown = query<IUnknown>(client.get());
    CHECK(references_of(unknown.get()) == 2);
    const com_ptr<IUnknown> others[] = {
        com_ptr<IUnknown>(query<IOmnizeClient>(unknown.get()).get()),
        com_ptr<IUnknown>(query<ISupportErrorInfo>(unknown.get()).get()),
        com_ptr<IUnknown>(query<IConnectionPointContainer>(unknown.get()).get()),
        com_ptr<IUnknown>(query<IProvideClassInfo>(unknown.get()).get()),
        com_ptr<IUnknown>(query<IProvideClassInfo2>(unknown.get()).get()),
    };
    for (const auto &other : others) {
        CHECK(other);
        CHECK(query<IUnknown>(other.get()).get() == unknown.get());
        CHECK(query<IDispatch>(other.get()));
    }
    CHECK(references_of(unknown.get()) == 2 + 5);
    void *none = &none;
    CHECK(unknown->QueryInterface(IID_IOleObject, &none) == E_NOINTERFACE && none == nullptr);
    CHECK(unknown->QueryInterface(IID_IUnknown, nullptr) == E_POINTER);
    CHECK(query<ISupportErrorInfo>(unknown.get())->InterfaceSupportsErrorInfo(__uuidof(IOmnizeClient)) == S_OK);
    CHECK(query<ISupportErrorInfo>(unknown.get())->InterfaceSupportsErrorInfo(IID_IOleObject) == S_FALSE);
}

void objects_are_not_aggregated() {
    const late_bound outer(L"Omnize.Config");
    void *none = &none;
    CHECK(CoCreateInstance(__uuidof(Client), outer.get(), CLSCTX_INPROC_SERVER, IID_IUnknown, &none) ==
          CLASS_E_NOAGGREGATION);
}

void classes_describe_their_events() {
    const late_bound client(L"Omnize.Client");
    com_ptr<ITypeInfo> info;
    CHECK(query<IProvideClassInfo2>(client.get())->GetClassInfo(info.receive()) == S_OK);
    TYPEATTR *attributes = nullptr;
    CHECK(info->GetTypeAttr(&attributes) == S_OK);
    CHECK(attributes->guid == __uuidof(Client) && attributes->typekind == TKIND_COCLASS);
    info->ReleaseTypeAttr(attributes);
    GUID events;
    CHECK(query<IProvideClassInfo2>(client.get())->GetGUID(GUIDKIND_DEFAULT_SOURCE_DISP_IID, &events) == S_OK);
    CHECK(events == __uuidof(_IOmnizeClientEvents));
}

void errors_have_message_source_and_status() {
    const late_bound client(L"Omnize.Client");
    const failed_call late = failure_of([&] { client.put(L"Option", {L"no.such", L"1"}); });
    CHECK(late.result == result_of(OMNIZE_E_OPTION) && late.context == OMNIZE_E_OPTION);
    CHECK(late.source == L"Omnize" && late.description.find(L"no such option") == 9);

    // The same over the table of functions, as compiled languages call.
    const auto early = query<IOmnizeClient>(client.get());
    CHECK(early->Open() == result_of(OMNIZE_E_TOKEN));
    com_ptr<IErrorInfo> info;
    CHECK(GetErrorInfo(0, info.receive()) == S_OK);
    BSTR description = nullptr;
    DWORD context = 0;
    GUID guid;
    CHECK(info->GetDescription(&description) == S_OK && SysStringLen(description) > 10);
    SysFreeString(description);
    CHECK(info->GetHelpContext(&context) == S_OK && context == OMNIZE_E_TOKEN);
    CHECK(info->GetGUID(&guid) == S_OK && guid == __uuidof(IOmnizeClient));

    const late_bound last(client.get(L"LastError").object());
    CHECK(last.get(L"Status").number() == OMNIZE_E_TOKEN && last.get(L"StatusName").text() == L"OMNIZE_E_TOKEN");
    CHECK(failure_of([&] { client.call(L"Start", {L"1", L"12"}); }).result == result_of(OMNIZE_E_CLOSED));
}

void errors_report_the_delivery() {
    late_bound client(L"Omnize.Client");
    client.put(L"Token", {L"a-token"});
    client.put(L"Option", {L"base_url", L"http://127.0.0.1:1/"});
    CHECK(client.get(L"LastError").object().get() == nullptr);
    client.call(L"Open");
    const failed_call refused = failure_of([&] { client.call(L"Start", {L"1", L"12", L"Joao"}); });
    CHECK(refused.result == result_of(OMNIZE_E_REFUSED));
    const late_bound last(client.get(L"LastError").object());
    CHECK(last.get(L"Delivery").number() == OMNIZE_DELIVERY_NOT_SENT &&
          last.get(L"DeliveryName").text() == L"not sent");
    CHECK(V_BOOL(&last.get(L"Retryable").get()) == VARIANT_TRUE && last.get(L"Message").text() == refused.description);
    CHECK(client.call(L"Statistic", {L"requests_not_sent"}).number() == 1);
}

HRESULT invoke(const late_bound &object, const wchar_t *name, std::vector<VARIANT> arguments, std::vector<DISPID> names,
               UINT *argument) {
    DISPPARAMS parameters = {arguments.data(), names.data(), static_cast<UINT>(arguments.size()),
                             static_cast<UINT>(names.size())};
    value result;
    return object.get()->Invoke(object.id_of(name), IID_NULL, LOCALE_USER_DEFAULT, DISPATCH_METHOD, &parameters,
                                &result.get(), nullptr, argument);
}

void wrong_arguments_are_rejected() {
    const late_bound client = open_client();
    UINT argument = 99;
    const value id(L"12"), department(L"1"), config(late_bound(L"Omnize.Config").get());
    CHECK(failure_of([&] { client.id_of(L"NoSuchName"); }).result == DISP_E_UNKNOWNNAME);
    const HRESULT missing = invoke(client, L"Prepare", {department.get()}, {}, &argument);
    CHECK(missing == DISP_E_PARAMNOTOPTIONAL || missing == DISP_E_BADPARAMCOUNT);
    CHECK(invoke(client, L"Prepare", {id.get(), id.get(), id.get(), id.get()}, {}, &argument) == DISP_E_BADPARAMCOUNT);
    // An object without a default property is no text, and a text is no object.
    CHECK(FAILED(invoke(client, L"Attach", {id.get(), config.get()}, {}, &argument)));
    CHECK(invoke(client, L"OffHours", {id.get(), department.get()}, {}, &argument) == DISP_E_TYPEMISMATCH);
    value result;
    DISPPARAMS none = {};
    CHECK(client.get()->Invoke(4711, IID_NULL, 0, DISPATCH_METHOD, &none, &result.get(), nullptr, nullptr) ==
          DISP_E_MEMBERNOTFOUND);
    CHECK(client.get()->Invoke(4711, IID_IUnknown, 0, DISPATCH_METHOD, &none, &result.get(), nullptr, nullptr) ==
          DISP_E_UNKNOWNINTERFACE);
    const auto early = query<IOmnizeClient>(client.get());
    CHECK(early->get_WebhookUrl(nullptr) == E_POINTER);
    CHECK(early->OffHours(nullptr, nullptr) == result_of(OMNIZE_E_ARGUMENT));
    CHECK(failure_of([&] { client.call(L"Cancel", {1.5}); }).result == result_of(OMNIZE_E_ARGUMENT));
    CHECK(failure_of([&] { client.call(L"Cancel", {1e300}); }).result == result_of(OMNIZE_E_ARGUMENT));
}

void arguments_can_be_named() {
    const late_bound client = open_client();
    std::wstring method = L"Prepare", second = L"clientId", first = L"department";
    LPOLESTR names[] = {method.data(), second.data(), first.data()};
    DISPID ids[3];
    CHECK(client.get()->GetIDsOfNames(IID_NULL, names, 3, LOCALE_USER_DEFAULT, ids) == S_OK);
    // Named arguments have the order of their ids: clientId, department.
    value id(L"12"), department(7);
    VARIANT arguments[] = {id.get(), department.get()};
    DISPPARAMS parameters = {arguments, &ids[1], 2, 2};
    value result;
    CHECK(client.get()->Invoke(ids[0], IID_NULL, LOCALE_USER_DEFAULT, DISPATCH_METHOD, &parameters, &result.get(),
                               nullptr, nullptr) == S_OK);
    const late_bound chat(result.object());
    CHECK(chat.get(L"ClientId").text() == L"12" && chat.get(L"Department").text() == L"7");
}

void values_are_converted() {
    const late_bound config(L"Omnize.Config");
    value yes;
    V_VT(&yes.get()) = VT_BOOL;
    V_BOOL(&yes.get()) = VARIANT_TRUE;
    config.put(L"Option", {L"outbox.paused", yes});
    CHECK(config.call(L"Option", {L"outbox.paused"}).text() == L"1");
    config.put(L"Option", {L"dispatch.threads", 3});
    CHECK(config.call(L"Option", {L"dispatch.threads"}).text() == L"3");
    config.put(L"Option", {L"token", L"a-secret"});
    CHECK(config.call(L"Option", {L"token"}).text() == L"[redacted]");

    const late_bound client = open_client();
    // A letter beyond 16 bits, and half of one.
    const std::wstring smile = L"\U0001F600";
    CHECK(late_bound(client.call(L"Prepare", {L"1", smile.c_str()}).object()).get(L"ClientId").text() == smile);
    const failed_call half = failure_of([&] { client.call(L"Prepare", {L"1", smile.substr(0, 1).c_str()}); });
    CHECK(half.result == result_of(OMNIZE_E_ENCODING));

    // A body as an array of bytes, and as a text.
    const char body[] = "{\"message\": \"Ol\xC3\xA1\", \"clientId\": \"12\"}";
    value bytes;
    V_VT(&bytes.get()) = VT_ARRAY | VT_UI1;
    V_ARRAY(&bytes.get()) = SafeArrayCreateVector(VT_UI1, 0, sizeof body - 1);
    memcpy(V_ARRAY(&bytes.get())->pvData, body, sizeof body - 1);
    client.call(L"Deliver", {bytes, L"application/json"});
    deliver(client);
    for (int i = 0; i < 2; i++) {
        const late_bound event(client.call(L"NextEvent").object());
        CHECK(event.get(L"Text").text() == L"Ol\u00e1" && event.get(L"KindName").text() == L"message");
        CHECK(event.get(L"RawBytes").type() == (VT_ARRAY | VT_UI1) && event.get(L"ReceivedAt").type() == VT_DATE);
        CHECK(event.get(L"Sequence").number() == i + 1 && event.get(L"Position").number() == -1);
    }
    CHECK(client.call(L"NextEvent", {0}).object().get() == nullptr);
}

void lists_can_be_enumerated() {
    const late_bound library(L"Omnize.Library");
    const late_bound statuses(library.get(L"Statuses").object());
    const auto count = static_cast<ULONG>(statuses.get(L"Count").number());
    CHECK(count > 20);
    CHECK(late_bound(statuses.call(L"Item", {1}).object()).get(L"Name").text() == L"OMNIZE_OK");
    for (const int index : {0, -1, static_cast<int>(count) + 1})
        CHECK(failure_of([&] { statuses.call(L"Item", {index}); }).result == result_of(OMNIZE_E_ARGUMENT));

    DISPPARAMS none = {};
    value list;
    CHECK(statuses.get()->Invoke(DISPID_NEWENUM, IID_NULL, 0, DISPATCH_PROPERTYGET, &none, &list.get(), nullptr,
                                 nullptr) == S_OK);
    CHECK(list.type() == VT_UNKNOWN);
    const auto items = query<IEnumVARIANT>(V_UNKNOWN(&list.get()));
    CHECK(items->Skip(1) == S_OK);
    value two[2];
    VARIANT elements[2];
    ULONG fetched = 0;
    CHECK(items->Next(2, elements, nullptr) == E_POINTER);
    CHECK(items->Next(2, elements, &fetched) == S_OK && fetched == 2);
    for (int i = 0; i < 2; i++) two[i].get() = elements[i];
    CHECK(late_bound(two[0].object()).get(L"Number").number() == OMNIZE_E_HANDLE);
    com_ptr<IEnumVARIANT> clone;
    CHECK(items->Clone(clone.receive()) == S_OK);
    CHECK(clone->Skip(count - 3) == S_OK && clone->Skip(1) == S_FALSE);
    CHECK(clone->Next(1, elements, &fetched) == S_FALSE && fetched == 0);
    CHECK(clone->Reset() == S_OK && clone->Skip(count) == S_OK);
    CHECK(items->Skip(count - 3) == S_OK && items->Skip(1) == S_FALSE);
}

void a_conversation_keeps_its_client_alive() {
    com_ptr<IDispatch> chat;
    {
        const late_bound client = open_client();
        chat = client.call(L"Attach", {L"1", L"12"}).object();
        late_bound(chat).put(L"Tag", {L"a tag"});
    }
    const late_bound conversation(chat);
    CHECK(conversation.get(L"Tag").text() == L"a tag");
    const late_bound client(conversation.get(L"Client").object());
    deliver(client);
    CHECK(late_bound(conversation.call(L"NextEvent").object()).get(L"ClientId").text() == L"12");
    client.call(L"Close");
    CHECK(failure_of([&] { conversation.call(L"Send", {L"Oi"}); }).result == result_of(OMNIZE_E_CLOSED));
}

void a_listener_serves_clients() {
    const late_bound listener(L"Omnize.Listener"), client = open_client();
    CHECK(failure_of([&] { listener.call(L"Attach", {client.get()}); }).result == result_of(OMNIZE_E_CLOSED));
    listener.put(L"Option", {L"listen", L"127.0.0.1:0"});
    listener.call(L"Open");
    CHECK(failure_of([&] { listener.call(L"Url", {client.get()}); }).result == result_of(OMNIZE_E_ARGUMENT));
    listener.call(L"Attach", {client.get(), L"/a-path"});
    const std::wstring url = listener.call(L"Url", {client.get()}).text();
    CHECK(url.find(L"http://127.0.0.1:") == 0 && url.find(L"/a-path") != std::wstring::npos);
    listener.call(L"Detach", {client.get()});
    listener.call(L"Close");
}

} // namespace

const std::vector<named_test> object_tests = {
    TEST(interfaces_belong_to_one_object), TEST(objects_are_not_aggregated),
    TEST(classes_describe_their_events),   TEST(errors_have_message_source_and_status),
    TEST(errors_report_the_delivery),      TEST(wrong_arguments_are_rejected),
    TEST(arguments_can_be_named),          TEST(values_are_converted),
    TEST(lists_can_be_enumerated),         TEST(a_conversation_keeps_its_client_alive),
    TEST(a_listener_serves_clients),
};
