// The base of all objects: references, interfaces, late binding by the type library, and the border for exceptions.

#ifndef OMNIZE_COM_OBJECT_HPP
#define OMNIZE_COM_OBJECT_HPP

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "failure.hpp"
#include "interfaces.hpp"
#include "module.hpp"
#include "text.hpp"

namespace omnize_com {

/// Returns an out-parameter. Throws E_POINTER if the caller passed none.
template <class Value> Value *out(Value *pointer) {
    if (pointer == nullptr) throw com_failure(E_POINTER);
    return pointer;
}

inline void assign(BSTR *out, std::string_view text) {
    *out = bstr(text);
}
inline void assign(VARIANT_BOOL *out, bool value) {
    *out = value ? VARIANT_TRUE : VARIANT_FALSE;
}
inline void assign(VARIANT *out, VARIANT value) {
    *out = value;
}
template <class Interface> void assign(Interface **out, com_ptr<Interface> object) {
    *out = object.detach();
}
template <class Number, class Value>
std::enable_if_t<std::is_arithmetic_v<Number> && std::is_arithmetic_v<Value> && !std::is_same_v<Value, bool>>
assign(Number *out, Value value) {
    *out = static_cast<Number>(value);
}
template <class Enumeration, class Value>
std::enable_if_t<std::is_enum_v<Enumeration>> assign(Enumeration *out, Value value) {
    *out = static_cast<Enumeration>(value);
}

/// An object with one dual interface.
///
/// Every function of the interface runs in `call` or `get`, so no exception crosses the border.
template <class Interface> class object : public Interface, public ISupportErrorInfo {
  public:
    object(const object &) = delete;
    object &operator=(const object &) = delete;

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void **object) override {
        if (object == nullptr) return E_POINTER;
        *object = nullptr;
        if (iid == IID_IUnknown || iid == IID_IDispatch || iid == __uuidof(Interface))
            *object = static_cast<Interface *>(this);
        else if (iid == IID_ISupportErrorInfo)
            *object = static_cast<ISupportErrorInfo *>(this);
        else
            *object = find_interface(iid);
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

    HRESULT STDMETHODCALLTYPE GetTypeInfoCount(UINT *count) override {
        if (count == nullptr) return E_POINTER;
        *count = 1;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE GetTypeInfo(UINT index, LCID, ITypeInfo **info) override {
        if (info == nullptr) return E_POINTER;
        *info = nullptr;
        if (index != 0) return DISP_E_BADINDEX;
        return at_border([&] { *info = description().detach(); });
    }
    HRESULT STDMETHODCALLTYPE GetIDsOfNames(REFIID iid, LPOLESTR *names, UINT count, LCID, DISPID *ids) override {
        if (iid != IID_NULL) return DISP_E_UNKNOWNINTERFACE;
        HRESULT result = S_OK;
        const HRESULT described = at_border([&] { result = description()->GetIDsOfNames(names, count, ids); });
        return FAILED(described) ? described : result;
    }
    HRESULT STDMETHODCALLTYPE Invoke(DISPID id, REFIID iid, LCID, WORD flags, DISPPARAMS *arguments, VARIANT *result,
                                     EXCEPINFO *exception, UINT *argument) override {
        if (iid != IID_NULL) return DISP_E_UNKNOWNINTERFACE;
        if (arguments == nullptr) return E_POINTER;
        HRESULT invoked = S_OK;
        const HRESULT described = at_border([&] {
            // A callback may release the last reference of the caller.
            const com_ptr<Interface> self(this);
            // An error object of an earlier call must not be taken for one of this call.
            SetErrorInfo(0, nullptr);
            invoked = description()->Invoke(static_cast<Interface *>(this), id, flags, arguments, result, exception,
                                            argument);
        });
        return FAILED(described) ? described : invoked;
    }

    HRESULT STDMETHODCALLTYPE InterfaceSupportsErrorInfo(REFIID iid) override {
        return iid == __uuidof(Interface) ? S_OK : S_FALSE;
    }

  protected:
    object() { add_object(); }
    virtual ~object() { remove_object(); }

    /// Returns a further interface of this object, without a reference to it.
    virtual void *find_interface(REFIID) noexcept { return nullptr; }

    /// Records the failures of this object.
    void record_errors(std::shared_ptr<last_error> last) noexcept { last_ = std::move(last); }
    const std::shared_ptr<last_error> &recorded_errors() const noexcept { return last_; }

    /// Runs a function. Returns the HRESULT of its exception.
    template <class Body> HRESULT at_border(Body body) noexcept {
        try {
            body();
            return S_OK;
        } catch (...) {
            return report_exception(__uuidof(Interface), last_.get());
        }
    }

    /// The same for a function that may call omnize.h.
    template <class Body> HRESULT call(Body body) noexcept {
        return at_border([&] {
            const com_ptr<Interface> self(this); // the function may run code of the application
            load_library();
            body();
        });
    }

    /// Writes the value that the function returns to an out-parameter.
    template <class Out, class Body> HRESULT get(Out *to, Body body) noexcept {
        return call([&] { assign(out(to), body()); });
    }

    /// Returns the description of the interface.
    static com_ptr<ITypeInfo> description() { return type_info(__uuidof(Interface)); }

  private:
    std::atomic<ULONG> references_{1};
    std::shared_ptr<last_error> last_;
};

/// Creates an object with one reference, as one of its interfaces.
template <class Class, class Interface, class... Arguments> com_ptr<Interface> create(Arguments &&...arguments) {
    return com_ptr<Interface>::adopt(new Class(std::forward<Arguments>(arguments)...));
}

} // namespace omnize_com

#endif
