//! Who writes into a store: the worker of which spool, on which server.

/// Longest name of a server that is kept, in bytes: that of a host name (POSIX).
const MAX_SERVER: usize = 255;

/// A spool's identity. A store into which several journals lead knows by it which one a position
/// belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpoolId(pub [u8; 16]);

impl SpoolId {
    /// Of the one spool of an embedded store, which needs no id to be known.
    pub const ONLY: Self = Self([0; 16]);
}

/// The worker that writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its spool.
    pub spool: SpoolId,
    /// Its server's host name; empty where the system tells none.
    pub server: String,
}

impl Origin {
    /// Of the worker of an embedded store on this host.
    pub fn embedded() -> Self {
        Self { spool: SpoolId::ONLY, server: host_name() }
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
