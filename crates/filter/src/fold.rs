//! The forms in which texts are compared, the same in the program and in what a service stores for SQL: neither engine
//! can fold every script, and the two do not fold alike.

use unicode_normalization::UnicodeNormalization;

/// Before and after each item of a list. No key of a text has it.
pub(crate) const SEPARATOR: char = '\n';

/// The form in which a text is compared: without case in any script (`STRASSE` is `straße`), compatible characters as
/// one (NFKC: full-width letters, ligatures), control characters as spaces, and none of these around it. Accents count.
/// `None` for a blank text, which is one that is not known.
///
/// A column of a text field holds this.
pub fn text_key(text: &str) -> Option<String> {
    let folded = fold(text);
    let key = folded.trim();
    (!key.is_empty()).then(|| key.to_owned())
}

/// The form in which lists are compared, with a separator around every item; `None` for a list without items.
///
/// A column of a list field holds this.
pub fn list_key<T: AsRef<str>>(items: &[T]) -> Option<String> {
    let mut key = String::from(SEPARATOR);
    for item in items.iter().filter_map(|item| text_key(item.as_ref())) {
        key.push_str(&item);
        key.push(SEPARATOR);
    }
    (key.len() > 1).then_some(key)
}

/// A part of a text: folded, and spaces around it count.
pub(crate) fn fold(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    if text.is_ascii() {
        return text.chars().map(visible).map(|c| c.to_ascii_lowercase()).collect();
    }
    // Down, up and down, each letter for itself: `ẞ` meets `ss`, and a final sigma the other sigmas.
    let letters = text.nfkc().map(visible).flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    letters.flat_map(char::to_lowercase).nfkc().collect()
}

/// An item of a list, with what is around it.
pub(crate) fn item(key: &str) -> String {
    format!("{SEPARATOR}{key}{SEPARATOR}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_width_and_ligatures_do_not_count_and_accents_do() {
        let key = |text| text_key(text).unwrap();
        for (one, other) in [
            ("Straße", "STRASSE"),
            ("GROẞ", "groß"),
            ("ΟΔΟΣ", "οδος"),
            ("ΟΔΟΣ", "οδοσ"),
            ("ИВАНОВ", "иванов"),
            ("ﬁnance", "Finance"),
            ("ＡＣＭＥ", "acme"),
            ("e\u{301}", "É"),
            (" VP\tSales ", "vp sales"),
        ] {
            assert_eq!(key(one), key(other), "{one} and {other}");
        }
        assert_ne!(key("José"), key("Jose"));
        for blank in ["", "  ", "\u{a0}", "\n"] {
            assert_eq!(text_key(blank), None);
        }
    }

    #[test]
    fn of_every_letter_both_cases_have_one_key_and_a_key_is_its_own() {
        // Beyond are no letters yet.
        for c in (0..0x0004_0000).filter_map(char::from_u32) {
            let folded = fold(&c.to_string());
            assert_eq!(fold(&c.to_uppercase().to_string()), folded, "{c:?} in upper case");
            assert_eq!(fold(&c.to_lowercase().to_string()), folded, "{c:?} in lower case");
            assert_eq!(fold(&folded), folded, "{c:?} again");
        }
    }

    #[test]
    fn an_item_is_found_whole_and_a_blank_one_is_none() {
        let key = list_key(&["Gold", " ", "VIP customer"]).unwrap();
        assert!(key.contains(&item("gold")) && key.contains(&item("vip customer")));
        assert!(!key.contains(&item("vip")));
        assert_eq!(list_key(&[" "]), None);
        assert_eq!(list_key::<&str>(&[]), None);
    }
}
