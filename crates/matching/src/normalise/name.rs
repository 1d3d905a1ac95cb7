//! Names of people, in any script and order.

use super::{
    nicknames,
    text::{is_loosely_latin, latin, sound},
};

/// A person's name, ready to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonName {
    pub given: NamePart,
    pub family: NamePart,
    /// Senior is 1, junior and `II` are 2, `III` is 3.
    pub generation: Option<u8>,
    /// See [`is_loosely_latin`].
    pub loose: bool,
}

/// The given names, or the family names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamePart {
    /// All words as one: `Mary Ann` and `Maryann` meet.
    pub whole: Word,
    /// The words, when there are several.
    pub words: Vec<Word>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub sound: String,
    /// See [`nicknames::groups`].
    pub groups: &'static [u16],
}

impl PersonName {
    /// Of what stands in the fields for the first and the last name. A field may hold the whole name, titles and
    /// degrees included: `Dr. Ada King`, `King, Ada`, `王小龙`.
    pub fn parse(first: Option<&str>, last: Option<&str>) -> Self {
        let (first, last) = (first.unwrap_or_default().trim(), last.unwrap_or_default().trim());
        let loose = is_loosely_latin(first) || is_loosely_latin(last);
        let (mut given, mut family) = match (first.is_empty(), last.is_empty()) {
            (false, false) => (words(first), words_of_family(last)),
            (false, true) => split(first, false),
            (true, _) => split(last, true),
        };
        let generation = take_generation(&mut family).or_else(|| take_generation(&mut given));
        drop_words(&mut given, HONORIFICS);
        drop_words(&mut family, HONORIFICS);
        drop_words(&mut family, PARTICLES);
        Self { given: NamePart::new(given), family: NamePart::new(family), generation, loose }
    }
}

impl NamePart {
    fn new(words: Vec<String>) -> Self {
        let whole = Word::new(words.concat());
        let words = if words.len() > 1 { words.into_iter().map(Word::new).collect() } else { Vec::new() };
        Self { whole, words }
    }

    pub fn is_empty(&self) -> bool {
        self.whole.text.is_empty()
    }

    /// The word that tells most: the first of the given names.
    pub fn first(&self) -> &Word {
        self.words.first().unwrap_or(&self.whole)
    }

    /// The words, be it one.
    pub fn each(&self) -> &[Word] {
        if self.words.is_empty() { std::slice::from_ref(&self.whole) } else { &self.words }
    }
}

impl Word {
    fn new(text: String) -> Self {
        Self { sound: sound(&text), groups: nicknames::groups(&text), text }
    }

    pub fn is_initial(&self) -> bool {
        self.text.len() == 1
    }
}

fn words(text: &str) -> Vec<String> {
    latin(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A Korean family name by its customary Latin spelling, which the letters do not give.
fn words_of_family(text: &str) -> Vec<String> {
    let customary = |(hangul, latin): &(&str, &str)| (*hangul == text).then(|| (*latin).to_owned());
    KOREAN_FAMILIES.iter().find_map(customary).map_or_else(|| words(text), |name| vec![name])
}

/// Given and family names of a whole name in one field. A single word is a family name if it stood in that field.
fn split(name: &str, in_family_field: bool) -> (Vec<String>, Vec<String>) {
    if let Some((family, given)) = name.split_once([',', '，', '、']) {
        let given = words(given);
        // `Ada King, PhD`
        if !given.iter().all(|word| is_one_of(word, HONORIFICS) || generation(word).is_some()) {
            return (given, words_of_family(family.trim()));
        }
    }
    if let Some((family, given)) = split_unspaced(name) {
        return (words(given), words_of_family(family));
    }
    let mut given = words(name);
    let is_name = |word: &&String| !is_one_of(word, HONORIFICS) && generation(word).is_none();
    if given.iter().filter(is_name).count() < 2 {
        return if in_family_field { (Vec::new(), words_of_family(name)) } else { (given, Vec::new()) };
    }
    let mut tail = 1;
    while given.len() > tail + 1
        && (generation(&given[given.len() - tail]).is_some() || is_one_of(&given[given.len() - tail], HONORIFICS))
    {
        tail += 1;
    }
    while given.len() > tail + 1 && is_one_of(&given[given.len() - tail - 1], PARTICLES) {
        tail += 1;
    }
    let family = given.split_off(given.len() - tail);
    (given, family)
}

/// Chinese and Korean: the family name is the first character, or one of the known pairs. Two spaced words of such
/// characters stand in that order too.
fn split_unspaced(name: &str) -> Option<(&str, &str)> {
    let is_han = |c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}');
    if let Some((family, given)) = name.split_once([' ', '\u{3000}']) {
        return (name.chars().all(|c| is_han(c) || c.is_whitespace())).then_some((family, given));
    }
    let count = name.chars().count();
    if !(2..=4).contains(&count) || !name.chars().all(is_han) {
        return None;
    }
    let pair = name.char_indices().nth(2).map(|(at, _)| &name[..at]).filter(|pair| DOUBLE_FAMILIES.contains(pair));
    let border = pair.map_or(name.chars().next()?.len_utf8(), str::len);
    Some(name.split_at(border))
}

fn take_generation(words: &mut Vec<String>) -> Option<u8> {
    let found = words.iter().skip(1).position(|word| generation(word).is_some())? + 1;
    generation(&words.remove(found))
}

fn generation(word: &str) -> Option<u8> {
    match word {
        "sr" | "senior" | "snr" => Some(1),
        "jr" | "jnr" | "junior" | "ii" => Some(2),
        "iii" => Some(3),
        "iv" => Some(4),
        _ => None,
    }
}

/// Never all of them.
fn drop_words(words: &mut Vec<String>, which: &str) {
    if words.len() > 1 && !words.iter().all(|word| is_one_of(word, which)) {
        words.retain(|word| !is_one_of(word, which));
    }
}

fn is_one_of(word: &str, words: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

const HONORIFICS: &str = "dr prof professor mr mrs ms miss mx sir dame lord lady herr frau mme mlle monsieur madame sra srta \
    signor signora dott ing dipl mag rev phd md mba msc bsc esq cpa pmp";

const PARTICLES: &str = "van von der den de da di do dos das del della la le el al bin ibn ben ter ten zu af av y e";

const DOUBLE_FAMILIES: [&str; 10] = ["欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "남궁", "황보", "선우"];

const KOREAN_FAMILIES: [(&str, &str); 14] = [
    ("김", "kim"),
    ("이", "lee"),
    ("박", "park"),
    ("최", "choi"),
    ("정", "jung"),
    ("강", "kang"),
    ("조", "cho"),
    ("윤", "yoon"),
    ("장", "jang"),
    ("임", "lim"),
    ("오", "oh"),
    ("서", "seo"),
    ("신", "shin"),
    ("권", "kwon"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(first: &str, last: &str) -> (String, String, Option<u8>) {
        let name = PersonName::parse(Some(first), Some(last));
        (name.given.whole.text, name.family.whole.text, name.generation)
    }

    #[test]
    fn titles_degrees_particles_and_order_do_not_matter() {
        for (first, last) in [
            ("Ada", "Berg"),
            ("Dr. Ada", "van der Berg"),
            ("", "Ada Berg"),
            ("Berg, Ada", ""),
            ("Ada van der Berg", ""),
            ("Prof. Ada Berg, PhD", ""),
            ("ADA", "BERG"),
            (" Frau Ada ", " von Berg "),
        ] {
            assert_eq!(parsed(first, last), ("ada".into(), "berg".into(), None), "{first} {last}");
        }
    }

    #[test]
    fn a_generation_is_no_part_of_the_name() {
        for (first, last, generation) in [
            ("John", "Miller Jr.", Some(2)),
            ("John", "Miller III", Some(3)),
            ("John Miller, Sr", "", Some(1)),
            ("John Miller Jr", "", Some(2)),
            ("John", "Miller, Jr.", Some(2)),
            ("John", "Miller", None),
        ] {
            assert_eq!(parsed(first, last), ("john".into(), "miller".into(), generation), "{first} {last}");
        }
    }

    #[test]
    fn east_asian_names_are_taken_apart() {
        for (first, last, given, family) in [
            ("", "王小龙", "xiaolong", "wang"),
            ("Xiao Long", "Wang", "xiaolong", "wang"),
            ("", "欧阳修", "xiu", "ouyang"),
            ("", "이 민준", "minjun", "lee"),
            ("", "이", "", "lee"),
            ("太郎", "田中", "tailang", "tianzhong"),
        ] {
            let (found_given, found_family, _) = parsed(first, last);
            assert_eq!((found_given.as_str(), found_family.as_str()), (given, family), "{first} {last}");
        }
    }

    #[test]
    fn one_word_stays_in_its_field_and_a_title_alone_is_kept() {
        assert_eq!(parsed("Ada", ""), ("ada".into(), String::new(), None));
        assert_eq!(parsed("", "King"), (String::new(), "king".into(), None));
        assert_eq!(parsed("", "King Jr."), (String::new(), "king".into(), Some(2)));
        assert_eq!(parsed("Dr.", ""), ("dr".into(), String::new(), None));
        assert_eq!(parsed("", ""), (String::new(), String::new(), None));
        assert_eq!(parsed("Dominic", "Van"), ("dominic".into(), "van".into(), None));
    }
}
