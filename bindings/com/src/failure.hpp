// Failures at the border: exceptions become an HRESULT and an error object with the message.

#ifndef OMNIZE_COM_FAILURE_HPP
#define OMNIZE_COM_FAILURE_HPP

#include <memory>
#include <optional>
#include <string>

#include "com_ptr.hpp"
#include "interfaces.hpp"

#include <omnize/call.hpp>

namespace omnize_com {

/// The HRESULT of OMNIZE_OK would be this number. Visual Basic calls it vbObjectError + 512.
inline constexpr HRESULT status_base = static_cast<HRESULT>(0x80040200);

/// A failure of COM or Windows.
struct com_failure {
    explicit com_failure(HRESULT result) noexcept : result(result) {}
    HRESULT result;
};

/// A failure that another object reported. Its error object goes on to the caller.
struct foreign_failure {
    HRESULT result;
    com_ptr<IErrorInfo> info;
};

inline void throw_if_failed(HRESULT result) {
    if (FAILED(result)) throw com_failure(result);
}

/// Throws the failure of a call of another object, with its error object.
inline void throw_foreign_if_failed(HRESULT result) {
    if (SUCCEEDED(result)) return;
    com_ptr<IErrorInfo> info;
    GetErrorInfo(0, info.receive());
    throw foreign_failure{result, std::move(info)};
}

/// The last failed call of a client and its conversations.
class last_error {
  public:
    void set(const omnize::error &error);
    std::optional<omnize::error> get() const;

  private:
    mutable mutex mutex_;
    std::optional<omnize::error> error_;
};

/// Converts the exception in progress to an HRESULT, and sets the error object of this thread.
HRESULT report_exception(REFIID iid, last_error *last) noexcept;

} // namespace omnize_com

#endif
