//! What lies below the `csv` crate: bytes of any encoding in, sound UTF-8 out, and never more than one
//! record's worth of memory above it.

use std::{
    io::{self, Read},
    ops::Range,
};

use encoding_rs::{Decoder, DecoderResult, Encoding};

/// Longest record, in bytes of UTF-8.
pub const MAX_RECORD: usize = 1 << 20;

const BUFFER: usize = 64 * 1024;

/// Why the text ends early: the cause inside the [`io::Error`]s of this module. Everything before the fault
/// has been handed on by then, so whoever counts records knows which one it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    #[error("byte {offset} is not {encoding}")]
    Encoding { encoding: &'static str, offset: u64 },
    #[error("a NUL character")]
    Nul,
    #[error("a record longer than {MAX_RECORD} bytes")]
    TooLong,
    #[error("a quote that is never closed")]
    OpenQuote,
}

impl Stop {
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// Decodes to UTF-8, strictly: bad bytes and NUL characters end the text.
pub struct Decode<R> {
    input: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
    /// The part of `raw` that is not decoded yet.
    pending: Range<usize>,
    text: Vec<u8>,
    /// Bytes of the input that are decoded.
    offset: u64,
    at_end: bool,
    failed: Option<Stop>,
}

impl<R: Read> Decode<R> {
    /// Skips `bom` bytes and decodes the rest.
    pub fn new(mut input: R, encoding: &'static Encoding, bom: usize) -> io::Result<Self> {
        input.read_exact(&mut [0; 4][..bom])?;
        Ok(Self {
            input,
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; BUFFER],
            pending: 0..0,
            text: vec![0; BUFFER],
            offset: bom as u64,
            at_end: false,
            failed: None,
        })
    }

    /// The next piece of text; empty at the end.
    pub fn next_chunk(&mut self) -> io::Result<&[u8]> {
        if let Some(stop) = self.failed {
            return Err(io::Error::other(stop));
        }
        let mut written = 0;
        while written == 0 && !self.at_end {
            if self.pending.is_empty() {
                self.pending = 0..self.input.read(&mut self.raw)?;
                self.at_end = self.pending.is_empty();
            }
            let source = &self.raw[self.pending.clone()];
            let (result, read, wrote) =
                self.decoder.decode_to_utf8_without_replacement(source, &mut self.text, self.at_end);
            self.pending.start += read;
            self.offset += read as u64;
            written = wrote;
            if let DecoderResult::Malformed(bad, after) = result {
                let offset = self.offset - u64::from(bad) - u64::from(after);
                self.failed = Some(Stop::Encoding { encoding: self.encoding.name(), offset });
                break;
            }
        }
        if let Some(nul) = self.text[..written].iter().position(|byte| *byte == 0) {
            self.failed = Some(Stop::Nul);
            written = nul;
        }
        match self.failed {
            Some(stop) if written == 0 => Err(io::Error::other(stop)),
            _ => Ok(&self.text[..written]),
        }
    }
}

/// Follows quotes and record ends as the `csv` crate does, which buffers a whole record and takes the end of
/// the file for the end of an open quote: both would let one stray quote swallow a file.
pub struct Guard<R> {
    decode: Decode<R>,
    delimiter: u8,
    state: State,
    record: usize,
    chunk: Vec<u8>,
    sent: usize,
    failed: Option<Stop>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// After a quote inside a quoted field: its end, or the first half of an escaped quote.
    Quote,
}

impl<R: Read> Guard<R> {
    pub fn new(decode: Decode<R>, delimiter: u8) -> Self {
        Self { decode, delimiter, state: State::FieldStart, record: 0, chunk: Vec::new(), sent: 0, failed: None }
    }

    fn refill(&mut self) -> io::Result<()> {
        if let Some(stop) = self.failed {
            return Err(io::Error::other(stop));
        }
        self.sent = 0;
        self.chunk.clear();
        self.chunk.extend_from_slice(self.decode.next_chunk()?);
        if self.chunk.is_empty() && self.state == State::Quoted {
            return Err(io::Error::other(Stop::OpenQuote));
        }
        for at in 0..self.chunk.len() {
            self.step(self.chunk[at]);
            if self.record > MAX_RECORD {
                self.failed = Some(Stop::TooLong);
                self.chunk.truncate(at);
                break;
            }
        }
        Ok(())
    }

    fn step(&mut self, byte: u8) {
        self.record += 1;
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::Quote,
            (State::Quoted, _) | (State::FieldStart | State::Quote, b'"') => State::Quoted,
            (_, b'\n' | b'\r') => {
                self.record = 0;
                State::FieldStart
            }
            (_, byte) if byte == self.delimiter => State::FieldStart,
            _ => State::Plain,
        };
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.sent == self.chunk.len() {
            self.refill()?;
            // A fault at the very start of a piece leaves nothing to hand on before it.
            if let Some(stop) = self.failed.filter(|_| self.chunk.is_empty()) {
                return Err(io::Error::other(stop));
            }
        }
        let rest = &self.chunk[self.sent..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.sent += length;
        Ok(length)
    }
}
