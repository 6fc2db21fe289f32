//! What the tools of the tests share: a receiver's side of HTTP and of signatures, and processes
//! that are stopped, continued and killed.

pub mod http;
pub mod process;
pub mod signature;
