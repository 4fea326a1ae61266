// The type library is registered with these functions too, because RegisterTypeLib can't register for one user.

#include "registration.hpp"

#include <string>
#include <vector>

#include "classes.hpp"
#include "failure.hpp"
#include "interfaces.hpp"
#include "module.hpp"

namespace omnize_com {

namespace {

/// The class of the system that passes calls of automation interfaces to other apartments, by the type library.
constexpr wchar_t dual_marshaler[] = L"{00020424-0000-0000-C000-000000000046}";
/// The same for interfaces that are only called by name, such as events.
constexpr wchar_t dispatch_marshaler[] = L"{00020420-0000-0000-C000-000000000046}";
constexpr const wchar_t *platform = sizeof(void *) == 8 ? L"win64" : L"win32";

std::wstring guid_text(REFGUID guid) {
    wchar_t text[40];
    return std::wstring(text, static_cast<std::size_t>(StringFromGUID2(guid, text, 40)) - 1);
}

/// The folder of classes of a user or of the machine.
class class_registry {
  public:
    explicit class_registry(HKEY root) : root_(root) {}

    void write(const std::wstring &key, const wchar_t *name, const std::wstring &value) const {
        HKEY opened = nullptr;
        check(RegCreateKeyExW(root_, path(key).c_str(), 0, nullptr, 0, KEY_WRITE, nullptr, &opened, nullptr));
        const LSTATUS written = RegSetValueExW(opened, name, 0, REG_SZ, reinterpret_cast<const BYTE *>(value.c_str()),
                                               static_cast<DWORD>((value.size() + 1) * sizeof(wchar_t)));
        RegCloseKey(opened);
        check(written);
    }
    /// Removes a key with all that it contains, if it exists.
    void remove(const std::wstring &key) const {
        HKEY opened = nullptr;
        const LSTATUS status = RegOpenKeyExW(root_, path(key).c_str(), 0, KEY_READ | KEY_WRITE | DELETE, &opened);
        if (status == ERROR_FILE_NOT_FOUND) return;
        check(status);
        std::wstring name(256, L'\0'); // the longest name of a key has 255 characters
        for (;;) {
            DWORD length = 256;
            if (RegEnumKeyExW(opened, 0, name.data(), &length, nullptr, nullptr, nullptr, nullptr) != ERROR_SUCCESS)
                break;
            remove(key + L'\\' + name.substr(0, length));
        }
        RegCloseKey(opened);
        check(RegDeleteKeyW(root_, path(key).c_str()));
    }
    bool contains(const std::wstring &key) const {
        HKEY opened = nullptr;
        if (RegOpenKeyExW(root_, path(key).c_str(), 0, KEY_READ, &opened) != ERROR_SUCCESS) return false;
        RegCloseKey(opened);
        return true;
    }

  private:
    static std::wstring path(const std::wstring &key) { return L"Software\\Classes\\" + key; }
    static void check(LSTATUS status) {
        if (status != ERROR_SUCCESS) throw com_failure(HRESULT_FROM_WIN32(static_cast<DWORD>(status)));
    }

    HKEY root_;
};

struct library_id {
    std::wstring guid, version, name;
};

library_id id_of(ITypeLib *library) {
    TLIBATTR *attributes = nullptr;
    throw_if_failed(library->GetLibAttr(&attributes));
    library_id id = {guid_text(attributes->guid),
                     std::to_wstring(attributes->wMajorVerNum) + L'.' + std::to_wstring(attributes->wMinorVerNum),
                     L"Omnize"};
    library->ReleaseTLibAttr(attributes);
    return id;
}

struct interface_id {
    std::wstring guid, name;
    const wchar_t *marshaler;
};

/// Returns the interfaces of the type library.
std::vector<interface_id> interfaces_of(ITypeLib *library) {
    std::vector<interface_id> interfaces;
    for (UINT i = 0; i < library->GetTypeInfoCount(); i++) {
        com_ptr<ITypeInfo> info;
        throw_if_failed(library->GetTypeInfo(i, info.receive()));
        TYPEATTR *attributes = nullptr;
        throw_if_failed(info->GetTypeAttr(&attributes));
        const bool is_interface = attributes->typekind == TKIND_DISPATCH;
        const bool is_dual = (attributes->wTypeFlags & TYPEFLAG_FDUAL) != 0;
        const GUID guid = attributes->guid;
        info->ReleaseTypeAttr(attributes);
        if (!is_interface) continue;
        BSTR name = nullptr;
        throw_if_failed(library->GetDocumentation(static_cast<INT>(i), &name, nullptr, nullptr, nullptr));
        interfaces.push_back(
            {guid_text(guid), std::wstring(name, SysStringLen(name)), is_dual ? dual_marshaler : dispatch_marshaler});
        SysFreeString(name);
    }
    return interfaces;
}

void register_class(const class_registry &registry, const creatable_class &entry, const library_id &library) {
    const std::wstring clsid = guid_text(entry.clsid), key = L"CLSID\\" + clsid;
    const std::wstring program = std::wstring(L"Omnize.") + entry.name, program_version = program + L".1";
    registry.write(program, nullptr, program);
    registry.write(program + L"\\CLSID", nullptr, clsid);
    registry.write(program + L"\\CurVer", nullptr, program_version);
    registry.write(program_version, nullptr, program);
    registry.write(program_version + L"\\CLSID", nullptr, clsid);
    registry.write(key, nullptr, program);
    registry.write(key + L"\\InprocServer32", nullptr, module_path());
    registry.write(key + L"\\InprocServer32", L"ThreadingModel", L"Both");
    registry.write(key + L"\\ProgID", nullptr, program_version);
    registry.write(key + L"\\VersionIndependentProgID", nullptr, program);
    registry.write(key + L"\\TypeLib", nullptr, library.guid);
    registry.write(key + L"\\Programmable", nullptr, L"");
}

} // namespace

void register_module(HKEY root) {
    const class_registry registry(root);
    const com_ptr<ITypeLib> types = type_library();
    const library_id library = id_of(types.get());
    for (const creatable_class *entry = classes; entry->name != nullptr; entry++)
        register_class(registry, *entry, library);

    const std::wstring path = module_path();
    const std::wstring key = L"TypeLib\\" + library.guid + L'\\' + library.version;
    registry.write(key, nullptr, library.name);
    registry.write(key + L"\\0\\" + platform, nullptr, path);
    registry.write(key + L"\\FLAGS", nullptr, L"0");
    registry.write(key + L"\\HELPDIR", nullptr, path.substr(0, path.find_last_of(L"\\/")));
    for (const interface_id &entry : interfaces_of(types.get())) {
        const std::wstring interface_key = L"Interface\\" + entry.guid;
        registry.write(interface_key, nullptr, entry.name);
        registry.write(interface_key + L"\\ProxyStubClsid32", nullptr, entry.marshaler);
        registry.write(interface_key + L"\\TypeLib", nullptr, library.guid);
        registry.write(interface_key + L"\\TypeLib", L"Version", library.version);
    }
}

void unregister_module(HKEY root) {
    const class_registry registry(root);
    const com_ptr<ITypeLib> types = type_library();
    const library_id library = id_of(types.get());
    for (const creatable_class *entry = classes; entry->name != nullptr; entry++)
        registry.remove(L"CLSID\\" + guid_text(entry->clsid));

    // The entries below are those of the DLL for the other processor type too.
    const std::wstring key = L"TypeLib\\" + library.guid + L'\\' + library.version;
    registry.remove(key + L"\\0\\" + platform);
    if (registry.contains(key + L"\\0\\win32") || registry.contains(key + L"\\0\\win64")) return;
    registry.remove(L"TypeLib\\" + library.guid);
    for (const creatable_class *entry = classes; entry->name != nullptr; entry++) {
        registry.remove(std::wstring(L"Omnize.") + entry->name);
        registry.remove(std::wstring(L"Omnize.") + entry->name + L".1");
    }
    for (const interface_id &entry : interfaces_of(types.get())) registry.remove(L"Interface\\" + entry.guid);
}

} // namespace omnize_com
