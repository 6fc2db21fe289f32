//! A file seen through a buffer of bounded size.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// An open file and the part of it that was read last.
#[derive(Debug)]
pub(super) struct Window {
    file: File,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    pub(super) fn new(file: File) -> Self {
        Self { file, start: 0, bytes: Vec::new() }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn size(&self) -> io::Result<u64> {
        Ok(rustix::fs::fstat(&self.file)?.st_size.unsigned_abs())
    }

    /// The `length` bytes at `offset`; fewer where the file ends.
    pub(super) fn at(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let held = self.start..=self.start + self.bytes.len() as u64;
        if !held.contains(&offset) || !held.contains(&(offset + length as u64)) {
            self.forget();
            self.start = offset;
            fill(&self.file, offset, length.max(CHUNK), &mut self.bytes)?;
        }
        let from = (offset - self.start) as usize;
        let to = self.bytes.len().min(from + length);
        Ok(&self.bytes[from..to])
    }

    /// Drops what was read: it may have changed, or is too much to keep.
    pub(super) fn forget(&mut self) {
        self.bytes = Vec::new();
    }

    /// Whether more is held than a window should hold for long.
    pub(super) fn is_large(&self) -> bool {
        self.bytes.capacity() > CHUNK
    }
}

/// Reads up to `length` bytes at `offset` into `bytes`, fewer only where the file ends.
pub(super) fn fill(file: &File, offset: u64, length: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
    // No more memory than the file can fill, whatever a damaged length says.
    let there = file.metadata()?.len().saturating_sub(offset);
    bytes.resize(length.min(usize::try_from(there).unwrap_or(usize::MAX)), 0);
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(())
}
