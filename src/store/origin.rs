//! Who writes into a store: the worker of which spool, on which server.

use crate::{Result, StoreError};
use journal::Boot;
use spool::{Privacy, Spool, SpoolError};

/// Longest name of a server that is kept, in bytes: that of a host name (POSIX).
const MAX_SERVER: usize = 255;

/// A spool's identity. A store into which several journals lead knows by it which one a position
/// belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpoolId(pub [u8; 16]);

impl SpoolId {
    /// Of the one spool of an embedded store, which needs no id to be known.
    pub const ONLY: Self = Self([0; 16]);

    /// Of this spool, where a worker has given it one.
    ///
    /// # Errors
    /// What the system refused.
    pub fn of(spool: &Spool) -> Result<Option<Self>> {
        let read = spool.top().read(FILE, MOST).map_err(refused)?;
        let text = read.and_then(|bytes| String::from_utf8(bytes).ok());
        let number = text.and_then(|text| u128::from_str_radix(text.trim(), 16).ok());
        Ok(number.map(|number| Self(number.to_be_bytes())))
    }

    /// Of this spool; it is given one where it has none. Only its worker does so.
    ///
    /// # Errors
    /// What the system refused.
    pub fn of_worker(spool: &Spool) -> Result<Self> {
        match Self::of(spool)? {
            Some(id) => Ok(id),
            None => Self::give(spool),
        }
    }

    /// Gives a spool an identity of its own, whichever it had.
    ///
    /// # Errors
    /// What the system refused.
    #[cfg(feature = "mysql")]
    pub(crate) fn give_another(spool: &Spool) -> Result<Self> {
        Self::give(spool)
    }

    fn give(spool: &Spool) -> Result<Self> {
        let mut id = [0; 16];
        rustix::rand::getrandom(&mut id, rustix::rand::GetRandomFlags::empty())
            .map_err(|error| refused(SpoolError::io(spool.path(), "name the spool", error)))?;
        let text = format!("{:032x}\n", u128::from_be_bytes(id));
        spool.top().replace(FILE, text.as_bytes(), Privacy::Shared).map_err(refused)?;
        Ok(Self(id))
    }
}

/// The spool's identity, as hexadecimal digits.
const FILE: &str = "spool.id";
/// Longest such file that is read, in bytes.
const MOST: u64 = 64;

#[allow(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn refused(error: SpoolError) -> StoreError {
    StoreError::Failed { action: "finding out which spool this is", reason: error.to_string() }
}

/// Where a spool lies: this folder, as long as this host is up. Of one place there is one worker at a
/// time, which the spool's lock sees to. The same spool in two places is one that was moved, or a copy
/// of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place(pub [u8; 16]);

impl Place {
    fn of(spool: &Spool) -> Result<Self> {
        let found = rustix::fs::fstat(spool.top())
            .map_err(|error| refused(SpoolError::io(spool.path(), "inspect the spool", error)))?;
        let folder = u128::from(found.st_dev) << 64 | u128::from(found.st_ino);
        let boot = u128::from_be_bytes(Boot::current().0);
        Ok(Self((boot ^ folder).to_be_bytes()))
    }
}

/// The worker that writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its spool.
    pub spool: SpoolId,
    /// Where that lies.
    pub place: Place,
    /// Its server's host name; empty where the system tells none.
    pub server: String,
}

impl Origin {
    /// Of the worker of an embedded store on this host.
    pub fn embedded() -> Self {
        Self { spool: SpoolId::ONLY, place: Place::default(), server: host_name() }
    }
}

impl Origin {
    /// Of the worker of a spool whose store others write into as well.
    ///
    /// # Errors
    /// Where the spool can't be given an identity.
    pub fn of_worker(spool: &Spool) -> Result<Self> {
        let place = Place::of(spool)?;
        Ok(Self { spool: SpoolId::of_worker(spool)?, place, server: host_name() })
    }
}

#[cfg(test)]
impl Origin {
    /// Of a spool whose identity is this number everywhere, and so is its place.
    pub(crate) fn example(spool: u8, server: &str) -> Self {
        let (spool, place) = (SpoolId([spool; 16]), Place([spool; 16]));
        Self { spool, place, server: server.into() }
    }
}

fn host_name() -> String {
    let mut name = [0_u8; MAX_SERVER + 1];
    // SAFETY: the pointer is to as many bytes as the length says, and they are written to only
    // during the call.
    let told = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) };
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(MAX_SERVER);
    if told == 0 { String::from_utf8_lossy(&name[..end]).into_owned() } else { String::new() }
}
