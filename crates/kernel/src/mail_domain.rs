//! Which mail domains belong to a provider rather than to a company.

use std::{collections::HashSet, sync::LazyLock};

/// Whether anybody can have an address at `domain`: such a domain says nothing about the company.
pub fn is_free_mail(domain: &str) -> bool {
    let domain = domain.trim().to_lowercase();
    if FREE_MAIL.contains(domain.as_str()) {
        return true;
    }
    // `yahoo.fr`, `hotmail.co.uk`: a country's edition, not `yahoo.shop.example`.
    let Some((brand, edition)) = domain.split_once('.') else { return false };
    let country = edition.strip_prefix("co.").or_else(|| edition.strip_prefix("com.")).unwrap_or(edition);
    FREE_MAIL_BRANDS.contains(brand) && matches!(country.len(), 2..=3) && !country.contains('.')
}

// An import asks several times a row: sets, written as words with a space between.
static FREE_MAIL_BRANDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| "yahoo ymail hotmail outlook live msn gmx".split(' ').collect());

static FREE_MAIL: LazyLock<HashSet<&str>> = LazyLock::new(|| FREE_MAIL_DOMAINS.split(' ').collect());

const FREE_MAIL_DOMAINS: &str = "126.com 163.com aim.com aol.com arcor.de bigpond.com bk.ru bluewin.ch bol.com.br btinternet.com \
    comcast.net daum.net duck.com email.com fastmail.com fastmail.fm foxmail.com free.fr freenet.de \
    gmail.com googlemail.com hanmail.net hey.com icloud.com inbox.ru interia.pl laposte.net libero.it \
    list.ru mac.com mail.com mail.de mail.ru mailbox.org me.com naver.com o2.pl onet.pl orange.fr pm.me \
    posteo.de proton.me protonmail.ch protonmail.com qq.com rediffmail.com rocketmail.com rogers.com \
    sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sohu.com t-online.de telenet.be terra.com.br tuta.com \
    tuta.io tutanota.com uol.com.br verizon.net virgilio.it wanadoo.fr web.de wp.pl yandex.com yandex.ru \
    yeah.net zoho.com";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_mail_is_known_by_provider_and_edition() {
        for domain in ["gmail.com", "Yahoo.co.uk", "hotmail.fr", "gmx.net", "qq.com", "web.de", "mail.ru", "proton.me"]
        {
            assert!(is_free_mail(domain), "{domain}");
        }
        for domain in [
            "microsoft.example",
            "yahoo.example",
            "live.acme.com",
            "live.abc.com",
            "notgmail.com",
            "gmail.com.acme.com",
            "",
        ] {
            assert!(!is_free_mail(domain), "{domain}");
        }
    }
}
