//! Proxies that send reads elsewhere than writes (ProxySQL, MaxScale, MySQL Router), to a node that may
//! lag behind: what is read to be written about has to be read where it is written.
//!
//! Such proxies send each statement by itself, but a transaction as a whole to where writes go. So a
//! worker asks who answers a plain read, and who answers within a transaction. Where these are two it
//! reads in transactions from then on, which cost two short statements more each. It asks several times
//! when it connects, as the same one may answer by chance, and once a second while it goes on; and an
//! address can say it (`reads=with_writes`).

use ::mysql::prelude::Queryable as _;
use ::mysql::{Conn, Error};

use super::address::Server;
use super::connection::Connection;
use crate::Result;

/// Says of a server what no other one says of itself.
const WHO: &str = "SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id, @@datadir)";
/// Plain reads that are looked at when a worker connects.
const LOOKS: u32 = 6;

impl Connection {
    /// Connects a worker. `is_split`: it is known already that reads go elsewhere.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(super) fn of_worker(server: &Server, is_split: bool) -> Result<Self> {
        let mut connection = Self::open(server)?;
        connection.is_split = is_split || server.reads_with_writes;
        if !connection.is_split {
            connection.writer = connection.ask(|conn| in_transaction(conn, who))?;
            for _ in 0..LOOKS {
                connection.look_who_reads()?;
            }
        }
        Ok(connection)
    }

    /// Looks who answers a plain read; whether it was found just now that it is another one than takes
    /// writes.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub(super) fn look_who_reads(&mut self) -> Result<bool> {
        let Some(writer) = self.writer.clone().filter(|_| !self.is_split) else { return Ok(false) };
        let reader = self.ask(who)?;
        self.is_split = reader.as_ref() != Some(&writer);
        if self.is_split {
            let reader = reader.unwrap_or_default();
            tracing::info!(store = %self.server(), writer, reader, "a proxy sends reads elsewhere than writes: what is read goes in transactions");
        }
        Ok(self.is_split)
    }
}

fn who(conn: &mut Conn) -> Result<Option<String>, Error> {
    conn.query_first(WHO)
}

/// Reads in a transaction that writes nothing.
pub(super) fn in_transaction<T>(
    conn: &mut Conn,
    read: impl FnOnce(&mut Conn) -> Result<T, Error>,
) -> Result<T, Error> {
    conn.query_drop("START TRANSACTION")?;
    let found = read(conn);
    // It has nothing to lose. Where this fails too the connection is lost.
    let ended = conn.query_drop("ROLLBACK");
    let found = found?;
    ended.map(|()| found)
}
