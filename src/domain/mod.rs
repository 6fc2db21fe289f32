//! What all speak of: events, webhooks, deliveries and what became of them, ids, time.
//!
//! Uses nothing else of the project, and nothing outside the process but its clock and randomness.

pub mod attempt;
pub mod bytes;
pub mod claim;
pub mod clock;
pub mod database;
pub mod decision;
pub mod event;
pub mod health;
pub mod id;
pub mod invisible;
pub mod state;
pub mod webhook;
