// Loads omnize.dll from the folder of this DLL, so that no other copy in the path is used by mistake, and so that a
// missing or unsuitable one is an error with a message.
//
// Each function of omnize.h is a jump through a slot. imports.inc lists the functions; the build makes it from
// include/omnize.abi.

#include <atomic>
#include <string>

#include "failure.hpp"
#include "module.hpp"
#include "text.hpp"

#define IMPORT(name)                                                                                                   \
    extern "C" {                                                                                                       \
    FARPROC slot_##name = nullptr;                                                                                     \
    }
#include "imports.inc"
#undef IMPORT

#ifdef _WIN64
#define IMPORT(name) __asm__(".text\n.globl " #name "\n" #name ":\n\tjmp *slot_" #name "(%rip)\n");
#else
#define IMPORT(name) __asm__(".text\n.globl _" #name "\n_" #name ":\n\tjmp *_slot_" #name "\n");
#endif
#include "imports.inc"
#undef IMPORT

namespace omnize_com {

namespace {

struct import {
    const char *name;
    FARPROC *slot;
};

const import imports[] = {
#define IMPORT(name) {#name, &slot_##name},
#include "imports.inc"
#undef IMPORT
};

const char *const bits = sizeof(void *) == 8 ? "64-bit" : "32-bit";

[[noreturn]] void fail(const std::wstring &path, const std::string &reason) {
    throw omnize::error(OMNIZE_E_FILE, "omnize.dll can't be used: " + utf8(path) + ' ' + reason);
}

HMODULE load(const std::wstring &path) {
    if (HMODULE library = LoadLibraryExW(path.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH)) return library;
    const DWORD code = GetLastError();
    if (GetFileAttributesW(path.c_str()) == INVALID_FILE_ATTRIBUTES)
        fail(path, std::string("does not exist. Copy the ") + bits +
                       " omnize.dll of the same release to the folder of omnize-com.dll.");
    if (code == ERROR_BAD_EXE_FORMAT || code == ERROR_EXE_MACHINE_TYPE_MISMATCH)
        fail(path, std::string("is not a ") + bits + " DLL. This program and its omnize-com.dll are " + bits +
                       ": copy the " + bits + " omnize.dll of the same release there.");
    fail(path, "was not loaded by Windows, with error " + std::to_string(code) +
                   ". Check the permissions of the file, and the antivirus program.");
}

} // namespace

std::wstring library_path() {
    const std::wstring path = module_path();
    return path.substr(0, path.find_last_of(L"\\/") + 1) + L"omnize.dll";
}

void load_library() {
    static std::atomic<bool> is_loaded{false};
    static mutex loading;
    if (is_loaded) return;
    lock_guard lock(loading);
    if (is_loaded) return;
    const std::wstring path = library_path();
    HMODULE library = load(path);
    for (const import &import : imports) {
        *import.slot = GetProcAddress(library, import.name);
        if (*import.slot == nullptr) {
            FreeLibrary(library);
            fail(path, std::string("has no function ") + import.name + ". Copy the omnize.dll of the release " +
                           OMNIZE_VERSION + " there, to which omnize-com.dll belongs.");
        }
    }
    if (omnize_calling_convention() != OMNIZE_CALLING_CONVENTION) {
        FreeLibrary(library);
        fail(path, "is a renamed omnize-stdcall.dll. Copy the omnize.dll of the same release there.");
    }
    if (omnize_abi_version() != OMNIZE_ABI_VERSION) {
        const std::string version = omnize_version();
        FreeLibrary(library);
        fail(path, "is version " + version +
                       ". Copy the omnize.dll of the release " OMNIZE_VERSION
                       " there, to which omnize-com.dll belongs.");
    }
    is_loaded = true;
}

} // namespace omnize_com
