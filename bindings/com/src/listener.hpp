// The object Listener.

#ifndef OMNIZE_COM_LISTENER_HPP
#define OMNIZE_COM_LISTENER_HPP

#include "object.hpp"

namespace omnize_com {

com_ptr<IOmnizeListener> new_listener();

} // namespace omnize_com

#endif
