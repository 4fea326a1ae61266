// The entries of this DLL in the registry.

#ifndef OMNIZE_COM_REGISTRATION_HPP
#define OMNIZE_COM_REGISTRATION_HPP

#include <windows.h>

namespace omnize_com {

/// Writes the entries of classes, interfaces and type library below `root`\Software\Classes: HKEY_LOCAL_MACHINE for all
/// users, HKEY_CURRENT_USER for the current one.
void register_module(HKEY root);

/// Removes them. Entries of the DLL for the other processor type remain.
void unregister_module(HKEY root);

} // namespace omnize_com

#endif
