// The interfaces of the type library, and the functions of omnize.h.

#ifndef OMNIZE_COM_INTERFACES_HPP
#define OMNIZE_COM_INTERFACES_HPP

// The enumerations have the names of the header's macros, so they are declared first.
#include "omnize_com.h"

#include <omnize.h>

#endif
