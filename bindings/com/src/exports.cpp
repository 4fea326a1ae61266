// The functions that COM and regsvr32 call in this DLL.

#include <cwchar>

#include "classes.hpp"
#include "object.hpp"
#include "registration.hpp"

namespace omnize_com {

namespace {

/// Creates the objects of one class.
class class_factory final : public IClassFactory {
  public:
    explicit class_factory(const creatable_class &entry) noexcept : entry_(entry) { add_object(); }

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void **object) override {
        if (object == nullptr) return E_POINTER;
        *object = nullptr;
        if (iid != IID_IUnknown && iid != IID_IClassFactory) return E_NOINTERFACE;
        *object = static_cast<IClassFactory *>(this);
        AddRef();
        return S_OK;
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return ++references_; }
    ULONG STDMETHODCALLTYPE Release() override {
        const ULONG remaining = --references_;
        if (remaining == 0) delete this;
        return remaining;
    }

    HRESULT STDMETHODCALLTYPE CreateInstance(IUnknown *outer, REFIID iid, void **object) override try {
        if (object == nullptr) return E_POINTER;
        *object = nullptr;
        if (outer != nullptr) return CLASS_E_NOAGGREGATION;
        return entry_.create()->QueryInterface(iid, object);
    } catch (...) {
        return report_exception(IID_IClassFactory, nullptr);
    }
    HRESULT STDMETHODCALLTYPE LockServer(BOOL lock) override {
        lock ? add_object() : remove_object();
        return S_OK;
    }

  private:
    virtual ~class_factory() { remove_object(); }

    const creatable_class &entry_;
    std::atomic<ULONG> references_{1};
};

template <class Body> HRESULT run(Body body) noexcept {
    try {
        body();
        return S_OK;
    } catch (...) {
        return report_exception(GUID_NULL, nullptr);
    }
}

} // namespace

} // namespace omnize_com

using namespace omnize_com;

STDAPI DllGetClassObject(REFCLSID clsid, REFIID iid, void **object) {
    if (object == nullptr) return E_POINTER;
    *object = nullptr;
    for (const creatable_class *entry = classes; entry->name != nullptr; entry++) {
        if (entry->clsid != clsid) continue;
        auto *factory = new (std::nothrow) class_factory(*entry);
        if (factory == nullptr) return E_OUTOFMEMORY;
        const HRESULT result = factory->QueryInterface(iid, object);
        factory->Release();
        return result;
    }
    return CLASS_E_CLASSNOTAVAILABLE;
}

STDAPI DllCanUnloadNow() {
    if (has_objects()) return S_FALSE;
    release_type_library();
    return S_OK;
}

STDAPI DllRegisterServer() {
    return run([] { register_module(HKEY_LOCAL_MACHINE); });
}

STDAPI DllUnregisterServer() {
    return run([] { unregister_module(HKEY_LOCAL_MACHINE); });
}

/// `regsvr32 /n /i:user` registers for the current user, and `regsvr32 /n /i` for all.
STDAPI DllInstall(BOOL install, LPCWSTR arguments) {
    const bool for_user = arguments != nullptr && _wcsicmp(arguments, L"user") == 0;
    if (!for_user && arguments != nullptr && *arguments != L'\0') return E_INVALIDARG;
    const HKEY root = for_user ? HKEY_CURRENT_USER : HKEY_LOCAL_MACHINE;
    return run([&] { install ? register_module(root) : unregister_module(root); });
}
