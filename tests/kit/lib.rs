//! What tests and their tools share: a receiver's side of HTTP and of signatures, a server, processes
//! that are stopped, continued and killed, a copy of a journal, chance that a seed repeats, a proxy that
//! sends reads elsewhere than writes, and what does not hold after a run.

pub mod deviations;
pub mod http;
pub mod journal;
pub mod process;
pub mod random;
pub mod server;
pub mod signature;
pub mod split_proxy;
