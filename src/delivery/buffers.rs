//! The buffers of a connection: what is to be sent gathers in one, what came waits in the
//! other, and an idle connection holds neither.

use ureq::unversioned::transport::Buffers;

/// Bytes gathered before they are written; a header line has to fit into half of it.
const OUTPUT: usize = 16 * 1024;
/// Bytes read at once.
const INPUT: usize = 8 * 1024;
/// What of a response can wait unread: more than [`super::request::MAX_RESPONSE_HEADERS`].
const MAX_INPUT: usize = 64 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct WireBuffers {
    output: Vec<u8>,
    /// Bytes of `output` that wait to be sent.
    gathered: usize,
    input: Vec<u8>,
    /// The part of `input` that came and was not consumed.
    start: usize,
    end: usize,
    /// The last look at the input consumed some of it.
    progress: bool,
}

impl WireBuffers {
    /// `amount` more bytes were put into the output.
    pub(super) fn filled(&mut self, amount: usize) {
        self.gathered += amount;
    }

    /// What waits to be sent.
    pub(super) fn pending(&self) -> &[u8] {
        &self.output[..self.gathered]
    }

    /// All that waited was sent (or will never be).
    pub(super) fn sent(&mut self) {
        self.gathered = 0;
    }

    /// Whether what waits should be sent before more is gathered.
    pub(super) fn is_full(&self) -> bool {
        self.gathered > OUTPUT / 2
    }

    /// Gives back all memory, where nothing waits.
    pub(super) fn release(&mut self) {
        if self.gathered == 0 && self.start == self.end {
            *self = Self::default();
        }
    }
}

impl Buffers for WireBuffers {
    fn output(&mut self) -> &mut [u8] {
        if self.output.is_empty() {
            self.output = vec![0; OUTPUT];
        }
        &mut self.output[self.gathered..]
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.input.len() && self.end < MAX_INPUT {
            self.input.resize((self.end * 2).clamp(INPUT, MAX_INPUT), 0);
        }
        &mut self.input[self.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    /// ureq uses scratch space for bodies of unknown length alone; ours have a known one.
    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        (&mut [], self.output())
    }

    fn can_use_input(&self) -> bool {
        self.start < self.end && self.progress
    }
}
