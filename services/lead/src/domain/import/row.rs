use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use kernel::{Code, EmailAddress, EmailProblem, PersonName, PhoneNumber, Timestamp, truncate_to_micros};
use sha2::{Digest, Sha256};

use super::{Field, Mapping, RowError};
use crate::domain::normalise::domain_of;

/// A lead as one row of an export tells it.
#[derive(Clone, PartialEq, Eq)]
pub struct LeadRow {
    pub external_id: Option<String>,
    pub email: EmailAddress,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub title: Option<String>,
    pub company: Option<String>,
    /// Host name without `www.`; `None` also when the cell holds no domain name.
    pub company_domain: Option<String>,
    pub phone: Option<PhoneNumber>,
    /// Head count or band, as the source wrote it.
    pub employees: Option<String>,
    pub country: Option<String>,
    pub source: Option<String>,
    /// When the source made the record; `None` also for a date whose day and month could be mistaken.
    pub created_at_source: Option<Timestamp>,
    /// As written: line breaks and formulas included.
    pub message: Option<String>,
    /// SHA-256 over the mapped cells: equal when a re-import says nothing new.
    pub fingerprint: String,
}

/// An account as one row of an export tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    pub external_id: Option<String>,
    pub name: String,
    /// Host name without `www.`; `None` also when the cell holds no domain name.
    pub domain: Option<String>,
    pub industry: Option<String>,
    pub country: Option<String>,
    pub employees: Option<String>,
    /// SHA-256 over the mapped cells: equal when a re-import says nothing new.
    pub fingerprint: String,
}

/// Reads record number `row` (counting from 1 after the header). Missing cells at the end count as empty.
///
/// # Errors
/// Everything that is wrong with the row, not only the first thing.
pub fn parse_lead_row(mapping: &Mapping, row: u32, cells: &[String]) -> Result<LeadRow, Vec<RowError>> {
    let mut reader = Reader::new(mapping, row, cells);
    let Some(email) = reader.email() else { return Err(reader.errors) };
    let parsed = LeadRow {
        external_id: reader.text(Field::ExternalId),
        email,
        first_name: reader.label(Field::FirstName).map(PersonName::new),
        last_name: reader.label(Field::LastName).map(PersonName::new),
        title: reader.label(Field::Title),
        company: reader.label(Field::Company),
        company_domain: reader.text(Field::CompanyDomain).and_then(|text| domain_of(&text)),
        phone: reader.text(Field::Phone).map(PhoneNumber::new),
        employees: reader.text(Field::Employees),
        country: reader.text(Field::Country),
        source: reader.text(Field::Source),
        created_at_source: reader.text(Field::CreatedAtSource).and_then(|text| parse_time(&text)),
        message: reader.text(Field::Message),
        fingerprint: reader.fingerprint(),
    };
    reader.finish(parsed)
}

/// Reads record number `row` (counting from 1 after the header). Missing cells at the end count as empty.
///
/// # Errors
/// Everything that is wrong with the row, not only the first thing.
pub fn parse_account_row(mapping: &Mapping, row: u32, cells: &[String]) -> Result<AccountRow, Vec<RowError>> {
    let mut reader = Reader::new(mapping, row, cells);
    let name = reader.label(Field::Name);
    if name.is_none() {
        reader.fail(Field::Name, Code::Required, "an account needs a name");
    }
    let parsed = AccountRow {
        external_id: reader.text(Field::ExternalId),
        name: name.unwrap_or_default(),
        domain: reader.text(Field::Domain).and_then(|text| domain_of(&text)),
        industry: reader.label(Field::Industry),
        country: reader.text(Field::Country),
        employees: reader.text(Field::Employees),
        fingerprint: reader.fingerprint(),
    };
    reader.finish(parsed)
}

/// Who the row is about stays out of logs.
impl fmt::Debug for LeadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadRow")
            .field("external_id", &self.external_id)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

struct Reader<'a> {
    row: u32,
    cells: Vec<(Field, &'a str)>,
    errors: Vec<RowError>,
}

impl<'a> Reader<'a> {
    fn new(mapping: &'a Mapping, row: u32, cells: &'a [String]) -> Self {
        let mut reader = Self { row, cells: mapping.pick(cells).collect(), errors: Vec::new() };
        // More values than columns means that some stand in the wrong one; an empty tail harms nobody.
        if cells.iter().skip(mapping.width()).any(|cell| !cell.trim().is_empty()) {
            let message = format!("the row has {} cells, the header only {}", cells.len(), mapping.width());
            reader.errors.push(RowError { row, field: "row", code: Code::InvalidInput, message });
        }
        for index in 0..reader.cells.len() {
            let (field, text) = reader.cells[index];
            let max = field.max_chars();
            // Bytes first: counting the characters of every cell is not free.
            if text.len() > max && text.chars().count() > max {
                reader.fail(field, Code::TooLong, &format!("longer than {max} characters"));
            }
        }
        reader
    }

    fn raw(&self, field: Field) -> &'a str {
        self.cells.iter().find(|(known, _)| *known == field).map_or("", |(_, text)| text)
    }

    /// The cell as it is, without NUL, which a database text cannot hold.
    fn text(&self, field: Field) -> Option<String> {
        let text = self.raw(field);
        let text = if text.contains('\0') { text.replace('\0', "") } else { text.to_owned() };
        Some(text).filter(|text| !text.is_empty())
    }

    /// A name or title: one line without invisible characters.
    fn label(&self, field: Field) -> Option<String> {
        Some(visible(self.raw(field))).filter(|text| !text.is_empty())
    }

    fn email(&mut self) -> Option<EmailAddress> {
        let text = self.raw(Field::Email);
        if text.chars().count() > Field::Email.max_chars() {
            return None;
        }
        match EmailAddress::parse(text) {
            Ok(email) => return Some(email),
            Err(error) if error.problem == EmailProblem::Empty => {
                self.fail(Field::Email, Code::Required, "a lead needs an e-mail address");
            }
            Err(error) => self.fail(Field::Email, Code::InvalidEmail, &error.to_string()),
        }
        None
    }

    /// Each cell with its length before it, so that text cannot move from one field into the next unseen.
    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (_, text) in &self.cells {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        let digits = hash.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
    }

    fn fail(&mut self, field: Field, code: Code, message: &str) {
        self.errors.push(RowError { row: self.row, field: field.as_str(), code, message: message.to_owned() });
    }

    fn finish<T>(self, parsed: T) -> Result<T, Vec<RowError>> {
        if self.errors.is_empty() { Ok(parsed) } else { Err(self.errors) }
    }
}

/// Drops what cannot be seen but makes two names differ or turns the writing round: control, bidi and
/// zero-width characters. Line breaks and tabs become a space.
pub fn visible(text: &str) -> String {
    // What most cells are: nothing to drop and nothing to close up.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.contains("  ") {
        return text.trim().to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (index, &c) in chars.iter().enumerate() {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            '\u{200c}' | '\u{200d}' => {
                // Joiners are spelling where letters join: Persian, Hindi, Sinhala.
                let joins = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| is_joining(*c));
                if joins(index.checked_sub(1)) && joins(Some(index + 1)) {
                    out.push(c);
                }
            }
            _ if c.is_control() || is_invisible(c) => {}
            _ => out.push(c),
        }
    }
    out.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_joining(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{7bf}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18af}')
}

/// ISO 8601 as HubSpot and Salesforce write it, or milliseconds since 1970. Without an offset, UTC.
fn parse_time(text: &str) -> Option<Timestamp> {
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .map(|time| time.to_utc())
        .ok()
        .or_else(|| {
            ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
                .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
                .map(|time| time.and_utc())
        })
        .or_else(|| {
            let millis = text.parse().ok().filter(|_| text.len() == 13)?;
            DateTime::from_timestamp_millis(millis)
        })?;
    Some(truncate_to_micros(time))
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
