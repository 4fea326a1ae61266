// The options, as an object.

#ifndef OMNIZE_COM_CONFIG_HPP
#define OMNIZE_COM_CONFIG_HPP

#include "object.hpp"

namespace omnize_com {

/// Creates the object Config, with the default of each option.
com_ptr<IOmnizeConfig> new_config(std::shared_ptr<last_error> last = nullptr);

/// Prepares the options for opening, and returns their handle: the texts of automation are UTF-16, and this DLL
/// converts them to UTF-8, so the option encoding must be UTF-8.
omnize_config *opening_config(IOmnizeConfig *config);

} // namespace omnize_com

#endif
