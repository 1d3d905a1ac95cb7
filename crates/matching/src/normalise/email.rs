//! E-mail addresses, and whose they are.

use super::domain::Domain;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Lower case, the domain as the network writes it.
    pub address: String,
    /// Without `+tag`, and without the dots that Gmail ignores: two addresses that meet here most probably reach
    /// one mailbox, but only the provider could say.
    pub canonical: String,
    pub domain: String,
    pub mailbox: Mailbox,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailbox {
    /// One person's, as far as its name tells.
    Personal,
    /// A desk's, such as `info@` or `sales.emea@`: it identifies nobody.
    Role,
}

impl Email {
    /// `None` when it is no address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (local, host) = text.split_once('@')?;
        if local.is_empty() || local.contains(char::is_whitespace) || host.contains(['@', '/', ':']) {
            return None;
        }
        let domain = Domain::parse(host)?.ascii;
        let mailbox = if is_role(local) { Mailbox::Role } else { Mailbox::Personal };
        let untagged = local.split_once('+').map_or(local, |(untagged, _)| untagged);
        let untagged = if untagged.is_empty() { local } else { untagged };
        let canonical = match domain.as_str() {
            "gmail.com" | "googlemail.com" => format!("{}@gmail.com", untagged.replace('.', "")),
            _ => format!("{untagged}@{domain}"),
        };
        Some(Self { address: format!("{local}@{domain}"), canonical, domain, mailbox })
    }

    pub fn is_personal(&self) -> bool {
        self.mailbox == Mailbox::Personal
    }

    pub fn local(&self) -> &str {
        self.canonical.split('@').next().unwrap_or_default()
    }
}

fn is_role(local: &str) -> bool {
    let first = local.split(['.', '-', '_', '+']).next().unwrap_or_default();
    let first = first.trim_end_matches(|c: char| c.is_ascii_digit());
    ROLES.split(' ').any(|role| role == first || role == local)
}

const ROLES: &str = "info information office mail email contact contacts contactus kontakt contacto contatto contato sales \
    vertrieb verkauf ventas vendas vendite support help helpdesk service services servicedesk admin administrator \
    administration hello hallo hi team hr jobs job careers career recruiting recruitment bewerbung marketing press \
    presse media pr billing invoice invoices rechnung rechnungen accounting accounts accountspayable buchhaltung \
    finance finances payroll legal compliance privacy datenschutz security abuse postmaster webmaster hostmaster root \
    noreply no-reply donotreply do-not-reply newsletter news orders order bestellung shop store reception empfang \
    frontdesk secretary sekretariat secretariat enquiries enquiry inquiries inquiry feedback partners partner \
    procurement purchasing einkauf it tech webadmin sysadmin ops operations events event booking bookings reservations";

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        Email::parse(text).map(|email| email.canonical)
    }

    #[test]
    fn tags_and_ignored_dots_lead_to_one_mailbox() {
        assert_eq!(canonical(" Ada+News@Acme.example"), Some("ada@acme.example".into()));
        assert_eq!(canonical("ada.king+x@googlemail.com"), canonical("adaking@gmail.com"));
        assert_ne!(canonical("ada.king@acme.example"), canonical("adaking@acme.example"), "dots count elsewhere");
        assert_eq!(canonical("+x@acme.example"), Some("+x@acme.example".into()));
        assert_eq!(canonical("ada@münchen.example"), Some("ada@xn--mnchen-3ya.example".into()));
        for text in ["ada", "@acme.example", "ada@", "a b@acme.example", "ada@acme@acme.example", ""] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn a_desk_is_no_person() {
        for (text, role) in [
            ("info@acme.example", true),
            ("Sales.EMEA@acme.example", true),
            ("support2@acme.example", true),
            ("no-reply@acme.example", true),
            ("ada@acme.example", false),
            ("ines.support@acme.example", false),
        ] {
            assert_eq!(Email::parse(text).unwrap().mailbox == Mailbox::Role, role, "{text}");
        }
    }
}
