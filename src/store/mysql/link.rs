//! The connection of a worker: a new one where it was lost.

use std::time::{Duration, Instant};

use super::address::Server;
use super::connection::Connection;
use crate::Result;

/// A connection that rested for longer is tried before it is used.
const RESTED: Duration = Duration::from_secs(2);

/// Says where the database is, at every connection: a password can be another one by then.
pub type Find = Box<dyn Fn() -> Result<Server> + Send>;

/// See the module.
pub(super) struct Link {
    find: Find,
    connection: Option<Connection>,
    used: Instant,
    /// A proxy sends reads elsewhere than writes.
    is_split: bool,
    /// Whoever answers may be another one than before, or know less: what it has of this worker's is
    /// to be compared with what it had.
    pub(super) is_doubtful: bool,
}

impl Link {
    /// Of a connection that was made just now.
    pub(super) fn new(find: Find, connection: Connection) -> Self {
        let is_split = connection.is_split;
        let connection = Some(connection);
        Self { find, connection, used: Instant::now(), is_split, is_doubtful: false }
    }

    /// The connection.
    pub(super) fn get(&mut self) -> Result<&mut Connection> {
        let rested = self.used.elapsed() > RESTED;
        let kept = self.connection.take();
        let kept = kept.and_then(|mut kept| (!rested || kept.is_alive()).then_some(kept));
        let connection = match kept {
            Some(connection) => connection,
            None => {
                self.is_doubtful = true;
                Connection::of_worker(&(self.find)()?, self.is_split)?
            }
        };
        self.is_split |= connection.is_split;
        self.was_used();
        Ok(self.connection.insert(connection))
    }

    /// Looks whether reads go elsewhere than writes; whether that was found just now, so that what was
    /// read lately may be old.
    pub(super) fn look_who_reads(&mut self) -> Result<bool> {
        let found = self.get()?.look_who_reads()?;
        self.is_split |= found;
        Ok(found)
    }

    /// The connection, where there is one.
    pub(super) fn open(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }

    /// It is gone, or not to be used any more.
    pub(super) fn lose(&mut self) {
        self.connection = None;
    }

    pub(super) fn was_used(&mut self) {
        self.used = Instant::now();
    }
}
