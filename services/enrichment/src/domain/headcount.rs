//! The number of employees, in the bands that exports use.

/// Upper bounds, inclusive.
const BANDS: [(u64, &str); 7] = [
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "201-500"),
    (1_000, "501-1000"),
    (5_000, "1001-5000"),
    (10_000, "5001-10000"),
];
const LARGEST: &str = "10001+";

/// The band of a head count as a source writes it.
pub fn band(text: &str) -> Option<&'static str> {
    let count = kernel::headcount(text)?;
    Some(BANDS.iter().find(|(most, _)| count <= *most).map_or(LARGEST, |(_, band)| band))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sources_write_falls_into_a_band() {
        for (text, expected) in [
            ("16034", Some("10001+")),
            ("1", Some("1-10")),
            ("50", Some("11-50")),
            ("51-200", Some("51-200")),
            ("10,001+", Some("10001+")),
            ("1,001-5,000", Some("1001-5000")),
            ("1.001–5.000", Some("1001-5000")),
            ("5 001 to 10 000 employees", Some("5001-10000")),
            ("100-500", Some("201-500")),
            ("> 500", Some("501-1000")),
            ("<10", Some("1-10")),
            ("10k+", Some("10001+")),
            ("about 30 people", Some("11-50")),
            ("0", None),
            ("", None),
            ("many", None),
            ("500-100", None),
            ("1.5k", None),
            ("+49 30 555 0114", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(band(text), expected, "{text}");
        }
    }
}
