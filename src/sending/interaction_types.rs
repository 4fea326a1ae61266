//! The interaction types with the parts that sending adds: the lane of requests and the typing state.

use crate::interactions;
use crate::sending::lane::Lane;
use crate::sending::typing::Typing;

/// An interaction with its lane and its typing state.
pub type Interaction = interactions::Interaction<Lane, Typing>;

/// The registry of these interactions.
pub type Interactions = interactions::Interactions<Lane, Typing>;
