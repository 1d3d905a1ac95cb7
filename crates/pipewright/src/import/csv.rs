//! Delimited text from a path, record by record in bounded memory: decoded, its delimiter found, and refused
//! with a code when it is no such text.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use kernel::Code;

use super::{
    CliError,
    decode::{Decode, Guard, Stop},
};

/// One record after the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counts from 1 after the header. Blank lines do not count; records of nothing but empty cells count,
    /// but are not handed out.
    pub number: u32,
    pub cells: Vec<String>,
}

/// A delimited file, open at its first row.
pub struct CsvFile {
    pub headers: Vec<String>,
    reader: csv::Reader<Guard<File>>,
    record: csv::StringRecord,
    number: u32,
}

/// A file that was read to its end and found sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub headers: Vec<String>,
    pub rows: u64,
}

/// Reads the whole file once, so that nothing of a file that is broken in its middle is ever sent.
pub fn check(path: &Path, encoding: Option<&str>) -> Result<Checked, CliError> {
    let mut file = CsvFile::open(path, encoding)?;
    let mut rows = 0;
    while file.next_row()?.is_some() {
        rows += 1;
    }
    Ok(Checked { headers: file.headers, rows })
}

impl CsvFile {
    /// Finds encoding (byte order mark, else `encoding`, else UTF-8) and delimiter (`,`, `;` or tab) and reads
    /// the header.
    pub fn open(path: &Path, encoding: Option<&str>) -> Result<Self, CliError> {
        let encoding = encoding.map(known_encoding).transpose()?;
        // Twice, because what was looked at cannot be put back.
        let layout = Layout::of(&sniff(decode(path, encoding)?)?);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(layout.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(Guard::new(decode(path, encoding)?, layout.delimiter));
        let mut record = csv::StringRecord::new();
        if layout.names_delimiter {
            read(&mut reader, &mut record, 0)?;
        }
        if !read(&mut reader, &mut record, 0)? {
            return Err(not_csv("the file is empty"));
        }
        let headers = record.iter().map(|header| header.trim().to_owned()).collect();
        Ok(Self { headers, reader, record, number: 0 })
    }

    /// The next row that holds anything.
    pub fn next_row(&mut self) -> Result<Option<Row>, CliError> {
        loop {
            let number = self.number + 1;
            if !read(&mut self.reader, &mut self.record, number)? {
                return Ok(None);
            }
            // The number travels as a GraphQL Int.
            if number > i32::MAX as u32 {
                return Err(CliError::usage(Code::TooLong, "the file has more rows than can be numbered; split it"));
            }
            self.number = number;
            if self.record.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some(Row { number, cells: self.record.iter().map(str::to_owned).collect() }));
            }
        }
    }
}

impl fmt::Debug for CsvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvFile").field("headers", &self.headers).field("number", &self.number).finish_non_exhaustive()
    }
}

fn known_encoding(label: &str) -> Result<&'static Encoding, CliError> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        CliError::usage(Code::InvalidInput, format!("`{label}` is not a known encoding; `windows-1252` is one"))
    })
}

fn decode(path: &Path, encoding: Option<&'static Encoding>) -> Result<Decode<File>, CliError> {
    let unreadable = |error: io::Error| not_csv(&format!("{} cannot be read: {error}", path.display()));
    // Nothing else can be read twice.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(not_csv(&format!("{} is not a file", path.display())));
    }
    let open = || File::open(path).map_err(unreadable);
    let mut start = Vec::new();
    open()?.take(8192).read_to_end(&mut start).map_err(unreadable)?;
    let (encoding, bom) = Encoding::for_bom(&start).unwrap_or((encoding.unwrap_or(UTF_8), 0));
    if let Some(kind) = binary_kind(&start).filter(|_| encoding != UTF_16LE && encoding != UTF_16BE) {
        return Err(not_csv(&format!("the file is {kind}")));
    }
    Decode::new(open()?, encoding, bom).map_err(unreadable)
}

/// Says what a file is that is certainly no text.
fn binary_kind(start: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "an Excel workbook or another archive, not delimited text; save it as CSV"),
        (b"\xd0\xcf\x11\xe0", "an Excel workbook, not delimited text; save it as CSV"),
        (b"\x1f\x8b", "compressed; unpack it first"),
        (b"%PDF", "a PDF document, not delimited text"),
    ];
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(kind);
    }
    let zeros = start.iter().filter(|byte| **byte == 0).count();
    // Not among them: tab, line ends, form feed, Ctrl-Z and escape, which old exports do have.
    let is_control = |byte: &u8| matches!(byte, 1..=8 | 14..=25 | 28..=31);
    if zeros * 3 > start.len() {
        Some("binary, or UTF-16 without a byte order mark (then say `--encoding utf-16le`)")
    } else if zeros > 0 || start.iter().any(is_control) {
        Some("binary, not delimited text")
    } else {
        None
    }
}

/// Enough of the text to hold its header. Faults are left to the real reading, which can place them.
fn sniff(mut decode: Decode<File>) -> Result<Vec<u8>, CliError> {
    match decode.next_chunk() {
        Ok(text) => Ok(text.to_vec()),
        Err(error) => Err(stopped(&error, 0)),
    }
}

struct Layout {
    delimiter: u8,
    /// The first record is Excel's `sep=;`.
    names_delimiter: bool,
}

impl Layout {
    fn of(text: &[u8]) -> Self {
        let start = text.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(text.len());
        let text = &text[start..];
        let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        if let [s, e, p, b'=', delimiter] = *line
            && [s, e, p].eq_ignore_ascii_case(b"sep")
            && matches!(delimiter, b',' | b';' | b'\t' | b'|' | b':' | b'^')
        {
            return Self { delimiter, names_delimiter: true };
        }
        let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
        let mut quoted = false;
        for &byte in text {
            match byte {
                b'"' => quoted = !quoted,
                b'\r' | b'\n' if !quoted => break,
                _ if quoted => {}
                _ => counts.iter_mut().filter(|(known, _)| *known == byte).for_each(|(_, count)| *count += 1),
            }
        }
        // Of equals the last wins: the comma must stand there.
        let best = counts.iter().rev().max_by_key(|(_, count)| *count);
        Self { delimiter: best.map_or(b',', |(delimiter, _)| *delimiter), names_delimiter: false }
    }
}

/// Reads one record; `row` is its number, 0 for the header.
fn read<R: Read>(reader: &mut csv::Reader<R>, record: &mut csv::StringRecord, row: u32) -> Result<bool, CliError> {
    reader.read_record(record).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => stopped(&error, row),
        _ => not_csv(&format!("{} cannot be read", place(row))),
    })
}

fn stopped(error: &io::Error, row: u32) -> CliError {
    let place = place(row);
    match Stop::of(error) {
        Some(Stop::Encoding { encoding, offset }) => {
            let advice = if encoding == "UTF-8" {
                "; if it comes from an older program, try `--encoding windows-1252`"
            } else {
                ""
            };
            CliError::usage(
                Code::InvalidEncoding,
                format!("{place}, byte {offset} of the file: not {encoding}{advice}"),
            )
        }
        Some(Stop::Nul) => not_csv(&format!("{place} has a NUL character: the file is not text")),
        Some(Stop::TooLong) => {
            CliError::usage(Code::TooLong, format!("{place} is longer than 1 MiB; a closing quote may be missing"))
        }
        Some(Stop::OpenQuote) => not_csv(&format!("{place} opens a quote that is never closed")),
        None => not_csv(&format!("{place} cannot be read: {error}")),
    }
}

fn place(row: u32) -> String {
    if row == 0 { "the header".to_owned() } else { format!("row {row}") }
}

fn not_csv(message: &str) -> CliError {
    CliError::usage(Code::NotCsv, message)
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
