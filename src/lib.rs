//! Webhooks for WordPress networks.
//!
//! Data flows one way: PHP → [`journal`] → [`worker`] → [`store`] and endpoint. Each of these is a
//! crate below `src` and names those that it uses, so none can lead back to itself; this one shows
//! them together. The binding to PHP is a crate beside them (`src/php`); nothing here knows of PHP.
//!
//! | crate | owns |
//! |---|---|
//! | `domain` | what all speak of, in the modules below |
//! | [`spool`] | the folder in which PHP and the worker meet: owner, modes, safe opening |
//! | [`journal`] | the only way in: appended by PHP, read by the worker |
//! | [`store`] | events, deliveries, attempts, announcements: written by the worker alone |
//! | [`delivery`] | one attempt: format, sign, check the address, send, when to try again |
//! | [`config`] | the published webhooks, and who subscribes to what |
//! | [`worker`] | ingest, match, schedule, deliver, record |
//!
//! | module of `domain` | owns |
//! |---|---|
//! | [`event`], [`id`] | an event, its name and its id |
//! | [`webhook`] | a webhook as configured |
//! | [`invisible`] | characters that nobody sees, which are refused where people type |
//! | [`claim`], [`attempt`], [`state`] | a delivery on its way, what came of it, where it stands then |
//! | [`health`] | how a webhook has been doing |
//! | [`bytes`] | bodies and headers as they are shown |
//! | [`database`] | the network's own database, as WordPress is told of it |
//! | [`decision`] | what becomes of an event for a webhook |
//! | [`clock`] | time, injectable |

pub use domain::{
    attempt, bytes, claim, clock, database, decision, event, health, id, invisible, state, webhook,
};
pub use {config, delivery, journal, spool, store, worker};
