// A reference to a COM object, a list of them, and a lock. The compiler's library has no mutex for Windows threads.

#ifndef OMNIZE_COM_COM_PTR_HPP
#define OMNIZE_COM_COM_PTR_HPP

#include <utility>

#include <windows.h>

namespace omnize_com {

/// A reference to a COM object.
template <class Interface> class com_ptr {
  public:
    com_ptr() = default;
    /// Adds a reference.
    explicit com_ptr(Interface *object) noexcept : object_(object) {
        if (object_ != nullptr) object_->AddRef();
    }
    com_ptr(const com_ptr &other) noexcept : com_ptr(other.object_) {}
    com_ptr(com_ptr &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    com_ptr &operator=(com_ptr other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~com_ptr() {
        if (object_ != nullptr) object_->Release();
    }

    /// Takes over a reference that the caller owns.
    static com_ptr adopt(Interface *object) noexcept {
        com_ptr owned;
        owned.object_ = object;
        return owned;
    }
    Interface *get() const noexcept { return object_; }
    Interface *operator->() const noexcept { return object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }
    /// Passes the reference to the caller.
    Interface *detach() noexcept { return std::exchange(object_, nullptr); }
    /// Releases the reference, and returns the address for a new one.
    Interface **receive() noexcept {
        *this = com_ptr();
        return &object_;
    }

  private:
    Interface *object_ = nullptr;
};

/// A lock that needs no initialization.
class mutex {
  public:
    void lock() noexcept { AcquireSRWLockExclusive(&lock_); }
    void unlock() noexcept { ReleaseSRWLockExclusive(&lock_); }

  private:
    SRWLOCK lock_ = SRWLOCK_INIT;
};

/// Holds a lock. No code of the application runs in the meantime.
class lock_guard {
  public:
    explicit lock_guard(mutex &mutex) noexcept : mutex_(mutex) { mutex_.lock(); }
    lock_guard(const lock_guard &) = delete;
    lock_guard &operator=(const lock_guard &) = delete;
    ~lock_guard() { mutex_.unlock(); }

  private:
    mutex &mutex_;
};

} // namespace omnize_com

#endif
