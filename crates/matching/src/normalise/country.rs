//! Countries as people write them, and how their telephone numbers are dialled.

use std::{collections::HashMap, sync::LazyLock};

use super::text::latin;

/// What of a country's numbering plan the comparison of numbers needs.
#[derive(Debug)]
pub(super) struct Country {
    pub code: &'static str,
    /// ITU-T E.164 calling code.
    pub calling: &'static str,
    /// Dialled before a number within the country and left out from abroad; empty where there is none, and in
    /// Italy, where the zero is part of the number.
    pub trunk: &'static str,
    /// Fewest and most digits of a number without calling code and trunk prefix.
    pub digits: (usize, usize),
}

/// The ISO 3166 code for a code of two or three letters, or for a name in English, French, German or the country's
/// own tongue: `DE` for `Germany`, `DEU`, `Deutschland`.
pub fn country_code(text: &str) -> Option<&'static str> {
    static BY_NAME: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        COUNTRIES.iter().flat_map(|(country, names)| names.split('|').map(|name| (name, country.code))).collect()
    });
    let text = text.trim();
    match find(text) {
        Some(country) => Some(country.code),
        None => BY_NAME.get(latin(text).as_str()).copied(),
    }
}

/// By the code of two letters.
pub(super) fn find(code: &str) -> Option<&'static Country> {
    COUNTRIES.iter().map(|(country, _)| country).find(|country| country.code.eq_ignore_ascii_case(code))
}

/// Any country that the digits of an international number start with; several share `1`, `7` and `44`.
pub(super) fn by_calling_code(digits: &str) -> Option<&'static Country> {
    let starts = COUNTRIES.iter().map(|(country, _)| country).filter(|country| digits.starts_with(country.calling));
    starts.max_by_key(|country| country.calling.len())
}

const fn country(
    code: &'static str,
    calling: &'static str,
    trunk: &'static str,
    least: usize,
    most: usize,
    names: &'static str,
) -> (Country, &'static str) {
    (Country { code, calling, trunk, digits: (least, most) }, names)
}

/// Numbering plans as ITU-T Operational Bulletins list them, names folded as [`latin`] does.
const COUNTRIES: &[(Country, &str)] = &[
    country("AE", "971", "0", 7, 9, "are|uae|united arab emirates|emirates"),
    country("AR", "54", "0", 10, 11, "arg|argentina|argentinien"),
    country("AT", "43", "0", 4, 13, "aut|austria|osterreich|oesterreich|autriche"),
    country("AU", "61", "0", 9, 9, "aus|australia|australien|australie"),
    country("BE", "32", "0", 8, 9, "bel|belgium|belgien|belgique|belgie"),
    country("BG", "359", "0", 7, 9, "bgr|bulgaria|bulgarien|b lgariya"),
    country("BR", "55", "0", 10, 11, "bra|brazil|brasil|brasilien|bresil"),
    country("CA", "1", "1", 10, 10, "can|canada|kanada"),
    country("CH", "41", "0", 9, 9, "che|switzerland|schweiz|suisse|svizzera"),
    country("CL", "56", "", 9, 9, "chl|chile"),
    country("CN", "86", "0", 7, 11, "chn|china|zhongguo|prc|chine"),
    country("CO", "57", "", 8, 10, "col|colombia|kolumbien"),
    country("CY", "357", "", 8, 8, "cyp|cyprus|zypern"),
    country("CZ", "420", "", 9, 9, "cze|czechia|czech republic|ceska republika|cesko|tschechien"),
    country("DE", "49", "0", 5, 12, "deu|ger|germany|deutschland|allemagne"),
    country("DK", "45", "", 8, 8, "dnk|denmark|danmark|danemark"),
    country("EE", "372", "", 7, 8, "est|estonia|eesti|estland"),
    country("EG", "20", "0", 8, 10, "egy|egypt|agypten|misr|msr"),
    country("ES", "34", "", 9, 9, "esp|spain|espana|spanien|espagne"),
    country("FI", "358", "0", 5, 12, "fin|finland|suomi|finnland"),
    country("FR", "33", "0", 9, 9, "fra|france|frankreich"),
    country(
        "GB",
        "44",
        "0",
        9,
        10,
        "gbr|uk|united kingdom|great britain|britain|england|scotland|wales|grossbritannien|royaume uni",
    ),
    country("GR", "30", "", 10, 10, "grc|greece|ellada|hellas|griechenland"),
    country("HK", "852", "", 8, 8, "hkg|hong kong"),
    country("HR", "385", "0", 8, 9, "hrv|croatia|hrvatska|kroatien"),
    country("HU", "36", "06", 8, 9, "hun|hungary|magyarorszag|ungarn|hongrie"),
    country("ID", "62", "0", 8, 12, "idn|indonesia|indonesien"),
    country("IE", "353", "0", 7, 9, "irl|ireland|eire|irland|irlande"),
    country("IL", "972", "0", 8, 9, "isr|israel"),
    country("IN", "91", "0", 10, 10, "ind|india|indien|inde|bharat"),
    country("IS", "354", "", 7, 9, "isl|iceland|island"),
    country("IT", "39", "", 6, 11, "ita|italy|italia|italien|italie"),
    country("JP", "81", "0", 9, 10, "jpn|japan|nippon|nihon|riben|japon"),
    country("KE", "254", "0", 9, 9, "ken|kenya|kenia"),
    country("KR", "82", "0", 8, 10, "kor|korea|south korea|republic of korea|hangug|hanguk|sudkorea"),
    country("LT", "370", "0", 8, 8, "ltu|lithuania|lietuva|litauen"),
    country("LU", "352", "", 6, 9, "lux|luxembourg|luxemburg"),
    country("LV", "371", "", 8, 8, "lva|latvia|latvija|lettland"),
    country("MA", "212", "0", 9, 9, "mar|morocco|maroc|marokko"),
    country("MX", "52", "", 10, 10, "mex|mexico|mexiko|mexique"),
    country("MY", "60", "0", 8, 10, "mys|malaysia"),
    country("NG", "234", "0", 8, 10, "nga|nigeria"),
    country("NL", "31", "0", 9, 9, "nld|netherlands|the netherlands|nederland|holland|niederlande|pays bas"),
    country("NO", "47", "", 8, 8, "nor|norway|norge|norwegen|norvege"),
    country("NZ", "64", "0", 8, 10, "nzl|new zealand|neuseeland"),
    country("PH", "63", "0", 8, 10, "phl|philippines|pilipinas|philippinen"),
    country("PK", "92", "0", 9, 10, "pak|pakistan"),
    country("PL", "48", "", 9, 9, "pol|poland|polska|polen|pologne"),
    country("PT", "351", "", 9, 9, "prt|portugal"),
    country("RO", "40", "0", 9, 9, "rou|romania|rumanien|roumanie"),
    country("RS", "381", "0", 8, 9, "srb|serbia|srbija|serbien"),
    country("RU", "7", "8", 10, 10, "rus|russia|russian federation|rossiya|russland|russie"),
    country("SA", "966", "0", 9, 9, "sau|saudi arabia|saudi arabien"),
    country("SE", "46", "0", 7, 10, "swe|sweden|sverige|schweden|suede"),
    country("SG", "65", "", 8, 8, "sgp|singapore|singapur"),
    country("SI", "386", "0", 8, 8, "svn|slovenia|slovenija|slowenien"),
    country("SK", "421", "0", 9, 9, "svk|slovakia|slovensko|slowakei"),
    country("TH", "66", "0", 8, 9, "tha|thailand"),
    country("TR", "90", "0", 10, 10, "tur|turkey|turkiye|turkei|turquie"),
    country("TW", "886", "0", 8, 9, "twn|taiwan"),
    country("UA", "380", "0", 9, 9, "ukr|ukraine|ukraina"),
    country("US", "1", "1", 10, 10, "usa|united states|united states of america|america|vereinigte staaten|etats unis"),
    country("VN", "84", "0", 9, 10, "vnm|vietnam|viet nam"),
    country("ZA", "27", "0", 9, 9, "zaf|south africa|sudafrika"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_known_by_code_and_name() {
        for text in ["DE", "de ", "DEU", "Germany", "Deutschland", "ALLEMAGNE"] {
            assert_eq!(country_code(text), Some("DE"), "{text}");
        }
        assert_eq!(country_code("Россия"), Some("RU"));
        assert_eq!(country_code("中国"), Some("CN"));
        assert_eq!(country_code("Österreich"), Some("AT"));
        assert_eq!(country_code("Atlantis"), None);
        assert_eq!(country_code(""), None);
    }

    #[test]
    fn the_table_is_in_order_and_no_name_is_in_it_twice() {
        assert!(COUNTRIES.is_sorted_by(|(one, _), (other, _)| one.code < other.code));
        let mut names: Vec<&str> = COUNTRIES.iter().flat_map(|(_, names)| names.split('|')).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
