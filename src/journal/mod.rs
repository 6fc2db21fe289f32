//! The journal: one append per event, and the only way in.
//!
//! Every process that has something to say owns a *segment*, a file in the spool's `journal/`
//! to which nobody else writes, so an append needs no lock: one `write(2)`, about a
//! microsecond. The worker reads all segments, merges their records by time, and deletes a
//! segment once its owner is gone and the store has made durable what was read.
//!
//! | file | owns |
//! |---|---|
//! | `record` | how a record lies in a file, and how damage is told from data |
//! | `segment` | a segment's id, name and header |
//! | `descriptors` | what a forked child must not keep |
//! | `writer` | the hot path |
//! | `window`, `segment_cursor`, `reader`, `batch` | from bytes to records to sorted batches |
//! | `kept` | segments that stay for a while after they were read |
//! | `erase` | records of which nothing is to be left |
//! | `status` | how much is waiting, for those who only look |
//! | `wake` | the word by which a writer knows that the worker sleeps |
//!
//! Who owns a segment holds its `flock`. So "is the owner alive" has an answer that no reused
//! pid, no container and no kill can falsify: whoever gets the lock outlived the owner.

mod batch;
mod descriptors;
mod erase;
mod error;
mod kept;
mod reader;
mod record;
mod segment;
mod segment_cursor;
mod status;
pub mod wake;
mod window;
mod writer;

pub use batch::{Batch, CorruptPart, Limit, OwnedRecord, Stuck};
pub use error::JournalError;
pub use kept::Kept;
pub use reader::Reader;
pub use record::{KIND_ERASED, KIND_EVENT, KIND_REQUEST, MAX_RECORD, RECORD_VERSION};
pub use segment::{Boot, SegmentId};
pub use status::{Status, status};
pub use writer::{AppendOptions, Appended, RecordBuilder, Writer};

/// The folder of the segments, within the spool.
pub const JOURNAL_FOLDER: &str = "journal";
/// The folder of segments that were read and stay for a while, within the spool.
pub const KEPT_FOLDER: &str = "kept";
/// The folder of what could not be read, within the spool.
pub const CORRUPT_FOLDER: &str = "corrupt";
