#include "module.hpp"

#include "failure.hpp"

#include <atomic>

extern "C" IMAGE_DOS_HEADER __ImageBase;

namespace omnize_com {

namespace {
std::atomic<long> objects{0};
mutex type_library_mutex;
com_ptr<ITypeLib> *loaded_type_library = nullptr; // a pointer, so that the unload runs no destructor
} // namespace

void add_object() noexcept {
    objects++;
}
void remove_object() noexcept {
    objects--;
}
bool has_objects() noexcept {
    return objects != 0;
}

HMODULE module_handle() noexcept {
    return reinterpret_cast<HMODULE>(&__ImageBase);
}

std::wstring module_path() {
    std::wstring path(MAX_PATH, L'\0');
    for (;;) {
        const DWORD length = GetModuleFileNameW(module_handle(), path.data(), static_cast<DWORD>(path.size()));
        if (length == 0) throw com_failure(HRESULT_FROM_WIN32(GetLastError()));
        if (length < path.size()) return path.substr(0, length);
        path.resize(path.size() * 2);
    }
}

com_ptr<ITypeLib> type_library() {
    lock_guard lock(type_library_mutex);
    if (loaded_type_library == nullptr) {
        com_ptr<ITypeLib> library;
        throw_if_failed(LoadTypeLibEx(module_path().c_str(), REGKIND_NONE, library.receive()));
        loaded_type_library = new com_ptr<ITypeLib>(std::move(library));
    }
    return *loaded_type_library;
}

com_ptr<ITypeInfo> type_info(REFGUID id) {
    com_ptr<ITypeInfo> info;
    throw_if_failed(type_library()->GetTypeInfoOfGuid(id, info.receive()));
    return info;
}

void release_type_library() noexcept {
    com_ptr<ITypeLib> *library = nullptr;
    {
        lock_guard lock(type_library_mutex);
        library = std::exchange(loaded_type_library, nullptr);
    }
    delete library;
}

} // namespace omnize_com
