use super::*;
use crate::domain::import::ImportKind;

const HEAD: &[&str] = &[
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Phone Number",
    "Job Title",
    "Company name",
    "Company Domain Name",
    "Number of Employees",
    "Country/Region",
    "Original Source",
    "Create Date",
    "Message",
];

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn mapping() -> Mapping {
    Mapping::detect(&strings(HEAD), ImportKind::Leads).unwrap()
}

/// A good row in which the named columns are replaced.
fn row(changes: &[(&str, &str)]) -> Vec<String> {
    let mut cells = strings(&[
        "51",
        "Ada",
        "Lindqvist",
        "ada@acme.example",
        "+46 8 123",
        "COO",
        "Acme AB",
        "https://www.Acme.example/",
        "10,001+",
        "SE",
        "Webinar",
        "2025-04-01 16:26",
        "line one\nline two",
    ]);
    for (column, text) in changes {
        let index = HEAD.iter().position(|known| known == column).unwrap();
        cells[index] = (*text).to_owned();
    }
    cells
}

fn lead(changes: &[(&str, &str)]) -> LeadRow {
    parse_lead_row(&mapping(), 1, &row(changes)).unwrap()
}

fn codes(cells: &[String]) -> Vec<(&'static str, Code)> {
    parse_lead_row(&mapping(), 7, cells).unwrap_err().iter().map(|error| (error.field, error.code)).collect()
}

#[test]
fn a_row_becomes_a_lead() {
    let lead = lead(&[]);
    assert_eq!(lead.external_id.as_deref(), Some("51"));
    assert_eq!(lead.email.as_str(), "ada@acme.example");
    assert_eq!(lead.first_name, Some(PersonName::new("Ada")));
    assert_eq!(lead.last_name, Some(PersonName::new("Lindqvist")));
    assert_eq!(lead.title.as_deref(), Some("COO"));
    assert_eq!(lead.company.as_deref(), Some("Acme AB"));
    assert_eq!(lead.company_domain.as_deref(), Some("acme.example"));
    assert_eq!(lead.phone, Some(PhoneNumber::new("+46 8 123")));
    assert_eq!(lead.employees.as_deref(), Some("10,001+"));
    assert_eq!(lead.country.as_deref(), Some("SE"));
    assert_eq!(lead.source.as_deref(), Some("Webinar"));
    assert_eq!(lead.created_at_source.unwrap().to_rfc3339(), "2025-04-01T16:26:00+00:00");
    assert_eq!(lead.message.as_deref(), Some("line one\nline two"));
}

#[test]
fn a_formula_stays_text() {
    let formula = "=HYPERLINK(\"http://x.example\")";
    let lead = lead(&[("Message", formula), ("Job Title", "=1+1"), ("Company name", "@SUM(A1)")]);
    assert_eq!(lead.message.as_deref(), Some(formula));
    assert_eq!(lead.title.as_deref(), Some("=1+1"));
    assert_eq!(lead.company.as_deref(), Some("@SUM(A1)"));
}

#[test]
fn invisible_characters_leave_names_but_not_messages() {
    let lead = lead(&[
        ("First Name", " A\u{200b}d\u{202e}a\u{feff} "),
        ("Last Name", "Lind\u{7}q\nvist"),
        ("Message", "zero\u{200b}width\tand bell\u{7}"),
    ]);
    assert_eq!(lead.first_name, Some(PersonName::new("Ada")));
    assert_eq!(lead.last_name, Some(PersonName::new("Lindq vist")));
    assert_eq!(lead.message.as_deref(), Some("zero\u{200b}width\tand bell\u{7}"));
}

#[test]
fn names_of_every_script_survive() {
    for name in
        ["翔太", "Íngrid", "Łukasz", "محمد\u{200c}رضا", "ක්\u{200d}රිස්ටි", "Νίκος", "मीरा", "O’Brien", "José\u{301}"]
    {
        assert_eq!(lead(&[("First Name", name)]).first_name, Some(PersonName::new(name)), "{name}");
    }
    assert_eq!(lead(&[("First Name", "A\u{200d}da")]).first_name, Some(PersonName::new("Ada")));
}

#[test]
fn a_nul_never_reaches_the_database() {
    let lead = lead(&[("Message", "a\0b"), ("Country/Region", "S\0E"), ("Last Name", "\0")]);
    assert_eq!(lead.message.as_deref(), Some("ab"));
    assert_eq!(lead.country.as_deref(), Some("SE"));
    assert_eq!(lead.last_name, None);
}

#[test]
fn a_bad_address_rejects_the_row_with_its_number() {
    for bad in ["john.doe@", "not-an-address", "two@@at.example", "foo bar@x.example", "@acme.example"] {
        assert_eq!(codes(&row(&[("Email", bad)])), [("email", Code::InvalidEmail)], "{bad}");
    }
    assert_eq!(codes(&row(&[("Email", "  ")])), [("email", Code::Required)]);
    assert_eq!(codes(&[]), [("email", Code::Required)]);
    let errors = parse_lead_row(&mapping(), 7, &row(&[("Email", "john.doe@")])).unwrap_err();
    assert_eq!(errors[0].row, 7);
    assert!(!errors[0].message.contains("john"), "the message repeats personal data");
}

#[test]
fn everything_wrong_with_a_row_is_told_at_once() {
    let long = "x".repeat(501);
    let cells = row(&[("Email", "nobody"), ("Last Name", &long), ("Country/Region", &long)]);
    let expected = [("lastName", Code::TooLong), ("country", Code::TooLong), ("email", Code::InvalidEmail)];
    assert_eq!(codes(&cells), expected);
    assert_eq!(codes(&row(&[("Email", &format!("{long}@x.example"))])), [("email", Code::TooLong)]);
}

#[test]
fn length_is_counted_in_characters() {
    assert!(lead(&[("Last Name", &"é".repeat(500))]).last_name.is_some());
    assert!(lead(&[("Message", &"界".repeat(10_000))]).message.is_some());
    assert_eq!(codes(&row(&[("Message", &"x".repeat(10_001))])), [("message", Code::TooLong)]);
}

#[test]
fn missing_cells_are_empty_and_surplus_cells_are_an_error() {
    let short = parse_lead_row(&mapping(), 1, &row(&[])[..4]).unwrap();
    assert_eq!((short.company, short.message), (None, None));
    let mut long = row(&[]);
    long.push(" ".to_owned());
    assert!(parse_lead_row(&mapping(), 1, &long).is_ok());
    long.push("surplus".to_owned());
    assert_eq!(codes(&long), [("row", Code::InvalidInput)]);
}

#[test]
fn the_fingerprint_follows_the_fields_not_the_columns() {
    let reversed: Vec<String> = HEAD.iter().rev().map(|&head| head.to_owned()).collect();
    let other = Mapping::detect(&reversed, ImportKind::Leads).unwrap();
    let cells: Vec<String> = row(&[]).into_iter().rev().collect();
    let original = lead(&[]).fingerprint;
    assert_eq!(parse_lead_row(&other, 9, &cells).unwrap().fingerprint, original);
    assert_eq!(original.len(), 64);
    assert_ne!(lead(&[("Message", "line one")]).fingerprint, original);
    let moved = lead(&[("First Name", "AdaL"), ("Last Name", "indqvist")]);
    assert_ne!(moved.fingerprint, original);
}

#[test]
fn only_unmistakable_dates_are_read() {
    for (text, expected) in [
        ("2025-04-01", Some("2025-04-01T00:00:00+00:00")),
        ("2025-04-01T16:26:05.123Z", Some("2025-04-01T16:26:05.123+00:00")),
        ("2025-04-01T16:26:05.000+0200", Some("2025-04-01T14:26:05+00:00")),
        ("1743524760000", Some("2025-04-01T16:26:00+00:00")),
        ("4/1/2025", None),
        ("yesterday", None),
        ("", None),
    ] {
        let time = lead(&[("Create Date", text)]).created_at_source.map(|time| time.to_rfc3339());
        assert_eq!(time.as_deref(), expected, "{text}");
    }
}

#[test]
fn a_lead_row_does_not_print_its_person() {
    let printed = format!("{:?}", lead(&[]));
    for secret in ["ada", "Ada", "Lindqvist", "+46", "line one"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_stock_list_becomes_accounts() {
    let head = strings(&["Symbol", "Security", "GICS Sector", "Headquarters Location"]);
    let mapping = Mapping::detect(&head, ImportKind::Accounts).unwrap();
    let cells = strings(&["MMM", " 3M ", "Industrials", "Saint Paul, Minnesota"]);
    let account = parse_account_row(&mapping, 1, &cells).unwrap();
    assert_eq!((account.name.as_str(), account.domain.as_deref()), ("3M", None));
    assert_eq!(account.industry.as_deref(), Some("Industrials"));
    assert_eq!(account.country.as_deref(), Some("Saint Paul, Minnesota"));
    let errors = parse_account_row(&mapping, 2, &strings(&["X", "\u{200b}"])).unwrap_err();
    assert_eq!((errors[0].row, errors[0].field, errors[0].code), (2, "name", Code::Required));
}

fn csv_rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    (headers, rows)
}

#[test]
fn the_sample_export_has_887_people_90_repeats_and_23_bad_addresses() {
    let (headers, rows) = csv_rows(include_str!("../../../../../seed/leads-hubspot.csv"));
    let mapping = Mapping::detect(&headers, ImportKind::Leads).unwrap();
    let mut people = std::collections::HashSet::new();
    let (mut repeats, mut rejects) = (0, 0);
    for (row, cells) in (1..).zip(&rows) {
        match parse_lead_row(&mapping, row, cells) {
            Ok(lead) if people.insert(lead.email.clone()) => {}
            Ok(_) => repeats += 1,
            Err(errors) => {
                assert!(matches!(errors.as_slice(), [error] if error.code == Code::InvalidEmail), "{errors:?}");
                rejects += 1;
            }
        }
    }
    assert_eq!((rows.len(), people.len(), repeats, rejects), (1000, 887, 90, 23));
}

#[test]
fn every_lead_of_the_sample_finds_its_company_by_name() {
    use crate::domain::normalise::company_key;

    let (headers, rows) = csv_rows(include_str!("../../../../../seed/accounts-sp500.csv"));
    let mapping = Mapping::detect(&headers, ImportKind::Accounts).unwrap();
    let accounts: Vec<AccountRow> =
        (1..).zip(&rows).map(|(row, cells)| parse_account_row(&mapping, row, cells).unwrap()).collect();
    let keys: std::collections::HashMap<String, &str> =
        accounts.iter().map(|account| (company_key(&account.name), account.name.as_str())).collect();
    // Three companies are listed with two share classes; nothing else may fall together.
    assert_eq!((accounts.len(), keys.len()), (503, 500));

    let (headers, rows) = csv_rows(include_str!("../../../../../seed/leads-hubspot.csv"));
    let mapping = Mapping::detect(&headers, ImportKind::Leads).unwrap();
    let companies = (1..).zip(&rows).filter_map(|(row, cells)| parse_lead_row(&mapping, row, cells).ok()?.company);
    let strangers: Vec<String> = companies.filter(|company| !keys.contains_key(&company_key(company))).collect();
    assert_eq!(strangers, [""; 0]);
}
