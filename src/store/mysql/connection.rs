//! One connection, and transactions on it.

use std::net::Ipv6Addr;
use std::thread;
use std::time::Duration;

use ::mysql::consts::CapabilityFlags;
use ::mysql::prelude::{FromRow, Queryable as _};
use ::mysql::{Conn, Error, Opts, OptsBuilder, Params, Row, SslOpts, Value};

use super::address::{Endpoint, Server, Tls};
use super::error::{self, Class};
use super::split::in_transaction;
use crate::{Result, StoreError};

/// The most bytes of a request, whatever the server would take: `max_allowed_packet` is 16 MiB with
/// MariaDB and 64 MiB with MySQL where nobody set it.
const PACKET: usize = 16 << 20;

/// What a request has beside the values of its largest row, in bytes.
const REST: usize = 64 << 10;
/// Most bytes of the values of several rows: a cluster copies what was written as a whole.
const MOST: usize = 2 << 20;
/// How often a statement is made that the server takes back, and what lies between two tries.
const TRIES: u32 = 50;
const AGAIN: Duration = Duration::from_millis(20);
/// Statements that a connection keeps prepared.
const PREPARED: usize = 300;

/// What holds for every connection. READ COMMITTED, as gaps that nobody wrote are then locked by
/// nobody; strict, as a value that does not fit is to be refused and not cut; locks are waited for as
/// long as a reader of a page would wait.
const SESSION: &str = "SET SESSION autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', \
     innodb_lock_wait_timeout = 5, foreign_key_checks = 0";
const ISOLATION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// The beginning of a transaction, and an error where that is gone.
const BEGUN: &str = "SAVEPOINT webhooks";
const STILL_OPEN: &str = "RELEASE SAVEPOINT webhooks";

/// A connection to a store's database.
pub struct Connection {
    server: Server,
    conn: Conn,
    /// Whether the server is a MariaDB, which tells whether a transaction is open.
    is_mariadb: bool,
    /// Most bytes of a request.
    packet: usize,
    /// Who takes writes, where that was asked: see `split.rs`.
    pub(super) writer: Option<String>,
    /// A proxy may send plain reads elsewhere than writes: what is read goes in a transaction of its own,
    /// which goes where writes go.
    pub(super) is_split: bool,
}

/// The writes of one transaction. It has no reads: on a cluster an error may hide behind a read's
/// last row, and what was read may be of a transaction that is gone.
pub struct Writes<'a> {
    server: &'a Server,
    conn: &'a mut Conn,
    packet: usize,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where nobody answers in time or the server has too many
    /// connections, [`StoreError::Failed`] where it refuses the user or the database.
    pub fn open(server: &Server) -> Result<Self> {
        const CONNECTING: &str = "connecting to the store";
        let failed = |error| error::from(server, CONNECTING, &error);
        let mut conn = Conn::new(options(server)).map_err(failed)?;
        let told: Vec<(String, u64)> =
            conn.query("SELECT VERSION(), @@max_allowed_packet").map_err(failed)?;
        let is_mariadb = told.iter().any(|(version, _)| version.contains("MariaDB"));
        let packet = told.first().and_then(|(_, bytes)| usize::try_from(*bytes).ok());
        let packet = packet.unwrap_or(PACKET).min(PACKET);
        let server = server.clone();
        Ok(Self { server, conn, is_mariadb, packet, writer: None, is_split: false })
    }

    /// Most bytes of the values of one row: what a request can carry, with room for the rest of it.
    pub(super) fn largest(&self) -> usize {
        self.packet.saturating_sub(REST)
    }

    /// Whether the server still answers over this connection.
    pub(super) fn is_alive(&mut self) -> bool {
        self.conn.ping().is_ok()
    }

    /// Connects for what reads pages: nothing can be written, and the server ends a statement that takes
    /// longer than that.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(super) fn open_for_reading(server: &Server, longest: Duration) -> Result<Self> {
        let mut connection = Self::open(server)?;
        let limit = if connection.is_mariadb {
            format!("SET SESSION max_statement_time = {}", longest.as_secs_f64())
        } else {
            format!("SET SESSION max_execution_time = {}", longest.as_millis())
        };
        for sql in [limit.as_str(), "SET SESSION TRANSACTION READ ONLY"] {
            connection
                .conn
                .query_drop(sql)
                .map_err(|error| error::from(server, "connecting to the store", &error))?;
        }
        Ok(connection)
    }

    /// Rows of a query, with what the server says where there is none.
    pub(super) fn read(&mut self, sql: &str, parameters: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.reading(|conn| conn.exec(sql, positional(parameters)))
    }

    /// Reads where writes go.
    fn reading<T>(&mut self, read: impl FnOnce(&mut Conn) -> Result<T, Error>) -> Result<T, Error> {
        if self.is_split { in_transaction(&mut self.conn, read) } else { read(&mut self.conn) }
    }

    /// Reads as `read` does, with the error in the words of [`StoreError`].
    pub(super) fn ask<T>(&mut self, read: impl FnOnce(&mut Conn) -> Result<T, Error>) -> Result<T> {
        read(&mut self.conn).map_err(|error| error::from(&self.server, "reading the store", &error))
    }

    /// Rows of a query, each as it comes, so that there is never more than one of them.
    pub(super) fn read_each(
        &mut self,
        sql: &str,
        parameters: Vec<Value>,
        mut each: impl FnMut(Row),
    ) -> Result<(), Error> {
        self.reading(|conn| {
            for row in conn.exec_iter(sql, positional(parameters))? {
                each(row?);
            }
            Ok(())
        })
    }

    /// Lets go of a connection that is another process's, without a word to the server.
    pub(super) fn forget(self) {
        std::mem::forget(self);
    }

    /// Which database it is to.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// All rows of a query outside of transactions.
    ///
    /// # Errors
    /// As the server says, sorted by [`Class`]; also where the error comes behind the last row.
    pub fn rows<T: FromRow>(&mut self, sql: &str, parameters: Vec<Value>) -> Result<Vec<T>> {
        self.reading(|conn| conn.exec(sql, positional(parameters)))
            .map_err(|error| error::from(&self.server, "reading the store", &error))
    }

    /// One statement that is a transaction of its own; how many rows it found or added. Where the server
    /// took it back, as somebody else was first, it is made again.
    ///
    /// # Errors
    /// As the server says, sorted by [`Class`].
    pub fn execute(&mut self, sql: &str, parameters: Vec<Value>) -> Result<u64> {
        let parameters = positional(parameters);
        self.made_again(|conn| conn.exec_drop(sql, parameters.clone()))
            .map_err(|error| error::from(&self.server, "writing the store", &error))?;
        Ok(self.conn.affected_rows())
    }

    /// What a statement that is a transaction of its own comes to, made again where it was taken back.
    fn made_again<T>(&mut self, make: impl Fn(&mut Conn) -> Result<T, Error>) -> Result<T, Error> {
        for _ in 1..TRIES {
            match make(&mut self.conn) {
                Err(error) if error::is_taken_back(&error) => thread::sleep(AGAIN),
                made => return made,
            }
        }
        make(&mut self.conn)
    }

    fn writes(&mut self) -> Writes<'_> {
        Writes { server: &self.server, conn: &mut self.conn, packet: self.packet }
    }

    /// A statement that can't be prepared, such as one that makes a table; `true` where the server
    /// says by one of these codes that it has been done already.
    pub(super) fn define(&mut self, sql: &str, done: &[u16]) -> Result<bool> {
        match self.made_again(|conn| conn.query_drop(sql)) {
            Ok(()) => Ok(false),
            Err(Error::MySqlError(error)) if done.contains(&error.code) => Ok(true),
            Err(error) => Err(error::from(&self.server, "making the store's tables", &error)),
        }
    }

    /// Runs `work` in one transaction: committed if it returns `Ok`, else undone as a whole.
    ///
    /// # Errors
    /// What `work` returned. [`StoreError::Conflict`] where the server took the transaction back:
    /// `work` can be run again as it is. [`StoreError::Unavailable`] where the connection was lost,
    /// at the commit as well: the same writes have to be sent again over another connection, and
    /// whether these were committed is never judged by reading, as a cluster's other node may not
    /// show them yet.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Writes<'_>) -> Result<T>) -> Result<T> {
        let server = self.server.clone();
        let failed = |error| error::from(&server, "writing the store", &error);
        self.conn.query_drop("START TRANSACTION").map_err(failed)?;
        if !self.is_mariadb {
            self.conn.query_drop(BEGUN).map_err(failed)?;
        }
        let done = match work(&mut self.writes()) {
            Ok(done) => done,
            Err(error) => {
                // Also after "lock wait timeout", which leaves the transaction open. Where this
                // fails the connection is lost, and the transaction with it.
                let _ = self.conn.query_drop("ROLLBACK");
                return Err(error);
            }
        };
        self.still_open()?;
        match self.conn.query_drop("COMMIT") {
            Ok(()) => Ok(done),
            Err(error) => {
                if !Class::of(&error).ends_connection() {
                    let _ = self.conn.query_drop("ROLLBACK");
                }
                Err(error::from(&self.server, "writing the store", &error))
            }
        }
    }

    /// A cluster's node may have taken the transaction back without a word, and then a commit of nothing
    /// is a success. MariaDB says it; elsewhere the savepoint of its beginning is gone then.
    fn still_open(&mut self) -> Result<()> {
        let failed = |error| error::from(&self.server, "writing the store", &error);
        if !self.is_mariadb {
            return self.conn.query_drop(STILL_OPEN).map_err(failed);
        }
        let open: Vec<u8> = self.conn.query("SELECT @@in_transaction").map_err(failed)?;
        if open == [1] {
            return Ok(());
        }
        Err(StoreError::Conflict {
            store: self.server.to_string(),
            reason: "the server took the transaction back".into(),
        })
    }
}

impl Writes<'_> {
    /// Most bytes of the values of a statement that has several rows.
    pub(super) fn most(&self) -> usize {
        MOST.min(self.packet / 2)
    }

    /// One statement; how many rows it found or added.
    ///
    /// # Errors
    /// As the server says, sorted by [`Class`].
    pub fn execute(&mut self, sql: &str, parameters: Vec<Value>) -> Result<u64> {
        self.conn
            .exec_drop(sql, positional(parameters))
            .map_err(|error| error::from(self.server, "writing the store", &error))?;
        Ok(self.conn.affected_rows())
    }
}

fn positional(parameters: Vec<Value>) -> Params {
    if parameters.is_empty() { Params::Empty } else { Params::Positional(parameters) }
}

fn options(server: &Server) -> Opts {
    let mut options = OptsBuilder::new()
        .user(Some(server.user.as_str()))
        .pass((!server.password.0.is_empty()).then_some(server.password.0.as_str()))
        .db_name(Some(server.database.as_str()))
        .prefer_socket(false)
        .tcp_connect_timeout(Some(server.connect_timeout))
        .read_timeout(Some(server.read_timeout))
        .write_timeout(Some(server.read_timeout))
        .max_allowed_packet(Some(PACKET))
        .stmt_cache_size(Some(PREPARED))
        // An update that finds a row as it is to be has found it: who counts rows asks whose they are.
        .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS)
        .init(vec![SESSION, ISOLATION]);
    options = match &server.endpoint {
        Endpoint::Socket(path) => options.socket(Some(path.to_string_lossy())),
        // The crate wants an IPv6 address as a URL writes it.
        Endpoint::Tcp(host, port) if host.parse::<Ipv6Addr>().is_ok() => {
            options.ip_or_hostname(Some(format!("[{host}]"))).tcp_port(*port)
        }
        Endpoint::Tcp(host, port) => options.ip_or_hostname(Some(host.as_str())).tcp_port(*port),
    };
    match (&server.endpoint, &server.tls) {
        (Endpoint::Socket(_), _) | (_, Tls::Off) => {}
        (_, Tls::Encrypted) => {
            options = options.ssl_opts(SslOpts::default().with_danger_accept_invalid_certs(true));
        }
        (_, Tls::Verified(ca)) => {
            options = options.ssl_opts(SslOpts::default().with_root_cert_path(ca.clone()));
        }
    }
    options.into()
}
