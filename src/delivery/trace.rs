//! What a request has come to, as its connection saw it.
//!
//! ureq hands an error to its caller without the connection it happened on, and has no way to
//! hand something to the connection. A request runs on one thread from beginning to end, so
//! both meet in a thread-local value.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::attempt::Phase;

/// One request as seen from its connection.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    /// How far it came.
    pub(super) phase: Phase,
    /// The address connected to.
    pub(super) peer: Option<SocketAddr>,
    /// Whether its connection had served a request before.
    pub(super) reused: bool,
    /// Whether a byte of the response arrived.
    pub(super) answered: bool,
    /// No kept-alive connection may be taken.
    pub(super) fresh_only: bool,
    /// What the system said about the failure, where ureq's error has no room for it.
    pub(super) said: Option<Arc<str>>,
}

impl Trace {
    const NEW: Self = Self {
        phase: Phase::Prepare,
        peer: None,
        reused: false,
        answered: false,
        fresh_only: false,
        said: None,
    };
}

thread_local! {
    static TRACE: RefCell<Trace> = const { RefCell::new(Trace::NEW) };
}

/// Begins a request on this thread.
pub(super) fn begin(fresh_only: bool) {
    TRACE.set(Trace { fresh_only, ..Trace::NEW });
}

/// The request on this thread comes to `phase`.
pub(super) fn enter(phase: Phase) {
    update(|trace| trace.phase = phase);
}

/// Notes what the system said.
pub(super) fn say(said: Arc<str>) {
    update(|trace| trace.said = Some(said));
}

/// Changes this thread's trace.
pub(super) fn update(change: impl FnOnce(&mut Trace)) {
    TRACE.with_borrow_mut(change);
}

/// This thread's trace.
pub(super) fn current() -> Trace {
    TRACE.with_borrow(Trace::clone)
}

/// Whether only a fresh connection will do.
pub(super) fn fresh_only() -> bool {
    TRACE.with_borrow(|trace| trace.fresh_only)
}
