//! Telephone numbers, and the ways to write one.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    country: String,
    calling: &'static str,
    trunk: &'static str,
    national: String,
}

impl Number {
    pub fn new(country: &str, rng: &mut StdRng) -> Self {
        let (calling, trunk, digits) = match country {
            "US" => ("1", "", 10),
            "DE" => ("49", "0", 10),
            "FR" => ("33", "0", 9),
            "PL" => ("48", "", 9),
            "ES" => ("34", "", 9),
            "SE" => ("46", "0", 9),
            "RU" => ("7", "8", 10),
            "GR" => ("30", "", 10),
            "CN" => ("86", "0", 10),
            "JP" => ("81", "0", 10),
            "KR" => ("82", "0", 10),
            "EG" => ("20", "0", 10),
            _ => ("91", "0", 10),
        };
        let mut national = rng.random_range(2..10).to_string();
        while national.len() < digits {
            national.push_str(&rng.random_range(0..10).to_string());
        }
        Self { country: country.to_owned(), calling, trunk, national }
    }

    pub fn is_of(&self, country: &str) -> bool {
        self.country == country
    }

    /// As somebody writes it. `at_home` allows to leave the calling code out.
    pub fn write(&self, at_home: bool, rng: &mut StdRng) -> String {
        let gap = [" ", "-", ".", ""].choose(rng).copied().unwrap_or_default();
        let (area, rest) = self.national.split_at(3);
        let (middle, end) = rest.split_at(3);
        let (calling, trunk) = (self.calling, self.trunk);
        match rng.random_range(0..if at_home { 7 } else { 4 }) {
            0 => format!("+{calling}{}", self.national),
            1 => format!("+{calling} {area}{gap}{middle}{gap}{end}"),
            2 if trunk == "0" => format!("+{calling} (0) {area} {middle}{gap}{end}"),
            2 => format!("+{calling} ({area}) {middle}{gap}{end}"),
            3 => format!("00{calling} {area}{gap}{middle}{gap}{end}").replacen(
                "00",
                if calling == "1" { "+" } else { "00" },
                1,
            ),
            4 => format!("({trunk}{area}) {middle}{gap}{end}"),
            5 => format!("{trunk}{area}{gap}{middle}{gap}{end}"),
            _ => format!("{trunk}{area}/{middle}{end} ext. {}", rng.random_range(10..99)),
        }
    }
}
