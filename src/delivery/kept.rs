//! Connections that are kept for the next request, of whichever webhook of the same origin.
//!
//! A webhook's headers and signature go with each request, so nothing of one webhook stays on a
//! connection; what has to be equal is where it leads and whom it trusts.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::connection::Connection;

/// What connections have to have in common to stand in for each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// The URL's host, as it writes it.
    pub(super) host: Box<str>,
    pub(super) port: u16,
    /// Which TLS settings (none: plain); see [`super::tls::Tls`].
    pub(super) trust: Option<usize>,
    /// It is the network's own test inbox: reached past guard and proxy.
    pub(super) exempt: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct Kept {
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    by_origin: HashMap<Origin, Vec<Connection>>,
    count: usize,
    /// Somebody looks through them every few seconds.
    swept: bool,
}

impl Kept {
    /// The connection to `origin` that was used last, if it passes `may_go`; those that don't are
    /// closed.
    pub(super) fn take(
        &self,
        origin: &Origin,
        mut may_go: impl FnMut(&Connection) -> bool,
    ) -> Option<Connection> {
        loop {
            let mut idle = self.idle.lock();
            let connection = idle.by_origin.get_mut(origin)?.pop()?;
            idle.count -= 1;
            drop(idle);
            let mut connection = connection;
            if may_go(&connection) && connection.is_fit() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection, at most `most` in all; whether nobody looks through them yet.
    #[must_use]
    pub(super) fn put(&self, origin: &Origin, connection: Connection, most: usize) -> bool {
        let mut idle = self.idle.lock();
        if idle.count >= most {
            return false;
        }
        idle.count += 1;
        match idle.by_origin.get_mut(origin) {
            Some(connections) => connections.push(connection),
            None => {
                idle.by_origin.insert(origin.clone(), vec![connection]);
            }
        }
        !std::mem::replace(&mut idle.swept, true)
    }

    /// Closes those that can't be used again; whether any is left to look through.
    pub(super) fn sweep(&self) -> bool {
        let mut idle = self.idle.lock();
        let mut count = 0;
        idle.by_origin.retain(|_, connections| {
            connections.retain_mut(Connection::is_fit);
            count += connections.len();
            !connections.is_empty()
        });
        idle.by_origin.shrink_to_fit();
        (idle.count, idle.swept) = (count, count > 0);
        idle.swept
    }

    /// Whether somebody looks through them until none is left.
    pub(super) fn is_swept(&self) -> bool {
        self.idle.lock().swept
    }

    /// Closes all of them: the process has no descriptor left.
    pub(super) fn clear(&self) {
        let mut idle = self.idle.lock();
        idle.by_origin.clear();
        idle.count = 0;
    }
}
