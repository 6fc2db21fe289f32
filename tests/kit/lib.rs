//! What tests and their tools share: a receiver's side of HTTP and of signatures, a server, processes
//! that are stopped, continued and killed, a copy of a journal, chance that a seed repeats, a proxy that
//! sends reads elsewhere than writes, what is dispatched and logged in a seeded run, what does not hold
//! after it, and the sums of many.

pub mod deviations;
pub mod http;
pub mod journal;
pub mod log;
pub mod payload;
pub mod process;
pub mod random;
pub mod seeds;
pub mod server;
pub mod signature;
pub mod split_proxy;
