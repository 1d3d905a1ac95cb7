use super::{ImportError, ImportKind};

/// A field that an import can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    ExternalId,
    Email,
    FirstName,
    LastName,
    Title,
    Company,
    CompanyDomain,
    Phone,
    Employees,
    Country,
    Source,
    CreatedAtSource,
    Message,
    Name,
    Domain,
    Industry,
}

impl Field {
    /// The field in the API's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExternalId => "externalId",
            Self::Email => "email",
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Title => "title",
            Self::Company => "company",
            Self::CompanyDomain => "companyDomain",
            Self::Phone => "phone",
            Self::Employees => "employees",
            Self::Country => "country",
            Self::Source => "source",
            Self::CreatedAtSource => "createdAtSource",
            Self::Message => "message",
            Self::Name => "name",
            Self::Domain => "domain",
            Self::Industry => "industry",
        }
    }

    /// Longest value, in characters.
    pub const fn max_chars(self) -> usize {
        match self {
            Self::Message => 10_000,
            _ => 500,
        }
    }
}

/// Which columns of a file fill which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// In the fixed order of the kind's fields; the columns of one field with the best match first.
    columns: Vec<(Field, Vec<usize>)>,
    width: usize,
}

impl Mapping {
    /// Recognises the headers of HubSpot's and Salesforce's exports (labels and API names) and of plain
    /// lists. Case, spaces and punctuation do not matter; columns without a meaning here are left alone.
    /// Where several columns fit one field, the first that is not empty wins, row by row.
    ///
    /// # Errors
    /// [`ImportError::MissingColumn`] without a column for the field that identifies a row: the e-mail
    /// address of a lead, the name of an account.
    pub fn detect(headers: &[String], kind: ImportKind) -> Result<Self, ImportError> {
        let keys: Vec<String> = headers.iter().map(|header| header_key(header)).collect();
        let mut columns = Vec::new();
        for (field, labels) in vocabulary(kind) {
            let found: Vec<usize> = labels
                .split('|')
                .flat_map(|label| {
                    let label = header_key(label);
                    keys.iter().enumerate().filter(move |(_, key)| **key == label).map(|(column, _)| column)
                })
                .fold(Vec::new(), |mut found, column| {
                    if !found.contains(&column) {
                        found.push(column);
                    }
                    found
                });
            if found.is_empty() && *field == required(kind) {
                let looked_for = labels.split('|').map(|label| format!("\"{label}\"")).collect::<Vec<_>>().join(" or ");
                return Err(ImportError::MissingColumn { field: field.as_str(), looked_for });
            }
            columns.push((*field, found));
        }
        Ok(Self { columns, width: headers.len() })
    }

    /// How many columns the header names.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The row's text for every field of the kind, in the kind's fixed order, without outer white space.
    pub(super) fn pick<'a>(&'a self, cells: &'a [String]) -> impl Iterator<Item = (Field, &'a str)> {
        self.columns.iter().map(|(field, columns)| {
            let text = |column: &usize| cells.get(*column).map_or("", |cell| cell.trim());
            (*field, columns.iter().map(text).find(|text| !text.is_empty()).unwrap_or_default())
        })
    }
}

fn required(kind: ImportKind) -> Field {
    match kind {
        ImportKind::Leads => Field::Email,
        ImportKind::Accounts => Field::Name,
    }
}

/// Each field with the headers it goes by, best first, with a bar between. The order of the fields is the
/// order of the fingerprint: append, never reorder.
fn vocabulary(kind: ImportKind) -> &'static [(Field, &'static str)] {
    match kind {
        ImportKind::Leads => LEADS,
        ImportKind::Accounts => ACCOUNTS,
    }
}

const LEADS: &[(Field, &str)] = &[
    (Field::ExternalId, "Record ID|Lead ID|Contact ID|Id|hs_object_id|Record ID - Contact|External ID|18 Digit ID"),
    (Field::Email, "Email|E-mail|Email Address|E-mail Address|Work Email|Business Email"),
    (Field::FirstName, "First Name|Given Name|Forename"),
    (Field::LastName, "Last Name|Surname|Family Name"),
    (Field::Title, "Job Title|Title|Position|Role"),
    (
        Field::Company,
        "Company name|Company|Account Name|Company / Account|Associated Company|Primary Company|Account|\
         Organization|Organisation",
    ),
    (Field::CompanyDomain, "Company Domain Name|Company Domain|Domain|Website|Website URL|Company Website"),
    (Field::Phone, "Phone Number|Phone|Business Phone|Work Phone|Telephone|Mobile Phone Number|Mobile Phone|Mobile"),
    (Field::Employees, EMPLOYEES),
    (Field::Country, "Country/Region|Country|Country Code|Mailing Country|IP Country"),
    (Field::Source, "Original Source|Lead Source|Original Traffic Source|hs_analytics_source|Latest Source|Source"),
    (Field::CreatedAtSource, "Create Date|Created Date|Created At|Date Created|Created"),
    (Field::Message, "Message|Description|Comments|Comment|Notes"),
];

const ACCOUNTS: &[(Field, &str)] = &[
    // No ticker: it names a share class, and a company may have several.
    (Field::ExternalId, "Record ID|Account ID|Company ID|Id|hs_object_id|Record ID - Company|External ID|18 Digit ID"),
    (Field::Name, "Company name|Account Name|Name|Company|Security|Account|Organization|Organisation"),
    (Field::Domain, "Company Domain Name|Company Domain|Domain|Domain Name|Website|Website URL|Company Website|URL"),
    (Field::Industry, "Industry|GICS Sector|Sector|Industry Group"),
    (
        Field::Country,
        "Country/Region|Country|Billing Country|Headquarters Location|Headquarters|Headquarter|HQ|\
         Country Code|Shipping Country",
    ),
    (Field::Employees, EMPLOYEES),
];

const EMPLOYEES: &str = "Number of Employees|No. of Employees|Employees|Num Employees|\
    Employee Count|Company Size|Employee Range";

/// What is left of a header when spelling does not matter. Salesforce's relations (`Account.Name`) and
/// HubSpot's internal names (`jobtitle`) meet their labels here.
fn header_key(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use kernel::{Code, Coded};

    use super::*;

    fn headers(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    /// The mapped fields and their texts.
    fn picked(kind: ImportKind, head: &str, cells: &str) -> Vec<(&'static str, String)> {
        let mapping = Mapping::detect(&headers(head), kind).unwrap();
        let cells = headers(cells);
        let picked = mapping.pick(&cells).filter(|(_, text)| !text.is_empty());
        picked.map(|(field, text)| (field.as_str(), text.to_owned())).collect()
    }

    fn fields(kind: ImportKind, head: &str) -> Vec<&'static str> {
        let cells =
            headers(head).iter().enumerate().map(|(column, _)| column.to_string()).collect::<Vec<_>>().join(",");
        picked(kind, head, &cells).into_iter().map(|(field, _)| field).collect()
    }

    const ALL_OF_A_LEAD: &[&str] = &[
        "externalId",
        "email",
        "firstName",
        "lastName",
        "title",
        "company",
        "companyDomain",
        "phone",
        "employees",
        "country",
        "source",
        "createdAtSource",
        "message",
    ];

    #[test]
    fn every_column_of_a_hubspot_contact_export_is_known() {
        let head = "Record ID,First Name,Last Name,Email,Phone Number,Job Title,Company name,Company Domain Name,\
                    Number of Employees,Country/Region,Original Source,Create Date,Message";
        assert_eq!(fields(ImportKind::Leads, head), ALL_OF_A_LEAD);
    }

    #[test]
    fn every_column_of_a_salesforce_lead_export_is_known() {
        let labels = "Lead ID,First Name,Last Name,Title,Company / Account,Email,Phone,Website,No. of Employees,Country,\
                      Lead Source,Created Date,Description";
        let api = "Id,FirstName,LastName,Title,Company,Email,Phone,Website,NumberOfEmployees,Country,LeadSource,\
                   CreatedDate,Description";
        assert_eq!(fields(ImportKind::Leads, labels), ALL_OF_A_LEAD);
        assert_eq!(fields(ImportKind::Leads, api), ALL_OF_A_LEAD);
    }

    #[test]
    fn accounts_come_from_hubspot_salesforce_and_stock_lists() {
        for head in [
            "Record ID,Company name,Company Domain Name,Industry,Country/Region,Number of Employees,Company owner",
            "Account ID,Account Name,Website,Industry,Billing Country,Employees",
            "Id,Name,Website,Industry,BillingCountry,NumberOfEmployees",
        ] {
            let expected = ["externalId", "name", "domain", "industry", "country", "employees"];
            assert_eq!(fields(ImportKind::Accounts, head), expected, "{head}");
        }
        let stocks = "Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK,Founded";
        assert_eq!(fields(ImportKind::Accounts, stocks), ["name", "industry", "country"]);
    }

    #[test]
    fn spelling_of_a_header_does_not_matter() {
        assert_eq!(
            fields(ImportKind::Leads, "\u{feff}E-MAIL,first_name, LAST-name "),
            ["email", "firstName", "lastName"]
        );
    }

    #[test]
    fn of_two_columns_for_one_field_the_first_with_text_wins() {
        let head = "Email,Email,Website,Company Domain Name";
        assert_eq!(
            picked(ImportKind::Leads, head, ",b@x.example,w,d"),
            [("email", "b@x.example".into()), ("companyDomain", "d".into())]
        );
        assert_eq!(
            picked(ImportKind::Leads, head, "a@x.example,b@x.example,w,"),
            [("email", "a@x.example".into()), ("companyDomain", "w".into())]
        );
    }

    #[test]
    fn the_missing_column_is_named() {
        let error = Mapping::detect(&headers("First Name,Last Name"), ImportKind::Leads).unwrap_err();
        assert_eq!((error.code(), error.field()), (Code::UnknownColumn, Some("email")));
        assert!(error.to_string().contains("\"Email\""), "{error}");
        let error = Mapping::detect(&headers("Email"), ImportKind::Accounts).unwrap_err();
        assert_eq!((error.code(), error.field()), (Code::UnknownColumn, Some("name")));
        assert!(Mapping::detect(&[], ImportKind::Leads).is_err());
    }
}
