//! The forms in which people and companies are compared. Nothing here is shown to a user.

mod address;
mod company;
mod country;
mod domain;
mod email;
mod name;
mod nicknames;
mod phone;
mod text;

pub use address::Address;
pub use company::{CompanyName, company_key};
pub use country::country_code;
pub use domain::{Domain, domain_of};
pub use email::{Email, Mailbox};
pub use name::{NamePart, PersonName, Word};
pub use phone::e164;
pub use text::{is_loosely_latin, latin, sound};
