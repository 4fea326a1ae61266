// The classes that applications create by name.

#ifndef OMNIZE_COM_CLASSES_HPP
#define OMNIZE_COM_CLASSES_HPP

#include "com_ptr.hpp"

#include <unknwn.h>

namespace omnize_com {

struct creatable_class {
    GUID clsid;
    const wchar_t *name; ///< The name after "Omnize." in the program id.
    com_ptr<IUnknown> (*create)();
};

/// All classes, up to an entry without a name.
extern const creatable_class classes[];

} // namespace omnize_com

#endif
