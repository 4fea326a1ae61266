// A hidden window, with which the message loop of a thread raises the events of a client.

#ifndef OMNIZE_COM_WAKE_WINDOW_HPP
#define OMNIZE_COM_WAKE_WINDOW_HPP

#include <functional>

#include "interfaces.hpp"

namespace omnize_com {

/// A window of the current thread that receives a message while events are queued.
class wake_window {
  public:
    /// `raise` runs in the thread's message loop while events are queued. Throws OMNIZE_E_UNSUPPORTED in a
    /// multi-threaded apartment, because its threads need no message loop.
    wake_window(omnize_client *client, std::function<void()> raise);
    wake_window(const wake_window &) = delete;
    wake_window &operator=(const wake_window &) = delete;
    ~wake_window();

  private:
    static LRESULT CALLBACK receive(HWND window, UINT message, WPARAM first, LPARAM second);

    void destroy() noexcept;

    omnize_client *client_;
    std::function<void()> raise_;
    HWND window_ = nullptr;
};

} // namespace omnize_com

#endif
