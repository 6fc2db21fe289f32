//! What a store on a MySQL or MariaDB server stands on: where it is ([`Address`], [`Server`]), a
//! connection to it ([`Connection`]), what can be done about each of its errors ([`Class`]), and
//! its tables ([`migrate`]).
//!
//! Several web servers write into one such store, each through a worker of its own, and the
//! database may be a cluster whose nodes take back what they had let through. So a row belongs to
//! one worker (`owner`, with the `epoch` of its lease), counters are kept apart for each worker,
//! transactions hold nothing but writes, and whether one was committed is never judged by reading.

mod address;
mod backfill;
mod bulk;
mod change;
mod changes;
mod claim;
mod commits;
mod connection;
mod copy;
#[cfg(test)]
mod copy_tests;
mod counters;
mod engine;
#[cfg(test)]
pub(crate) mod engine_tests;
mod error;
mod forget;
mod held;
pub(crate) mod import;
mod ingest;
mod lanes;
mod lease;
mod link;
mod log;
mod loss;
#[cfg(test)]
mod loss_tests;
mod maker;
mod memory;
mod prune;
mod record;
mod recorded;
mod revision;
mod room;
mod row;
#[cfg(test)]
mod scale_tests;
mod schema;
mod split;
mod suspects;
#[cfg(test)]
#[allow(dead_code, reason = "tests/worker_mysql.rs uses the rest")]
mod test_server;
#[cfg(test)]
mod tests;
mod transaction;
mod unit;
mod watch;
#[cfg(test)]
mod workers_tests;

pub use address::{Address, Endpoint, Password, Server, Tls};
pub use connection::{Connection, Writes};
pub use engine::{MysqlStore, open};
pub use error::Class;
pub use link::Find;
pub(crate) use log::MysqlLog;
pub use schema::{VERSION, migrate};
