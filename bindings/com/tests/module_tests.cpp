// The DLL itself: apartments, unloading, registration, use without registration, an unsuitable omnize.dll.

#include "late_bound.hpp"

namespace {

std::wstring folder_of(HMODULE module) {
    std::wstring path(1000, L'\0');
    path.resize(GetModuleFileNameW(module, path.data(), 1000));
    return path.substr(0, path.find_last_of(L'\\') + 1);
}

/// The folder of this program, which contains the DLLs too.
std::wstring program_folder() {
    return folder_of(nullptr);
}

struct passed_object {
    IStream *stream;
    std::wstring value, failure, option;
    HRESULT result = E_FAIL;
    IDispatch *original;
    bool is_other_pointer = false;
};

DWORD WINAPI use_in_another_apartment(void *argument) {
    auto &passed = *static_cast<passed_object *>(argument);
    CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED);
    try {
        com_ptr<IDispatch> object;
        passed.result =
            CoGetInterfaceAndReleaseStream(passed.stream, IID_IDispatch, reinterpret_cast<void **>(object.receive()));
        if (SUCCEEDED(passed.result)) {
            passed.is_other_pointer = object.get() != passed.original;
            const late_bound client(object);
            passed.failure = failure_of([&] { client.call(L"Cancel", {1.5}); }).description;
            passed.value = late_bound(client.call(L"Prepare", {L"1", L"12"}).object()).get(L"ClientId").text();
            // An object of this apartment, as an argument of a call to the other one.
            const late_bound config(L"Omnize.Config");
            client.put(L"Config", {config.get()}, DISPATCH_PROPERTYPUTREF);
            client.put(L"Option", {L"token", L"another-token"});
            passed.option = config.call(L"Option", {L"token"}).text();
        }
    } catch (const failed_call &failure) {
        passed.result = failure.result;
        passed.failure = failure.description;
    }
    CoUninitialize();
    return 0;
}

void other_apartments_can_use_an_object() {
    const late_bound client = open_client();
    passed_object passed;
    passed.original = client.get();
    CHECK(CoMarshalInterThreadInterfaceInStream(IID_IDispatch, client.get(), &passed.stream) == S_OK);
    HANDLE thread = CreateThread(nullptr, 0, use_in_another_apartment, &passed, 0, nullptr);
    DWORD signaled;
    while ((signaled = MsgWaitForMultipleObjects(1, &thread, FALSE, 60000, QS_ALLINPUT)) == WAIT_OBJECT_0 + 1) {
        MSG message;
        while (PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE)) DispatchMessageW(&message);
    }
    CHECK(signaled == WAIT_OBJECT_0);
    CloseHandle(thread);
    CHECK(passed.result == S_OK && passed.is_other_pointer && passed.value == L"12");
    CHECK(passed.failure == L"ticket must be a whole number" && passed.option == L"[redacted]");
}

using can_unload = HRESULT(WINAPI *)();
using install = HRESULT(WINAPI *)(BOOL, LPCWSTR);
using get_class = HRESULT(WINAPI *)(REFCLSID, REFIID, void **);

template <class Function> Function function_of(HMODULE module, const char *name) {
    return reinterpret_cast<Function>(reinterpret_cast<void *>(GetProcAddress(module, name)));
}

/// Loads omnize-com.dll of a folder.
HMODULE load(const std::wstring &folder) {
    HMODULE module = LoadLibraryExW((folder + L"omnize-com.dll").c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
    CHECK(module != nullptr);
    return module;
}

com_ptr<IDispatch> create_from(HMODULE module, REFCLSID clsid) {
    com_ptr<IClassFactory> factory;
    CHECK(function_of<get_class>(module, "DllGetClassObject")(clsid, IID_IClassFactory,
                                                              reinterpret_cast<void **>(factory.receive())) == S_OK);
    com_ptr<IDispatch> object;
    CHECK(factory->CreateInstance(nullptr, IID_IDispatch, reinterpret_cast<void **>(object.receive())) == S_OK);
    return object;
}

void the_dll_can_be_unloaded_after_use() {
    HMODULE module = load(program_folder());
    const auto can_unload_now = function_of<can_unload>(module, "DllCanUnloadNow");
    CHECK(can_unload_now() == S_OK);
    {
        com_ptr<IDispatch> client = create_from(module, __uuidof(Client));
        CHECK(can_unload_now() == S_FALSE);
        late_bound(client).put(L"Token", {L"a-token"});
        late_bound(client).call(L"Open");
        const value chat = late_bound(client).call(L"Prepare", {L"1", L"12"});
        client = {};
        CHECK(can_unload_now() == S_FALSE);
    }
    CHECK(can_unload_now() == S_OK);
    com_ptr<IClassFactory> factory;
    CHECK(function_of<get_class>(module, "DllGetClassObject")(__uuidof(Config), IID_IClassFactory,
                                                              reinterpret_cast<void **>(factory.receive())) == S_OK);
    CHECK(can_unload_now() == S_FALSE);
    factory = {};
    CHECK(can_unload_now() == S_OK);
    void *none = &none;
    CHECK(function_of<get_class>(module, "DllGetClassObject")(__uuidof(Conversation), IID_IClassFactory, &none) ==
          CLASS_E_CLASSNOTAVAILABLE);
    FreeLibrary(module);
}

/// Copies omnize-com.dll to a folder with a letter that is not ASCII. Returns the folder.
std::wstring separate_folder(const wchar_t *name) {
    const std::wstring folder = program_folder() + name + L"-\u00e7\\";
    CreateDirectoryW(folder.c_str(), nullptr);
    CHECK(CopyFileW((program_folder() + L"omnize-com.dll").c_str(), (folder + L"omnize-com.dll").c_str(), FALSE));
    return folder;
}

failed_call failure_in(const std::wstring &folder) {
    HMODULE module = load(folder);
    const late_bound client(create_from(module, __uuidof(Client)));
    return failure_of([&] { client.put(L"Token", {L"a-token"}); });
}

void a_missing_library_is_an_error_with_its_path() {
    const std::wstring folder = separate_folder(L"missing");
    const failed_call missing = failure_in(folder);
    CHECK(missing.result == result_of(OMNIZE_E_FILE) && missing.source == L"Omnize");
    CHECK(missing.description.find(folder + L"omnize.dll does not exist") != std::wstring::npos);
}

void a_library_of_the_other_processor_type_is_an_error() {
    const std::wstring folder = separate_folder(L"other");
    CHECK(CopyFileW((program_folder() + L"other.dll").c_str(), (folder + L"omnize.dll").c_str(), FALSE));
    const failed_call wrong = failure_in(folder);
    const wchar_t *bits = sizeof(void *) == 8 ? L"is not a 64-bit DLL" : L"is not a 32-bit DLL";
    CHECK(wrong.result == result_of(OMNIZE_E_FILE) && wrong.description.find(bits) != std::wstring::npos);
}

void a_library_of_another_release_is_an_error() {
    const std::wstring folder = separate_folder(L"another");
    // A DLL without the functions of omnize.h.
    CHECK(CopyFileW((program_folder() + L"omnize-com.dll").c_str(), (folder + L"omnize.dll").c_str(), FALSE));
    const failed_call wrong = failure_in(folder);
    CHECK(wrong.result == result_of(OMNIZE_E_FILE));
    CHECK(wrong.description.find(L"has no function omnize_") != std::wstring::npos);
}

void a_library_with_stdcall_is_an_error() {
    const std::wstring folder = separate_folder(L"stdcall");
    CHECK(CopyFileW((program_folder() + L"stdcall.dll").c_str(), (folder + L"omnize.dll").c_str(), FALSE));
    const failed_call wrong = failure_in(folder);
    CHECK(wrong.result == result_of(OMNIZE_E_FILE));
    CHECK(wrong.description.find(L"is a renamed omnize-stdcall.dll") != std::wstring::npos);
}

bool user_has(const std::wstring &key) {
    HKEY opened;
    if (RegOpenKeyExW(HKEY_CURRENT_USER, (L"Software\\Classes\\" + key).c_str(), 0, KEY_READ, &opened)) return false;
    RegCloseKey(opened);
    return true;
}

void the_user_can_register_and_unregister() {
    HMODULE module = load(program_folder());
    const auto run = function_of<install>(module, "DllInstall");
    const std::wstring keys[] = {
        L"Omnize.Client\\CLSID",
        L"Omnize.Client.1",
        L"CLSID\\{C47DC102-12D1-453F-81C4-54D4993E9680}\\InprocServer32",
        L"TypeLib\\{C47DC100-12D1-453F-81C4-54D4993E9680}\\0.1\\0",
        L"Interface\\{C47DC10C-12D1-453F-81C4-54D4993E9680}\\TypeLib",
        L"Interface\\{C47DC10D-12D1-453F-81C4-54D4993E9680}\\ProxyStubClsid32",
    };
    CHECK(run(TRUE, L"everyone") == E_INVALIDARG);
    for (const bool registers : {true, false}) {
        CHECK(run(registers, L"user") == S_OK);
        for (const std::wstring &key : keys) CHECK(user_has(key) == registers);
    }
    CHECK(run(FALSE, L"user") == S_OK); // again
    FreeLibrary(module);
}

} // namespace

/// Creates an object by the manifest, where nothing is registered.
bool works_without_registration() {
    CLSID clsid;
    if (SUCCEEDED(CLSIDFromProgID(L"Omnize.Client", &clsid))) {
        std::printf("the class is registered\n");
        return false;
    }
    const std::wstring manifest = program_folder() + L"omnize-com.manifest";
    ACTCTXW context = {};
    context.cbSize = sizeof context;
    context.lpSource = manifest.c_str();
    HANDLE created = CreateActCtxW(&context);
    ULONG_PTR cookie = 0;
    if (created == INVALID_HANDLE_VALUE || !ActivateActCtx(created, &cookie)) {
        std::printf("the manifest is invalid: error %lu\n", GetLastError());
        return false;
    }
    try {
        const late_bound client = open_client();
        return client.get(L"WebhookUrl").text().empty();
    } catch (const failed_call &failure) {
        std::printf("%s\n", failure.what());
        return false;
    }
}

const std::vector<named_test> module_tests = {
    TEST(other_apartments_can_use_an_object),          TEST(the_dll_can_be_unloaded_after_use),
    TEST(a_missing_library_is_an_error_with_its_path), TEST(a_library_of_the_other_processor_type_is_an_error),
    TEST(a_library_of_another_release_is_an_error),    TEST(a_library_with_stdcall_is_an_error),
    TEST(the_user_can_register_and_unregister),
};
