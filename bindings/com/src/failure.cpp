#include "failure.hpp"

#include <exception>
#include <new>

#include "text.hpp"

namespace omnize_com {

void last_error::set(const omnize::error &error) {
    lock_guard lock(mutex_);
    error_.emplace(error);
}

std::optional<omnize::error> last_error::get() const {
    lock_guard lock(mutex_);
    return error_;
}

namespace {

/// Sets the error object of this thread. Without memory there is none, and the caller has the HRESULT.
void set_error_info(REFIID iid, const char *message, DWORD context) noexcept try {
    com_ptr<ICreateErrorInfo> created;
    if (FAILED(CreateErrorInfo(created.receive()))) return;
    std::wstring description = utf16(message);
    wchar_t source[] = L"Omnize";
    created->SetGUID(iid);
    created->SetSource(source);
    created->SetDescription(description.data());
    created->SetHelpContext(context);
    com_ptr<IErrorInfo> info;
    if (SUCCEEDED(created->QueryInterface(IID_IErrorInfo, reinterpret_cast<void **>(info.receive()))))
        SetErrorInfo(0, info.get());
} catch (...) {
}

} // namespace

HRESULT report_exception(REFIID iid, last_error *last) noexcept try { throw; } catch (const omnize::error &error) {
    try {
        if (last != nullptr) last->set(error);
    } catch (...) {
    }
    set_error_info(iid, error.what(), static_cast<DWORD>(error.status()));
    return status_base + error.status();
} catch (const com_failure &failure) {
    SetErrorInfo(0, nullptr);
    return failure.result;
} catch (const foreign_failure &failure) {
    SetErrorInfo(0, failure.info.get());
    return failure.result;
} catch (const std::bad_alloc &) {
    SetErrorInfo(0, nullptr);
    return E_OUTOFMEMORY;
} catch (const std::exception &error) {
    set_error_info(iid, error.what(), 0);
    return E_FAIL;
} catch (...) {
    SetErrorInfo(0, nullptr);
    return E_UNEXPECTED;
}

} // namespace omnize_com
