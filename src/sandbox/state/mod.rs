//! The data of the simulated service. It runs no tasks and depends only on `json`, `model`, `scripts` and `http`.
//!
//! - `simulated_service`: the configuration, the agents, and the `SandboxState` under one lock.
//! - `sandbox_state`: the interactions, the portal's settings, the faults and the transcript.
//! - `interaction`: one interaction, its states, and the requests that each state allows.
//! - `interaction_end`: the reason that stops an agent.
//! - `agent_input`, `bot_link`, `customer_session`: the channels from an interaction to its agent, bot and scripted
//!   customer. The tasks at the other ends are in `agents` and `customers`.
//! - `portal_settings`: tokens, webhooks and registered bots.
//! - `faults`: the error responses that a test has ordered.
//! - `transcript`: every request and trigger, in order.

pub(crate) mod agent_input;
pub(crate) mod bot_link;
pub(crate) mod customer_session;
pub(crate) mod faults;
pub(crate) mod interaction;
pub(crate) mod interaction_end;
pub(crate) mod portal_settings;
pub(crate) mod sandbox_state;
pub(crate) mod simulated_service;
pub(crate) mod transcript;
