use std::fmt::Write;

use super::escape;
use crate::domain::capture::{FieldError, FieldKind, Form, FormField, Given, LeadField, is_ticked, names};

/// What stands in a form that is shown.
#[derive(Default)]
pub struct Filled<'a> {
    /// What was typed before.
    pub given: Option<&'a Given>,
    pub errors: &'a [FieldError],
    /// Inputs that nobody sees, by name.
    pub hidden: &'a [(&'static str, String)],
}

/// The form, to be submitted to `action`.
pub fn form(form: &Form, action: &str, filled: &Filled<'_>) -> String {
    let mut html = summary(form, filled.errors);
    // The server checks all of it and says so beside the fields, in words that a screen reader finds.
    let _ = write!(html, "<form method=\"post\" action=\"{}\" novalidate>", escape(action));
    for field in &form.content.fields {
        html.push_str(&labelled(field, filled));
    }
    if let Some(consent) = &form.content.consent {
        // Who agreed to an earlier text has not read this one.
        let agreed = filled.given.and_then(|given| form.content.agreed(given.get(names::CONSENT)));
        let tick = Tick {
            name: names::CONSENT,
            value: &consent.tick(),
            label: &consent.text,
            required: consent.required,
            ticked: agreed.is_some_and(|agreed| agreed.version == consent.version),
        };
        html.push_str(&checkbox(&tick, filled.errors));
    }
    html.push_str(&trap());
    for (name, value) in filled.hidden {
        let _ = write!(html, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    }
    html.push_str("<button type=\"submit\">Send</button></form>");
    html
}

/// What somebody pastes into a page of their own: markup alone, that works without a script and brings nothing along.
pub fn snippet(form: &Form, public_url: &str) -> String {
    self::form(form, &format!("{public_url}/f/{}", form.slug), &Filled::default())
}

/// All that is wrong at the top, each with a way to where it is.
fn summary(form: &Form, errors: &[FieldError]) -> String {
    if errors.is_empty() {
        return String::new();
    }
    let label = |name: &str| {
        let field = form.content.fields.iter().find(|field| field.slug == name);
        field.map_or("Consent".to_owned(), |field| escape(&field.label))
    };
    let row = |error: &FieldError| {
        let (name, message) = (escape(&error.field), escape(&error.message));
        format!("<li><a href=\"#f-{name}\">{}: {message}</a></li>", label(&error.field))
    };
    let rows: String = errors.iter().map(row).collect();
    format!("<div class=\"summary\" role=\"alert\"><h2>This cannot be sent yet</h2><ul>{rows}</ul></div>")
}

fn labelled(field: &FormField, filled: &Filled<'_>) -> String {
    let value = filled.given.map_or("", |given| given.get(&field.slug));
    let slug = &field.slug;
    if field.kind == FieldKind::Checkbox {
        let (label, required, ticked) = (&field.label, field.required, is_ticked(value));
        return checkbox(&Tick { name: slug, value: "yes", label, required, ticked }, filled.errors);
    }
    let (error, described) = error_of(slug, filled.errors);
    let required = if field.required { " required" } else { "" };
    let hint = if field.required { "" } else { " <span class=\"hint\">(optional)</span>" };
    let attributes = format!("id=\"f-{slug}\" name=\"{slug}\"{required}{described}{}", autocomplete(field));
    let value = escape(value);
    let input = match field.kind {
        FieldKind::LongText => format!("<textarea {attributes} rows=\"5\">{value}</textarea>"),
        FieldKind::Choice => {
            let option = |option: &String| {
                let option = escape(option);
                let selected = if option == value { " selected" } else { "" };
                format!("<option{selected}>{option}</option>")
            };
            let options: String = field.options.iter().map(option).collect();
            format!("<select {attributes}><option value=\"\">Please choose</option>{options}</select>")
        }
        FieldKind::Email => format!("<input type=\"email\" {attributes} value=\"{value}\">"),
        FieldKind::Phone => format!("<input type=\"tel\" {attributes} value=\"{value}\">"),
        FieldKind::Text | FieldKind::Checkbox => format!("<input type=\"text\" {attributes} value=\"{value}\">"),
    };
    let label = escape(&field.label);
    format!("<div class=\"field\"><label for=\"f-{slug}\">{label}{hint}</label>{error}{input}</div>")
}

/// Yes, or nothing.
struct Tick<'a> {
    name: &'a str,
    value: &'a str,
    label: &'a str,
    required: bool,
    ticked: bool,
}

fn checkbox(&Tick { name, value, label, required, ticked }: &Tick<'_>, errors: &[FieldError]) -> String {
    let (error, described) = error_of(name, errors);
    let required = if required { " required" } else { "" };
    let ticked = if ticked { " checked" } else { "" };
    let label = escape(label);
    format!(
        "<div class=\"field\">{error}<label class=\"tick\" for=\"f-{name}\"><input type=\"checkbox\" id=\"f-{name}\" \
         name=\"{name}\" value=\"{value}\"{required}{ticked}{described}><span>{label}</span></label></div>"
    )
}

/// The errors of one input, and the attributes that tie it to them.
fn error_of(name: &str, errors: &[FieldError]) -> (String, String) {
    match errors.iter().find(|error| error.field == name) {
        Some(error) => (
            format!("<p class=\"error\" id=\"e-{name}\">{}</p>", escape(&error.message)),
            format!(" aria-invalid=\"true\" aria-describedby=\"e-{name}\""),
        ),
        None => (String::new(), String::new()),
    }
}

/// Out of sight, out of the order of keys and unsaid by a screen reader. Where our style is not, it has its own.
fn trap() -> String {
    let name = names::TRAP;
    format!(
        "<div class=\"away\" style=\"position:absolute;left:-625rem\" aria-hidden=\"true\"><label>Leave this empty \
         <input type=\"text\" name=\"{name}\" tabindex=\"-1\" autocomplete=\"off\"></label></div>"
    )
}

/// So that a browser fills in what it knows of its user.
fn autocomplete(field: &FormField) -> &'static str {
    match field.lead_field {
        Some(LeadField::Email) => " autocomplete=\"email\"",
        Some(LeadField::FirstName) => " autocomplete=\"given-name\"",
        Some(LeadField::LastName) => " autocomplete=\"family-name\"",
        Some(LeadField::Title) => " autocomplete=\"organization-title\"",
        Some(LeadField::Company) => " autocomplete=\"organization\"",
        Some(LeadField::CompanyDomain) => " autocomplete=\"url\"",
        Some(LeadField::Phone) => " autocomplete=\"tel\"",
        Some(LeadField::Country) => " autocomplete=\"country-name\"",
        Some(LeadField::Employees | LeadField::Message) | None => "",
    }
}
