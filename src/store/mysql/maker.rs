//! One worker at a time makes the tables. A group of MySQL that takes writes at all its members does not
//! see that two of them change a table at the same moment, and falls apart.
//!
//! A row of the schema's table is there for as long as somebody is at it, with a number that becomes
//! another one all the time. Whoever finds it standing still takes it over: who had it is gone. Nobody
//! compares clocks.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::connection::Connection;
use crate::{Result, StoreError};
use domain::id::EventId;

/// Which row of the schema's table it is; the version stands in the first one.
const ROW: u8 = 2;
/// How a turn goes on.
#[derive(Clone, Copy)]
struct Pace {
    /// How often the number becomes another one: a change of a large table may take minutes.
    beat: Duration,
    /// Who does not change it for so long is gone.
    gone: Duration,
}

const PACE: Pace = Pace { beat: Duration::from_secs(2), gone: Duration::from_secs(15) };
/// How often it is looked at by those who wait.
const LOOK: Duration = Duration::from_millis(50);

/// The turn of this worker, which ends where it is dropped.
pub(super) struct Maker {
    end: Option<Sender<()>>,
    beats: Option<JoinHandle<()>>,
}

impl Maker {
    /// Waits for the turn; `None` where all is made, at once or by somebody who had it.
    ///
    /// # Errors
    /// As the server says, and what `is_made` does.
    pub(super) fn wait(
        connection: &mut Connection,
        is_made: impl Fn(&mut Connection) -> Result<bool>,
    ) -> Result<Option<Self>> {
        Self::wait_at(PACE, connection, is_made)
    }

    fn wait_at(
        pace: Pace,
        connection: &mut Connection,
        is_made: impl Fn(&mut Connection) -> Result<bool>,
    ) -> Result<Option<Self>> {
        let (table, mine) = (connection.server().table("schema"), number());
        let (mut seen, mut since) = (None, Instant::now());
        loop {
            if is_made(connection)? {
                return Ok(None);
            }
            let sql = format!("SELECT version FROM {table} WHERE one = {ROW}");
            let found: Vec<u32> = connection.rows(&sql, Vec::new())?;
            let found = found.first().copied();
            let taken = match found {
                None => {
                    let sql = format!("INSERT INTO {table} (one, version) VALUES ({ROW}, {mine})");
                    match connection.execute(&sql, Vec::new()) {
                        // Somebody else was first.
                        Err(StoreError::Conflict { .. }) => 0,
                        taken => taken?,
                    }
                }
                Some(theirs) if found == seen && since.elapsed() >= pace.gone => {
                    let sql = format!(
                        "UPDATE {table} SET version = {mine} WHERE one = {ROW} AND version = {theirs}"
                    );
                    connection.execute(&sql, Vec::new())?
                }
                Some(_) => 0,
            };
            if taken == 1 {
                return Self::begin(pace, connection, mine, is_made);
            }
            if found != seen {
                (seen, since) = (found, Instant::now());
            }
            thread::sleep(LOOK);
        }
    }

    /// The turn is this worker's; whoever had it before may have made all of it.
    fn begin(
        pace: Pace,
        connection: &mut Connection,
        mine: u32,
        is_made: impl Fn(&mut Connection) -> Result<bool>,
    ) -> Result<Option<Self>> {
        let server = connection.server().clone();
        let (end, ends) = mpsc::channel();
        let beats = thread::spawn(move || {
            let table = server.table("schema");
            let (mut own, mut mine) = (None, mine);
            loop {
                let is_over = ends.recv_timeout(pace.beat) != Err(RecvTimeoutError::Timeout);
                let next = number();
                let sql = match is_over {
                    true => format!("DELETE FROM {table} WHERE one = {ROW} AND version = {mine}"),
                    false => format!(
                        "UPDATE {table} SET version = {next} WHERE one = {ROW} AND version = {mine}"
                    ),
                };
                // A connection of its own: the other one is busy for as long as a table is changed.
                let mut connection = own.take().or_else(|| Connection::open(&server).ok());
                match connection.as_mut().map(|connection| connection.execute(&sql, Vec::new())) {
                    Some(Ok(1)) => mine = next,
                    // It was taken over, or the way to the server is lost: then another try may go.
                    Some(Ok(_)) => return,
                    Some(Err(_)) | None => connection = None,
                }
                if is_over {
                    return;
                }
                own = connection;
            }
        });
        let maker = Self { end: Some(end), beats: Some(beats) };
        Ok(if is_made(connection)? { None } else { Some(maker) })
    }
}

impl Drop for Maker {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(beats) = self.beats.take() {
            let _ = beats.join();
        }
    }
}

/// A number that nobody else has, and that is no version: an id's last bytes are random.
fn number() -> u32 {
    let id = EventId::at(0);
    let [.., a, b, c, d] = *id.as_bytes();
    u32::from_le_bytes([a, b, c, d]) | 1 << 31
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::mysql::migrate;
    use crate::mysql::test_server::TestServer;

    #[test]
    fn each_has_its_turn_alone_and_one_that_died_is_followed() {
        let server = TestServer::start(&[]);
        let database = server.database();
        migrate(&mut Connection::open(&database).unwrap()).unwrap();
        // Somebody who died with it.
        let mut connection = Connection::open(&database).unwrap();
        let table = database.table("schema");
        let left = format!("INSERT INTO {table} (one, version) VALUES ({ROW}, 70000)");
        connection.execute(&left, Vec::new()).unwrap();
        let pace = Pace { beat: Duration::from_millis(300), gone: Duration::from_secs(5) };
        let (at_it, turns) = (AtomicU32::new(0), AtomicU32::new(0));
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut connection = Connection::open(&database).unwrap();
                    let turn = Maker::wait_at(pace, &mut connection, |_| Ok(false)).unwrap();
                    assert_eq!(at_it.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                    // Longer than its number stands still, and one of them longer than a dead one's.
                    let first = turns.fetch_add(1, Ordering::SeqCst) == 0;
                    thread::sleep(if first { pace.gone + pace.beat } else { pace.beat + LOOK });
                    at_it.fetch_sub(1, Ordering::SeqCst);
                    drop(turn);
                });
            }
        });
        assert!(begun.elapsed() >= pace.gone);
        assert_eq!(turns.into_inner(), 4);
        let sql = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(connection.rows::<u64>(&sql, Vec::new()).unwrap(), [1], "nobody is at it");
        assert!(Maker::wait(&mut connection, |_| Ok(true)).unwrap().is_none());
    }
}
