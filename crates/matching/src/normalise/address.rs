//! Postal addresses, as far as two of them must be told apart.

use super::text::latin;

/// What one line of an address says, with or without the town.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Words of the street, abbreviations written out, kinds of street left out: `main` for `Main St.`
    pub street: String,
    /// `12`, `12a`, `4-2-8`.
    pub number: Option<String>,
    pub postcode: Option<String>,
}

impl Address {
    /// `None` without a word. `postcode` may be empty, or stand in the line itself, after a comma.
    pub fn parse(line: &str, postcode: Option<&str>) -> Option<Self> {
        let (street, rest) = match line.split_once([',', '\n']) {
            // `7, rue de la Paix`: the comma is part of the street.
            Some((number, _)) if number.trim().len() < 5 && is_number(number.trim()) => (line, ""),
            Some(parts) => parts,
            None => (line, ""),
        };
        let street = latin(street);
        let number = street.split(' ').find(|word| is_number(word)).map(str::to_owned);
        let words: Vec<&str> = street
            .split(' ')
            .filter(|word| !word.is_empty() && Some(*word) != number.as_deref() && !is_filler(word))
            .collect();
        if words.is_empty() && number.is_none() {
            return None;
        }
        let postcode = postcode.map(code).filter(|code| !code.is_empty()).or_else(|| postcode_in(rest));
        let street = words.iter().map(|word| without_kind(word)).collect::<Vec<_>>().join(" ");
        Some(Self { street, number, postcode })
    }

    /// The whole as one text, if it names a house: street, number, and the postcode if there is one.
    pub fn house(&self) -> Option<String> {
        let number = self.number.as_deref().filter(|_| !self.street.is_empty())?;
        Some(format!("{} {number}", self.street))
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 6
}

/// Kinds of street, and what stands before a number, in the tongues that most addresses are in.
fn is_filler(word: &str) -> bool {
    FILLERS.split(' ').any(|filler| filler == word)
}

/// Germanic kinds of street are part of the word: `hauptstr`, `hauptstrasse`.
fn without_kind(word: &str) -> &str {
    let kinds =
        ["strasse", "straat", "str", "gatan", "gade", "gata", "veien", "vej", "weg", "platz", "plein", "allee", "laan"];
    kinds.iter().find_map(|kind| word.strip_suffix(kind).filter(|rest| rest.len() > 2)).unwrap_or(word)
}

fn code(text: &str) -> String {
    latin(text).replace(' ', "")
}

/// The first stretch of words with a digit: `10115` of `10115 Berlin`, `sw1a1aa` of `London SW1A 1AA`.
fn postcode_in(rest: &str) -> Option<String> {
    let words = latin(rest);
    let with_digit = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
    let code: String = words.split(' ').skip_while(|word| !with_digit(word)).take_while(with_digit).collect();
    (3..=10).contains(&code.len()).then_some(code)
}

const FILLERS: &str = "street st str strasse straat road rd avenue ave av avenida avda lane ln drive dr boulevard blvd bd bvd \
    court ct square sq place pl platz plaza plz terrace ter way highway hwy parkway pkwy close cl crescent cres rue calle c via \
    viale piazza corso rua ulica ul ulitsa prospekt pr no nr num numero number suite ste apt apartment unit floor fl room rm n s \
    e w north south east west";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str, postcode: Option<&str>) -> (Option<String>, Option<String>) {
        let address = Address::parse(line, postcode).unwrap();
        (address.house(), address.postcode)
    }

    #[test]
    fn spellings_of_one_house_meet() {
        for (lines, house) in [
            (&["12 Main Street", "12 Main St.", "12 MAIN ST", "12, Main Street"][..], "main 12"),
            (&["Hauptstraße 5a", "Hauptstr. 5a", "HAUPTSTRASSE 5A"], "haupt 5a"),
            (&["Rue de la Paix 7", "7 rue de la Paix", "7, rue de la Paix"], "de la paix 7"),
            (&["ул. Ленина 10", "ulitsa Lenina 10"], "lenina 10"),
        ] {
            for line in lines {
                assert_eq!(parsed(line, None).0.as_deref(), Some(house), "{line}");
            }
        }
        assert_ne!(parsed("12 Main Street", None), parsed("21 Main Street", None));
    }

    #[test]
    fn a_postcode_is_taken_from_its_field_or_from_the_line() {
        assert_eq!(parsed("Hauptstr. 5, 10115 Berlin", None).1.as_deref(), Some("10115"));
        assert_eq!(parsed("1 High St, London SW1A 1AA", None).1.as_deref(), Some("sw1a1aa"));
        assert_eq!(parsed("Hauptstr. 5", Some("D-10115")).1.as_deref(), Some("d10115"));
        assert_eq!(parsed("Hauptstr. 5", None).1, None);
        assert_eq!(Address::parse(" ", None), None);
        assert_eq!(Address::parse("Kirchplatz", None).and_then(|address| address.house()), None);
    }
}
