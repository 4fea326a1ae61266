// Requests that are built field by field, and histories.

#ifndef OMNIZE_COM_REQUEST_HPP
#define OMNIZE_COM_REQUEST_HPP

#include "object.hpp"

namespace omnize_com {

/// Take the ownership of a handle.
com_ptr<IOmnizeRequest> new_request(omnize_request *request, std::shared_ptr<last_error> last);
com_ptr<IOmnizeHistory> new_history(omnize_history *history, std::shared_ptr<last_error> last);

/// Returns the handle of an argument that another object of this DLL implements, perhaps in another apartment. The
/// argument must not be released in the meantime. Throws OMNIZE_E_ARGUMENT with the name if it is Nothing.
template <class Handle, class Interface> Handle *handle_of(const char *name, Interface *object) {
    if (object == nullptr) throw omnize::error(OMNIZE_E_ARGUMENT, std::string(name) + " is Nothing; pass an object");
    LONGLONG handle = 0;
    throw_foreign_if_failed(object->get_Handle(&handle));
    return reinterpret_cast<Handle *>(static_cast<std::intptr_t>(handle));
}

/// Converts a handle for a property of an interface.
template <class Handle> LONGLONG number_of(Handle *handle) noexcept {
    return static_cast<LONGLONG>(reinterpret_cast<std::intptr_t>(handle));
}

} // namespace omnize_com

#endif
