#include "wake_window.hpp"

#include <utility>

#include "failure.hpp"
#include "module.hpp"

namespace omnize_com {

namespace {

constexpr wchar_t class_name[] = L"OmnizeComWakeWindow";
constexpr UINT events_queued = WM_APP;

bool is_single_threaded_apartment() {
    APTTYPE type;
    APTTYPEQUALIFIER qualifier;
    return SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && (type == APTTYPE_STA || type == APTTYPE_MAINSTA);
}

} // namespace

wake_window::wake_window(omnize_client *client, std::function<void()> raise)
    : client_(client), raise_(std::move(raise)) {
    if (!is_single_threaded_apartment())
        throw omnize::error(OMNIZE_E_UNSUPPORTED,
                            "AutoPoll needs a single-threaded apartment with a message loop; call Poll or NextEvent");
    WNDCLASSEXW description = {};
    description.cbSize = sizeof description;
    description.lpfnWndProc = receive;
    description.hInstance = module_handle();
    description.lpszClassName = class_name;
    RegisterClassExW(&description); // fails if it is registered already
    window_ = CreateWindowExW(0, class_name, nullptr, 0, 0, 0, 0, 0, HWND_MESSAGE, nullptr, module_handle(), nullptr);
    if (window_ == nullptr) throw com_failure(HRESULT_FROM_WIN32(GetLastError()));
    SetWindowLongPtrW(window_, GWLP_USERDATA, reinterpret_cast<LONG_PTR>(this));
    try {
        omnize::detail::call(omnize_client_wake_message, client_, static_cast<void *>(window_), events_queued);
    } catch (...) {
        destroy();
        throw;
    }
}

wake_window::~wake_window() {
    // Fails if the client is closed.
    omnize_client_wake_message(client_, nullptr, events_queued, nullptr);
    destroy();
}

void wake_window::destroy() noexcept {
    SetWindowLongPtrW(window_, GWLP_USERDATA, 0);
    DestroyWindow(window_);
    UnregisterClassW(class_name, module_handle()); // fails while another window exists
}

LRESULT CALLBACK wake_window::receive(HWND window, UINT message, WPARAM first, LPARAM second) {
    auto *self = reinterpret_cast<wake_window *>(GetWindowLongPtrW(window, GWLP_USERDATA));
    if (message != events_queued || self == nullptr) return DefWindowProcW(window, message, first, second);
    try {
        const std::function<void()> raise = self->raise_; // a handler may destroy the window
        raise();
    } catch (...) {
        // The client is closed, or there is no memory. Nobody can receive the failure.
    }
    return 0;
}

} // namespace omnize_com
