// The entries of lists, as objects with read-only properties.

#ifndef OMNIZE_COM_RECORDS_HPP
#define OMNIZE_COM_RECORDS_HPP

#include "collection.hpp"

#include <omnize/agents.hpp>
#include <omnize/department.hpp>

namespace omnize_com {

/// Copy a list of the library, and free it.
com_ptr<IOmnizeCollection> departments_of(omnize_departments *list);
com_ptr<IOmnizeAgents> agents_of(omnize_agents *list);
com_ptr<IOmnizeCollection> interactions_of(omnize_interactions *list);
com_ptr<IOmnizeCollection> outbox_of(omnize_outbox *list);

/// Takes the ownership of a snapshot.
com_ptr<IOmnizeSnapshot> new_snapshot(omnize_snapshot *snapshot);

} // namespace omnize_com

#endif
