//! What tests and their tools share: a receiver's side of HTTP and of signatures, a server, and
//! processes that are stopped, continued and killed.

pub mod http;
pub mod process;
pub mod server;
pub mod signature;
