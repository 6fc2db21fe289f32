//! Statements that read, and how long they may take.

use std::time::{Duration, Instant};

use ::mysql::prelude::{FromRow, FromValue};
use ::mysql::{Error, Row, Value};

use crate::StoreError;
use crate::mysql::address::Server;
use crate::mysql::connection::Connection;
use crate::mysql::error::{self, Class};

/// What is read, for messages.
const READING: &str = "reading the log";

/// Reads over a connection, until the time is up.
pub(crate) struct Reads<'a> {
    connection: &'a mut Connection,
    until: Option<Instant>,
}

/// Why a read has no answer.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It took too long.
    Late,
    /// What the server or the way to it says.
    Server(Error),
    /// Why there is no connection.
    Store(StoreError),
    /// What was found can't be what was written.
    Found(String),
}

/// Result of a read.
pub(crate) type Answer<T> = Result<T, ReadError>;

impl<'a> Reads<'a> {
    /// Reads that may take so long together.
    pub(crate) fn within(connection: &'a mut Connection, longest: Duration) -> Self {
        Self { connection, until: Some(Instant::now() + longest) }
    }

    /// Reads of a writer, who has the time that the connection has.
    pub(crate) fn unbounded(connection: &'a mut Connection) -> Self {
        Self { connection, until: None }
    }

    /// The name of one of the store's tables, quoted.
    pub(crate) fn table(&self, name: &str) -> String {
        self.connection.server().table(name)
    }

    /// A statement in which `{name}` is one of the store's tables.
    pub(crate) fn sql(&self, text: &str) -> String {
        let mut sql = String::with_capacity(text.len() + 128);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}').unwrap_or((after, ""));
            sql.push_str(before);
            sql.push_str(&self.table(name));
            rest = behind;
        }
        sql.push_str(rest);
        sql
    }

    /// All rows of a statement in which `{name}` is one of the store's tables.
    pub(crate) fn rows<T: FromRow>(&mut self, text: &str, values: Vec<Value>) -> Answer<Vec<T>> {
        self.in_time()?;
        let sql = self.sql(text);
        let rows: Vec<Row> = self.connection.read(&sql, values).map_err(ReadError::of)?;
        rows.into_iter().map(typed).collect()
    }

    /// The first row.
    pub(crate) fn first<T: FromRow>(
        &mut self,
        text: &str,
        values: Vec<Value>,
    ) -> Answer<Option<T>> {
        Ok(self.rows(text, values)?.into_iter().next())
    }

    /// Gives each row to `each` as it comes, until that says `false`: what is left of them is thrown
    /// away unread.
    pub(crate) fn each(
        &mut self,
        text: &str,
        values: Vec<Value>,
        mut each: impl FnMut(Row) -> Answer<bool>,
    ) -> Answer<()> {
        self.in_time()?;
        let sql = self.sql(text);
        let mut outcome = Ok(true);
        let read = self.connection.read_each(&sql, values, |row| {
            if let Ok(true) = outcome {
                outcome = each(row);
            }
        });
        read.map_err(ReadError::of)?;
        outcome.map(drop)
    }

    /// Whether there is time left.
    pub(crate) fn in_time(&self) -> Answer<()> {
        match self.until {
            Some(until) if Instant::now() >= until => Err(ReadError::Late),
            _ => Ok(()),
        }
    }
}

impl ReadError {
    fn of(error: Error) -> Self {
        match error {
            // A statement's time: of MariaDB, of MySQL.
            Error::MySqlError(error) if [1969, 3024].contains(&error.code) => Self::Late,
            error => Self::Server(error),
        }
    }

    /// The error in the words of [`StoreError`]; `longest`: how long it was allowed to take.
    pub(crate) fn into_store_error(self, server: &Server, longest: Duration) -> StoreError {
        let failed = |reason| StoreError::Failed { action: READING, reason };
        match self {
            Self::Late => {
                failed(format!("took over {} seconds: narrow the query", longest.as_secs()))
            }
            Self::Server(error) => error::from(server, READING, &error),
            Self::Store(error) => error,
            Self::Found(reason) => failed(format!("{reason} ({server})")),
        }
    }

    /// Whether the connection is at fault, so that another one may have an answer.
    pub(crate) fn ends_connection(&self) -> bool {
        matches!(self, Self::Server(error) if Class::of(error).ends_connection())
    }
}

/// A row as a type; no panic where it is another one.
fn typed<T: FromRow>(row: Row) -> Answer<T> {
    T::from_row_opt(row)
        .map_err(|_| ReadError::Found("a row is not of the form that this version writes".into()))
}

/// A column of a row that has more of them than a tuple.
pub(crate) fn column<T: FromValue>(row: &mut Row, number: usize) -> Answer<T> {
    match row.take_opt::<T, _>(number) {
        Some(Ok(value)) => Ok(value),
        _ => Err(ReadError::Found(format!(
            "column {} is not of the form that this version writes",
            number + 1
        ))),
    }
}

/// An id of 16 bytes.
pub(crate) fn id(bytes: Vec<u8>) -> Answer<[u8; 16]> {
    bytes.try_into().map_err(|_| ReadError::Found("an id has not 16 bytes".into()))
}

/// Question marks for so many values.
pub(crate) fn marks(number: usize) -> String {
    let mut marks = "?,".repeat(number);
    marks.pop();
    marks
}
