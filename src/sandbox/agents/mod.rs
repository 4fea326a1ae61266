//! The tasks that act for the service's side of an interaction.
//!
//! Each interaction has an `agent_task`, which receives its `AgentInput`s in order. If a bot serves the interaction,
//! `bot_notifier` posts the input to the bot. Otherwise a start waits in `agent_queue`, and the task runs the steps of the
//! matching rule: `step_trigger` renders each step, and `triggers` sends it. `bot_relay` executes the accepted requests of
//! a bot, and starts an agent task when the bot transfers the interaction.

pub(crate) mod agent_queue;
pub(crate) mod agent_task;
pub(crate) mod bot_notifier;
pub(crate) mod bot_relay;
pub(crate) mod step_trigger;
