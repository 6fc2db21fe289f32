//! How far a request has come: what is said of it if it goes no further.

use std::net::SocketAddr;

use domain::attempt::Phase;

/// See the module.
#[derive(Debug)]
pub(super) struct Trace {
    /// How far it came.
    pub(super) phase: Phase,
    /// The address connected to.
    pub(super) peer: Option<SocketAddr>,
    /// Whether its connection had served a request before.
    pub(super) reused: bool,
}

impl Trace {
    /// Of a request that has not begun.
    pub(super) const fn new() -> Self {
        Self { phase: Phase::Prepare, peer: None, reused: false }
    }
}
