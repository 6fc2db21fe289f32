//! Prepared statements, looked up once a transaction.

use rusqlite::{CachedStatement, Connection};

/// The statements that a transaction has used so far.
///
/// rusqlite's own cache hashes the SQL's text at every use; a batch of a thousand records would
/// do that ten thousand times. Here a statement is found by the address of its text.
pub(crate) struct Statements<'c> {
    connection: &'c Connection,
    prepared: Vec<(&'static str, CachedStatement<'c>)>,
}

impl<'c> Statements<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, prepared: Vec::with_capacity(24) }
    }

    pub(crate) fn get(&mut self, sql: &'static str) -> rusqlite::Result<&mut CachedStatement<'c>> {
        let known = self.prepared.iter().position(|(text, _)| std::ptr::eq(*text, sql));
        let at = match known {
            Some(at) => at,
            None => {
                self.prepared.push((sql, self.connection.prepare_cached(sql)?));
                self.prepared.len() - 1
            }
        };
        Ok(&mut self.prepared[at].1)
    }
}
