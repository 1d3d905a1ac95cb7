#!/usr/bin/env python3
"""Writes leads-hubspot.csv: a fictional HubSpot export as awkward as the real ones.

Every person is invented. Companies are those of accounts-sp500.csv (public facts); their domains end in
`.example`, which nobody can own. The free-mail addresses contain a hyphen, which neither provider allows:
they cannot belong to anyone.

The file is the same on every run. `--check` fails when the file on disk is another.
"""

import csv
import io
import random
import re
import sys
import unicodedata
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
PEOPLE, REPEATS, REJECTS = 887, 90, 23
FREE_MAIL, ROLE = 36, 20

HEADER = [
    "Record ID", "First Name", "Last Name", "Email", "Phone Number", "Job Title", "Company name",
    "Company Domain Name", "Number of Employees", "Country/Region", "Original Source", "Create Date", "Message",
]

# country: (weight, phone pattern, first names, last names)
COUNTRIES = {
    "US": (40, "+1 202-555-01##", "Ada Brian Carla Dwayne Elena Frank Gloria Hank Irene Jamal Kayla Leroy Monica Nate Opal Peter Quinn Rosa Stan Tanya Vera Wade", "Abbott Barlow Castillo Dalton Ellery Foster Granger Hobbs Ingram Jessup Kearney Lomax Mercer Nolan Ortega Pruitt Quill Rowland Sutter Tillman Vance Whitlock"),
    "GB": (12, "+44 20 7946 0###", "Alfie Bronwen Callum Dorothy Ewan Fiona Gareth Harriet Isla Jasper Keira Lorcan Maeve Niall Olwen Piers", "Ashcroft Birtwistle Cholmondeley Drummond Entwistle Fairweather Gaskell Hathersage Inchbald Jellicoe Kershaw Lightfoot O’Malley Pemberton"),
    "FR": (9, "+33 1 99 00 ## ##", "Aurélie Benoît Céline Didier Élodie François Gaëlle Hugo Inès Jérôme Léa Maëlys Noémie Océane Raphaël Zoé", "Archambault Béranger Chabrol d’Aubigné Delacroix Étienne Fontanel Guérin Hébert Lefèvre Marchand Prévost Rousselot"),
    "DE": (9, "+49 30 23125 ###", "Anke Björn Cäcilie Detlef Elke Friederike Götz Heike Jörg Käthe Lutz Mareike Rüdiger Sören Ursel", "Achterberg Brückner Dörfler Eßer Fröhlich Großmann Hölzer Jäger Köster Lüders Möller Strauß von Thüngen Weißhaupt"),
    "ES": (7, "+34 900 00# ###", "Ainhoa Begoña César Dolores Íñigo Jesús Leire Martín Núria Óscar Ramón Sofía Úrsula", "Álvarez Cañizares Domènech Echeverría Fernández Güell Ibáñez Muñoz Núñez Peña Zúñiga"),
    "BR": (6, "+55 11 4000-00##", "Antônio Beatriz Caíque Débora Estêvão Flávia João Letícia Otávio Vitória", "Assunção Brandão Conceição Falcão Guimarães Magalhães Simões Teixeira"),
    "SE": (5, "+46 8 123 456 ##", "Åsa Bengt Cajsa Erik Gösta Hjördis Lars Märta Nils Örjan", "Ångström Björkqvist Dahlström Hägg Lindqvist Nordström Öberg Sjöholm"),
    "PL": (5, "+48 22 123 45 ##", "Agnieszka Błażej Grażyna Jędrzej Łucja Małgorzata Rafał Świętosława Zbigniew", "Bączek Dąbrowski Gołąb Jabłoński Kościelny Łęcki Śliwa Wójcik Żółtowski"),
    "TR": (2, "+90 212 555 01 ##", "Ayşe Çağla Gülşen İbrahim Işıl Ömer Şükrü", "Çelik Doğan Güneş Işık Öztürk Şahin Yıldız"),
    "JP": (5, "+81 3-5550-01##", "葵 一郎 恵子 さくら 翔 千尋 直人 遥 誠 結衣", "青木 池上 遠藤 小野寺 黒沢 佐々木 髙橋 西村 渡邉"),
    "CN": (2, "+86 10 5550 01##", "伟 芳 秀英 敏 静 磊 婷", "陈 黄 李 欧阳 王 张 周"),
    "KR": (2, "+82 2-555-01##", "민준 서연 지우 하윤 도현 수아", "강 김 박 이 정 최"),
    "IN": (2, "+91 22 5550 01##", "अनिता देवेश लक्ष्मी मीरा राजेश सुनील", "अग्रवाल जोशी त्रिवेदी मिश्रा शर्मा"),
    "GR": (2, "+30 21 0555 01##", "Αθηνά Γιώργος Ελένη Νίκος Σοφία", "Αλεξίου Δημητρίου Παπαδάκης Σταυρίδης"),
    "UA": (2, "+380 44 555 01##", "Богдан Ганна Дмитро Євгенія Ірина Олексій", "Бондаренко Гриценко Ковальчук Шевчук"),
    "EG": (2, "+20 2 5550 01##", "أحمد سلمى فاطمة كريم ليلى", "الشريف حداد سليمان منصور"),
    "IL": (1, "+972 3-555-01##", "אורי דנה יעל נועם", "ברק כהן לוי פרידמן"),
}

TITLES = [
    "Account Executive", "BDR", "CEO", "CFO", "COO", "CTO", "Chief Information Security Officer", "Consultant",
    "Data Analyst", "Director, Procurement", "Engineering Manager", "Head of Revenue Operations", "IT Manager",
    "Marketing Intern", "Product Manager", "Purchasing Manager", "Sr. Software Engineer", "VP Sales",
    "VP of Marketing", "",
]
BANDS = ["11-50", "51-200", "1,001-5,000", "10,001+", "10,001+", "", "<number>"]
SOURCES = ["Webinar", "Website form", "Free trial", "Content download", "Trade show", "Partner", "Referral", "Cold list"]
MESSAGES = [
    "", "", "", "asked for pricing", 'said "call me in Q3"', "€ 50k budget, 3 months", "met at booth; wants demo",
    "line one\nline two", '=HYPERLINK("http://x.example")', "+1 from the whole team 🚀",
]
BAD_ADDRESSES = [
    "john.doe@", "not-an-address", "two@@at.example", "foo bar@x.example", "@acme.example", "nobody@localhost",
    "dots..twice@x.example", ".dot.first@x.example", "n/a", "Jo Doe <jo@x.example>", "a@x.example, b@x.example",
]
ROLES = ["info", "sales", "support", "office"]


def main():
    rng = random.Random(20261123)
    with open(HERE / "accounts-sp500.csv", encoding="utf-8", newline="") as file:
        companies = [row["Security"] for row in csv.DictReader(file)]
    people = make_people(rng, companies)
    rows = arrange(rng, people, companies)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for number, row in enumerate(rows):
        writer.writerow([71000000 + number, *row])
    content = b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")
    path = HERE / "leads-hubspot.csv"
    if "--check" in sys.argv[1:]:
        if path.read_bytes() != content:
            sys.exit(f"{path.name} is not what generate.py writes: run it")
        return
    path.write_bytes(content)


def make_people(rng, companies):
    kinds = ["free"] * FREE_MAIL + ["role"] * ROLE + ["work"] * (PEOPLE - FREE_MAIL - ROLE)
    rng.shuffle(kinds)
    # Each company once, then some again; Microsoft often enough to search for.
    chosen = rng.sample(companies, len(companies))
    chosen += ["Microsoft"] * 5 + rng.choices(companies, k=PEOPLE - len(chosen) - 5)
    rng.shuffle(chosen)
    taken = set()
    return [make_person(rng, kind, company, taken) for kind, company in zip(kinds, chosen)]


def make_person(rng, kind, company, taken):
    country = rng.choices(list(COUNTRIES), weights=[weight for weight, *_ in COUNTRIES.values()])[0]
    _, phone, firsts, lasts = COUNTRIES[country]
    first, last = rng.choice(firsts.split(" ")), rng.choice(lasts.split(" "))
    host = f"{slug(company)}.example"
    while True:
        email = address(rng, kind, first, last, host)
        if email not in taken:
            taken.add(email)
            break
        host = f"{rng.choice(['eu', 'apac', 'us', 'labs'])}.{slug(company)}.example"
    return {
        "first": first,
        "last": last,
        "email": email,
        "phone": "".join(str(rng.randrange(10)) if c == "#" else c for c in phone),
        "title": rng.choice(TITLES),
        "company": spelling(rng, company),
        "host": f"{slug(company)}.example",
        "country": country,
        "created": (datetime(2025, 1, 6, 8) + timedelta(minutes=rng.randrange(960_000))).strftime("%Y-%m-%d %H:%M"),
    }


def address(rng, kind, first, last, host):
    first, last = slug(first), slug(last)
    if kind == "role":
        return f"{rng.choice(ROLES)}@{host}"
    if kind == "free":
        return f"{first or 'demo'}-demo{rng.randrange(1000)}@{rng.choice(['gmail.com', 'yahoo.com'])}"
    if not first or not last:
        return f"u{rng.randrange(10_000)}@{host}"
    styles = [f"{first}.{last}", f"{first}_{last}", f"{first[0]}{last}", f"{first}{rng.randrange(100)}"]
    return f"{rng.choice(styles)}@{host}"


def arrange(rng, people, companies):
    """Rows in file order: each repeat somewhere after the row that it repeats, rejects anywhere."""
    rows = [make_row(rng, person, person["email"]) for person in people]
    for place in sorted(rng.sample(range(10, PEOPLE - 10), REPEATS), reverse=True):
        person = people[place]
        email = rng.choice([str.upper, str.title, lambda e: " " + e, lambda e: e + "  "])(person["email"])
        rows.insert(rng.randrange(place + 1, len(rows) + 1), make_row(rng, person, email))
    for number in range(REJECTS):
        person = make_person(rng, "work", rng.choice(companies), set())
        rows.insert(rng.randrange(len(rows)), make_row(rng, person, BAD_ADDRESSES[number % len(BAD_ADDRESSES)]))
    return rows


def make_row(rng, person, email):
    domain = rng.choice(["", person["host"], f"https://www.{person['host']}/"])
    band = rng.choice(BANDS).replace("<number>", str(rng.randrange(40, 60_000)))
    return [
        person["first"], person["last"], email, person["phone"], person["title"], person["company"], domain, band,
        person["country"], rng.choice(SOURCES), person["created"], rng.choice(MESSAGES),
    ]


def spelling(rng, company):
    """One company in eight is spelt as somebody typed it."""
    if rng.randrange(8):
        return company
    bare = re.sub(r"\s*\([^)]*\)$", "", company)
    if company.endswith("(The)"):
        return f"The {bare}"
    return rng.choice([bare.upper(), bare.lower(), f"{bare}  ", bare.replace(" & ", " and ")])


def slug(text):
    # Letters without a decomposition, then what NFKD leaves after its accents are gone.
    text = text.translate(str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ı": "i", "ø": "o"}))
    text = unicodedata.normalize("NFKD", re.sub(r"\s*\((The|Class .)\)", "", text))
    return re.sub(r"[^a-z0-9]", "", text.lower())


if __name__ == "__main__":
    main()
