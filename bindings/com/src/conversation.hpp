// A conversation, as an object.

#ifndef OMNIZE_COM_CONVERSATION_HPP
#define OMNIZE_COM_CONVERSATION_HPP

#include "object.hpp"

namespace omnize_com {

/// Takes the ownership of a handle. The conversation keeps its client alive.
com_ptr<IOmnizeConversation> new_conversation(omnize_conversation *conversation, com_ptr<IOmnizeClient> client,
                                              std::shared_ptr<last_error> last);

} // namespace omnize_com

#endif
