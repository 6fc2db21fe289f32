//! Webhooks for WordPress networks.
//!
//! Data flows one way: PHP → [`journal`] → [`worker`] → [`store`] and endpoint. The binding to PHP
//! is a crate of its own (`src/php`); nothing here knows of PHP.
//!
//! | module | owns |
//! |---|---|
//! | [`event`], [`id`] | an event, its name and its id |
//! | [`webhook`] | a webhook as configured |
//! | [`invisible`] | characters that nobody sees, which are refused where people type |
//! | [`claim`], [`attempt`], [`state`] | a delivery on its way, what came of it, where it stands then |
//! | [`health`] | how a webhook has been doing |
//! | [`bytes`] | bodies and headers as they are shown |
//! | [`decision`] | what becomes of an event for a webhook |
//! | [`config`] | the published webhooks, and who subscribes to what |
//! | [`clock`] | time, injectable |
//! | [`spool`] | the folder in which PHP and the worker meet: owner, modes, safe opening |
//! | [`journal`] | the only way in: appended by PHP, read by the worker |
//! | [`store`] | events, deliveries, attempts, announcements: written by the worker alone |
//! | [`delivery`] | one attempt: format, sign, check the address, send, when to try again |
//! | [`worker`] | ingest, match, schedule, deliver, record |

pub mod attempt;
pub mod bytes;
pub mod claim;
pub mod clock;
pub mod config;
pub mod decision;
pub mod delivery;
pub mod event;
pub mod health;
pub mod id;
pub mod invisible;
pub mod journal;
pub mod spool;
pub mod state;
pub mod store;
pub mod webhook;
pub mod worker;
