//! What tests and their tools share: a receiver's side of HTTP and of signatures, a server,
//! processes that are stopped, continued and killed, and chance that a seed repeats.

pub mod http;
pub mod process;
pub mod random;
pub mod server;
pub mod signature;
