// Calls of an object by name, as scripts make them, and the list of tests.

#ifndef OMNIZE_COM_LATE_BOUND_HPP
#define OMNIZE_COM_LATE_BOUND_HPP

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "omnize_com.h"

#include <ocidl.h>
#include <olectl.h>

#include "../src/com_ptr.hpp"

using omnize_com::com_ptr;

inline void check(bool holds, const char *condition, int line) {
    if (!holds) throw std::runtime_error("line " + std::to_string(line) + ": false: " + condition);
}
#define CHECK(condition) check(static_cast<bool>(condition), #condition, __LINE__)

struct named_test {
    const char *name;
    void (*run)();
};
#define TEST(name)                                                                                                     \
    { #name, name }

/// Runs the tests. Returns the number of failures.
inline int run_tests(const std::vector<named_test> &tests) {
    int failures = 0;
    for (const named_test &test : tests) {
        try {
            test.run();
            std::printf("ok %s\n", test.name);
        } catch (const std::exception &error) {
            failures++;
            std::printf("FAIL %s: %s\n", test.name, error.what());
        }
        std::fflush(stdout);
    }
    return failures;
}

// The lists of the programs.
extern const std::vector<named_test> object_tests, event_tests, module_tests;

/// A VARIANT that owns its value.
class value {
  public:
    value() noexcept { VariantInit(&variant_); }
    value(const wchar_t *text) : value() {
        V_VT(&variant_) = VT_BSTR;
        V_BSTR(&variant_) = SysAllocString(text);
    }
    value(int number) : value() {
        V_VT(&variant_) = VT_I4;
        V_I4(&variant_) = number;
    }
    value(double number) : value() {
        V_VT(&variant_) = VT_R8;
        V_R8(&variant_) = number;
    }
    value(IDispatch *object) : value() {
        V_VT(&variant_) = VT_DISPATCH;
        V_DISPATCH(&variant_) = com_ptr<IDispatch>(object).detach();
    }
    value(const value &other) : value() { VariantCopy(&variant_, const_cast<VARIANT *>(&other.variant_)); }
    value &operator=(value other) noexcept {
        std::swap(variant_, other.variant_);
        return *this;
    }
    ~value() { VariantClear(&variant_); }

    VARIANT &get() noexcept { return variant_; }
    const VARIANT &get() const noexcept { return variant_; }
    VARTYPE type() const noexcept { return V_VT(&variant_); }
    std::wstring text() const {
        return type() == VT_BSTR ? std::wstring(V_BSTR(&variant_), SysStringLen(V_BSTR(&variant_))) : std::wstring();
    }
    double number() const {
        value converted;
        const HRESULT changed = VariantChangeType(&converted.variant_, const_cast<VARIANT *>(&variant_), 0, VT_R8);
        return SUCCEEDED(changed) ? V_R8(&converted.variant_) : -1;
    }
    com_ptr<IDispatch> object() const {
        return com_ptr<IDispatch>(type() == VT_DISPATCH ? V_DISPATCH(&variant_) : nullptr);
    }

  private:
    VARIANT variant_;
};

/// A call that failed: its HRESULT, and what the callee reported.
struct failed_call : std::runtime_error {
    failed_call(HRESULT result, std::wstring description, std::wstring source, unsigned context)
        : std::runtime_error("the call failed with " + std::to_string(static_cast<unsigned>(result)) + " " +
                             std::string(description.begin(), description.end())),
          result(result), description(std::move(description)), source(std::move(source)), context(context) {}
    HRESULT result;
    std::wstring description, source;
    unsigned context;
};

/// An object that is called by name only.
class late_bound {
  public:
    explicit late_bound(com_ptr<IDispatch> object) : object_(std::move(object)) {}
    /// Creates an object by its program id.
    explicit late_bound(const wchar_t *program) {
        CLSID clsid;
        HRESULT result = CLSIDFromProgID(program, &clsid);
        if (SUCCEEDED(result))
            result = CoCreateInstance(clsid, nullptr, CLSCTX_INPROC_SERVER, IID_IDispatch,
                                      reinterpret_cast<void **>(object_.receive()));
        if (FAILED(result)) throw failed_call(result, L"it was not created", L"", 0);
    }

    value call(const wchar_t *name, const std::vector<value> &arguments = {}) const {
        return invoke(name, DISPATCH_METHOD | DISPATCH_PROPERTYGET, arguments);
    }
    value get(const wchar_t *name) const { return invoke(name, DISPATCH_PROPERTYGET, {}); }
    /// Sets a property. The last argument is the value.
    void put(const wchar_t *name, const std::vector<value> &arguments, WORD flags = DISPATCH_PROPERTYPUT) const {
        invoke(name, flags, arguments);
    }
    DISPID id_of(const wchar_t *name) const {
        std::wstring text(name);
        LPOLESTR names = text.data();
        DISPID id = DISPID_UNKNOWN;
        const HRESULT result = object_->GetIDsOfNames(IID_NULL, &names, 1, LOCALE_USER_DEFAULT, &id);
        if (FAILED(result)) throw failed_call(result, name, L"", 0);
        return id;
    }
    IDispatch *get() const noexcept { return object_.get(); }

  private:
    value invoke(const wchar_t *name, WORD flags, const std::vector<value> &arguments) const {
        std::vector<VARIANT> reversed;
        for (auto argument = arguments.rbegin(); argument != arguments.rend(); ++argument)
            reversed.push_back(argument->get());
        DISPID put = DISPID_PROPERTYPUT;
        const bool is_put = (flags & (DISPATCH_PROPERTYPUT | DISPATCH_PROPERTYPUTREF)) != 0;
        DISPPARAMS parameters = {reversed.data(), is_put ? &put : nullptr, static_cast<UINT>(reversed.size()),
                                 is_put ? 1u : 0u};
        value result;
        EXCEPINFO exception = {};
        UINT argument = 0;
        const HRESULT invoked = object_->Invoke(id_of(name), IID_NULL, LOCALE_USER_DEFAULT, flags, &parameters,
                                                is_put ? nullptr : &result.get(), &exception, &argument);
        if (SUCCEEDED(invoked)) return result;
        const auto text = [](BSTR text) { return std::wstring(text == nullptr ? L"" : text); };
        failed_call failure(invoked == DISP_E_EXCEPTION ? exception.scode : invoked, text(exception.bstrDescription),
                            text(exception.bstrSource), exception.dwHelpContext);
        SysFreeString(exception.bstrDescription);
        SysFreeString(exception.bstrSource);
        SysFreeString(exception.bstrHelpFile);
        throw failure;
    }

    com_ptr<IDispatch> object_;
};

/// Returns the failure of a call.
template <class Call> failed_call failure_of(Call call) {
    try {
        call();
    } catch (const failed_call &failure) {
        return failure;
    }
    throw std::runtime_error("the call did not fail");
}

/// The HRESULT of a status of omnize.h.
inline HRESULT result_of(int status) {
    return static_cast<HRESULT>(0x80040200 + status);
}

/// Creates an open client without a service and without a listener.
inline late_bound open_client() {
    late_bound client(L"Omnize.Client");
    client.put(L"Token", {L"a-token"});
    client.call(L"Open");
    return client;
}

/// Passes a trigger to a client.
inline void deliver(const late_bound &client,
                    const wchar_t *body = L"{\"message\": \"Ol\u00e1\", \"clientId\": \"12\"}") {
    client.call(L"Deliver", {body});
}

#endif
