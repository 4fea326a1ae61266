// The object Library.

#ifndef OMNIZE_COM_LIBRARY_HPP
#define OMNIZE_COM_LIBRARY_HPP

#include "object.hpp"

namespace omnize_com {

com_ptr<IOmnizeLibrary> new_library();

} // namespace omnize_com

#endif
