// The details of a failed call, as an object.

#ifndef OMNIZE_COM_ERROR_DETAILS_HPP
#define OMNIZE_COM_ERROR_DETAILS_HPP

#include "object.hpp"

namespace omnize_com {

com_ptr<IOmnizeError> new_error_details(const omnize::error &error);

} // namespace omnize_com

#endif
