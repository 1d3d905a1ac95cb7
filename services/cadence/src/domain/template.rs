//! `{{name}}` and `{{name|fallback}}` in subjects and bodies. Strict: a token that has neither a value nor a
//! fallback fails the whole text, since a mail to "Hi ," is worse than none.

use std::collections::BTreeSet;

/// The fields of a lead that tokens can stand for, in the API's spelling.
pub const LEAD_FIELDS: [&str; 3] = ["firstName", "lastName", "company"];

/// What tokens can stand for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Values<'a> {
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub company: Option<&'a str>,
    pub owner_name: Option<&'a str>,
}

impl Values<'_> {
    /// The value on one line, since names come from strangers and a subject is a header.
    fn get(&self, token: &str) -> Option<String> {
        let value = match token {
            "first_name" => self.first_name,
            "last_name" => self.last_name,
            "company" => self.company,
            "owner_name" => self.owner_name,
            _ => None,
        };
        value.map(one_line).filter(|value| !value.is_empty())
    }
}

/// Fills the template in, or returns the tokens that nothing fills.
pub fn render(template: &str, values: &Values<'_>) -> Result<String, BTreeSet<String>> {
    let mut text = String::with_capacity(template.len());
    let mut unresolved = BTreeSet::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        let Some((token, after)) = after.split_once("}}") else {
            unresolved.insert("{{ without }}".to_owned());
            rest = "";
            break;
        };
        let (name, fallback) = token.split_once('|').map_or((token, None), |(name, fallback)| (name, Some(fallback)));
        let name = name.trim();
        match values.get(name).or_else(|| fallback.map(|fallback| fallback.trim().to_owned())) {
            Some(value) => text.push_str(&value),
            None => {
                unresolved.insert(name.to_owned());
            }
        }
        rest = after;
    }
    text.push_str(rest);
    if unresolved.is_empty() { Ok(text) } else { Err(unresolved) }
}

/// Control characters and runs of white space become one space.
pub fn one_line(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(template: &str) -> Vec<String> {
        render(template, &Values::default()).unwrap_err().into_iter().collect()
    }

    #[test]
    fn a_value_wins_over_the_fallback() {
        let values = Values { first_name: Some("Ada"), ..Values::default() };
        assert_eq!(
            render("Hi {{first_name|there}}, {{ company | your team }}!", &values).unwrap(),
            "Hi Ada, your team!"
        );
    }

    #[test]
    fn a_token_without_value_and_fallback_fails_the_text() {
        assert_eq!(missing("{{owner_name}} {{company|x}} {{last_name}} {{owner_name}}"), ["last_name", "owner_name"]);
        assert_eq!(missing("{{frist_name}}"), ["frist_name"]);
        assert_eq!(missing("Hi {{first_name"), ["{{ without }}"]);
    }

    #[test]
    fn a_blank_value_is_no_value() {
        let values = Values { first_name: Some(" \t"), ..Values::default() };
        assert_eq!(render("{{first_name|there}}", &values).unwrap(), "there");
    }

    #[test]
    fn a_value_cannot_break_out_of_its_line() {
        let values = Values { first_name: Some("Ada\r\nBcc: all@x.example"), ..Values::default() };
        assert_eq!(render("{{first_name}}", &values).unwrap(), "Ada Bcc: all@x.example");
    }

    #[test]
    fn a_value_is_not_a_template() {
        let values = Values { first_name: Some("{{owner_name}}"), ..Values::default() };
        assert_eq!(render("{{first_name}}", &values).unwrap(), "{{owner_name}}");
    }
}
