use std::{
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
};

use super::{super::decode::MAX_RECORD, *};

struct TempFile {
    path: PathBuf,
    _directory: tempfile::TempDir,
}

fn file(content: impl AsRef<[u8]>) -> TempFile {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("export.csv");
    std::fs::write(&path, content).unwrap();
    TempFile { path, _directory: directory }
}

fn read_all(path: &Path, encoding: Option<&str>) -> Result<(Vec<String>, Vec<Row>), CliError> {
    let mut file = CsvFile::open(path, encoding)?;
    let mut rows = Vec::new();
    while let Some(row) = file.next_row()? {
        rows.push(row);
    }
    Ok((file.headers, rows))
}

/// Headers and cells, joined for comparison.
fn text(content: impl AsRef<[u8]>, encoding: Option<&str>) -> Vec<String> {
    let (headers, rows) = read_all(&file(content).path, encoding).unwrap();
    std::iter::once(headers.join("|")).chain(rows.iter().map(|row| row.cells.join("|"))).collect()
}

fn error(content: impl AsRef<[u8]>) -> (String, String) {
    let error = read_all(&file(content).path, None).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    (error.code.to_string(), error.message)
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(to_bytes).collect()
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_taken_away() {
    assert_eq!(text("\u{feff}Email,Name\r\na@x.example,Ada\r\n", None), ["Email|Name", "a@x.example|Ada"]);
}

#[test]
fn every_delimiter_of_a_spreadsheet_is_found() {
    assert_eq!(text("Email;Name\na@x.example;\"Lovelace; Ada\"\n", None), ["Email|Name", "a@x.example|Lovelace; Ada"]);
    assert_eq!(text("Email\tName\na@x.example\tLovelace, Ada", None), ["Email|Name", "a@x.example|Lovelace, Ada"]);
    assert_eq!(text("\"a,b,c,d\";Email\n1;2\n", None), ["a,b,c,d|Email", "1|2"]);
    assert_eq!(text("sep=;\r\nEmail;Name\r\n1;2,5\r\n", None), ["Email|Name", "1|2,5"]);
    assert_eq!(text("Email\na@x.example\n", None), ["Email", "a@x.example"]);
}

#[test]
fn line_ends_and_quotes_inside_a_quoted_cell_stay() {
    let content = "Email,Message\r\na,\"line one\r\nline \"\"two\"\"\"\r\nb,5\" pipe\r\n";
    assert_eq!(text(content, None), ["Email|Message", "a|line one\r\nline \"two\"", "b|5\" pipe"]);
}

#[test]
fn utf_16_is_read_by_its_byte_order_mark() {
    let content = "Email;Name\r\na@x.example;Łucja 翔太 🚀\r\n";
    let expected = ["Email|Name", "a@x.example|Łucja 翔太 🚀"];
    assert_eq!(text(utf16(content, u16::to_le_bytes), None), expected);
    assert_eq!(text(utf16(content, u16::to_be_bytes), None), expected);
    let (code, message) = error(&utf16(content, u16::to_le_bytes)[2..]);
    assert_eq!(code, "NOT_CSV");
    assert!(message.contains("--encoding utf-16le"), "{message}");
}

#[test]
fn an_old_encoding_is_refused_by_row_and_byte_and_read_when_named() {
    let content = b"Email,Name\na@x.example,Ada\nb@x.example,J\xfcrgen \x80\n";
    let (code, message) = error(content);
    assert_eq!(code, "INVALID_ENCODING");
    assert!(message.contains("row 2, byte 40 of the file: not UTF-8"), "{message}");
    assert!(message.contains("--encoding windows-1252"), "{message}");
    assert_eq!(text(content, Some("windows-1252")), ["Email|Name", "a@x.example|Ada", "b@x.example|Jürgen €"]);
    assert_eq!(text("Email\n\u{fc}", Some("utf-8")), ["Email", "ü"]);
    let unknown = CsvFile::open(&file(content).path, Some("klingon")).unwrap_err();
    assert_eq!((unknown.code.as_ref(), unknown.exit_code()), ("INVALID_INPUT", 2));
}

#[test]
fn bad_bytes_late_in_a_large_file_are_found_before_anything_is_sent() {
    let mut content = b"Email,Message\n".to_vec();
    for row in 0..20_000 {
        content.extend_from_slice(format!("p{row}@x.example,\"some text, more text\"\n").as_bytes());
    }
    let at = content.len();
    content.extend_from_slice(b"\xffx@x.example,\n");
    let error = check(&file(content).path, None).unwrap_err();
    assert_eq!(error.code, "INVALID_ENCODING");
    assert!(error.message.contains(&format!("row 20001, byte {at} ")), "{error}");
}

#[test]
fn a_character_cut_off_by_the_end_of_the_file_is_found() {
    let (code, message) = error(b"Email,Name\na,caf\xc3");
    assert_eq!(code, "INVALID_ENCODING");
    assert!(message.contains("row 1, byte 16 "), "{message}");
}

#[test]
fn characters_across_buffer_borders_stay_whole() {
    for shift in 0..4 {
        let cell = format!("{}{}", "x".repeat(shift), "翔🚀".repeat(40_000));
        let content = format!("Email,Name\na,{cell}\n");
        assert_eq!(text(content, None)[1], format!("a|{cell}"));
    }
}

#[test]
fn what_is_no_text_is_refused() {
    for content in [
        &b""[..],
        b"\xef\xbb\xbf",
        b"\n\r\n\n",
        b"PK\x03\x04\x14\x00\x06\x00",
        b"%PDF-1.7\n%\xe2\xe3",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"Email,Name\na,b\0c\n",
        b"\x01\x02\x03,\x04",
    ] {
        assert_eq!(error(content).0, "NOT_CSV", "{content:?}");
    }
    let mut late = b"Email,Name\n".to_vec();
    late.extend(b"a,b\n".repeat(5000));
    late.extend(b"a,\0\n");
    assert_eq!(error(late), ("NOT_CSV".to_owned(), "row 5001 has a NUL character: the file is not text".to_owned()));
}

#[test]
fn a_directory_and_a_missing_file_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for path in [directory.path(), &directory.path().join("missing.csv")] {
        let error = CsvFile::open(path, None).unwrap_err();
        assert_eq!((error.code.as_ref(), error.exit_code()), ("NOT_CSV", 2), "{error}");
    }
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_the_rest() {
    let (code, message) = error("Email,Message\na,fine\nb,\"open\nc,swallowed\nd,swallowed\n");
    assert_eq!(code, "NOT_CSV");
    assert_eq!(message, "row 2 opens a quote that is never closed");
}

#[test]
fn rows_are_numbered_by_record_and_blank_ones_are_skipped() {
    let content = "Email,Message\na,\"1\n2\"\n\n,\nb,3\n \nc\nd,4,5\n";
    let (_, rows) = read_all(&file(content).path, None).unwrap();
    let numbers: Vec<(u32, usize)> = rows.iter().map(|row| (row.number, row.cells.len())).collect();
    assert_eq!(numbers, [(1, 2), (3, 2), (5, 1), (6, 3)]);
    assert_eq!(check(&file(content).path, None).unwrap().rows, 4);
}

#[test]
fn a_record_may_have_one_mebibyte_and_no_byte_more() {
    let record = format!("a,\"{}\"", "x".repeat(MAX_RECORD - 4));
    assert_eq!(record.len(), MAX_RECORD);
    assert_eq!(text(format!("Email,Message\n{record}\nb,c\n"), None).len(), 3);
    let (code, message) = error(format!("Email,Message\nb,c\n{record} \nb,c\n"));
    assert_eq!(code, "TOO_LONG");
    assert!(message.starts_with("row 2 is longer than 1 MiB"), "{message}");
    assert_eq!(error("x".repeat(MAX_RECORD + 1)).0, "TOO_LONG");
}

/// A reader that counts, over an endless line.
struct Endless {
    start: &'static [u8],
    read: usize,
}

impl Read for &mut Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = if self.read < self.start.len() {
            let rest = &self.start[self.read..];
            rest.len().min(buffer.len())
        } else {
            buffer.len()
        };
        for (at, byte) in buffer[..length].iter_mut().enumerate() {
            *byte = self.start.get(self.read + at).copied().unwrap_or(b'x');
        }
        self.read += length;
        Ok(length)
    }
}

#[test]
fn an_endless_line_is_given_up_after_little_more_than_the_limit() {
    for start in [&b"Email,Message\na,b\nc,"[..], b"Email,Message\na,b\nc,\""] {
        let mut endless = Endless { start, read: 0 };
        let guard = Guard::new(Decode::new(&mut endless, UTF_8, 0).unwrap(), b',');
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(guard);
        let mut record = csv::StringRecord::new();
        assert!(read(&mut reader, &mut record, 0).unwrap());
        assert!(read(&mut reader, &mut record, 1).unwrap());
        assert_eq!(read(&mut reader, &mut record, 2).unwrap_err().code, "TOO_LONG");
        drop(reader);
        assert!(endless.read < MAX_RECORD + 200_000, "{} bytes were read", endless.read);
    }
}

#[test]
fn a_file_of_200_megabytes_in_one_line_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("line.csv");
    let mut line = File::create(&path).unwrap();
    line.write_all(b"Email,Message\na,").unwrap();
    line.write_all(&vec![b'x'; 2 * MAX_RECORD]).unwrap();
    line.seek(SeekFrom::Start(200 << 20)).unwrap();
    line.write_all(b"\n").unwrap();
    let error = check(&path, None).unwrap_err();
    assert_eq!(error.code, "TOO_LONG");
    assert!(error.message.starts_with("row 1 "), "{error}");
}
