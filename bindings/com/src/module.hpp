// This DLL: its path, its living objects, its type library, and omnize.dll, which it loads.

#ifndef OMNIZE_COM_MODULE_HPP
#define OMNIZE_COM_MODULE_HPP

#include <string>

#include "com_ptr.hpp"

#include <oaidl.h>

namespace omnize_com {

/// Counts the living objects and locks. The DLL can be unloaded if their number is 0.
void add_object() noexcept;
void remove_object() noexcept;
bool has_objects() noexcept;

HMODULE module_handle() noexcept;

/// Returns the path of this DLL.
std::wstring module_path();

/// Returns the path of omnize.dll: the folder of this DLL.
std::wstring library_path();

/// Loads omnize.dll if it is not loaded yet. Throws OMNIZE_E_FILE with the path and the reason if it can't be used.
/// Every function of omnize.h can be called afterwards.
void load_library();

/// Returns the type library that this DLL contains.
com_ptr<ITypeLib> type_library();

/// Returns the description of an interface or a class of the type library.
com_ptr<ITypeInfo> type_info(REFGUID id);

/// Releases the type library, before the DLL is unloaded.
void release_type_library() noexcept;

} // namespace omnize_com

#endif
