//! Webhooks for WordPress networks.
//!
//! Data flows one way: PHP → [`journal`] → worker → [`store`] and endpoint.
//!
//! | module | owns |
//! |---|---|
//! | [`event`], [`id`] | an event, its name and its id |
//! | [`webhook`] | a webhook as configured |
//! | [`clock`] | time, injectable |
//! | [`journal`] | the only way in: appended by PHP, read by the worker |
//! | [`delivery`] | one attempt: formats, signatures, the address guard, the request |
//! | [`store`] | events, deliveries, attempts, announcements: written by the worker alone |

pub mod clock;
pub mod delivery;
pub mod event;
pub mod id;
pub mod journal;
pub mod store;
pub mod webhook;
