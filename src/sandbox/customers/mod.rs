//! Scripted customers.
//!
//! A customer waits in `SimulatedService::pending_customers` until its department has a bot, or the control API starts it.
//! `customer_task` then starts an interaction and runs the steps of the script: it sends requests through `lifecycle` and
//! receives the triggers of the interaction. `customer_report` is the result.

pub(crate) mod customer_report;
pub(crate) mod customer_task;
