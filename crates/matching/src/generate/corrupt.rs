//! Records of people, and what goes wrong with them.

use rand::{Rng, rngs::StdRng};

use super::{
    number::Number,
    spelt,
    world::{Human, Name, Place, World, word},
};
use crate::person::Person;

/// A record before it is written down.
#[derive(Clone)]
pub struct Draft {
    given: Option<String>,
    family: Option<String>,
    generation: Option<&'static str>,
    email: Option<String>,
    phone: Option<Number>,
    firm: Option<usize>,
    with_domain: bool,
    place: Option<Place>,
    with_country: bool,
    country: &'static str,
    honorific: bool,
    swapped: bool,
    in_one_field: bool,
    family_first: bool,
}

pub fn original(human: &Human, world: &World, rng: &mut StdRng) -> Draft {
    let firm = &world.firms[human.firm];
    let native = rng.random_bool(0.35);
    let spelt = |name: &Name, rng: &mut StdRng| if native { name.native.clone() } else { spelt::spelling(name, rng) };
    let phone = match rng.random_range(0..100) {
        0..45 => Some(&human.mobile),
        45..68 => Some(&firm.switchboard),
        68..75 => Some(&human.line),
        _ => None,
    };
    let email = match rng.random_range(0..100) {
        0..70 => Some(human.work.clone()),
        70..93 => Some(human.private.clone()),
        _ if phone.is_none() => Some(human.work.clone()),
        _ => None,
    };
    Draft {
        given: Some(spelt(&human.given, rng)),
        family: Some(spelt(&human.family, rng)),
        generation: human.generation,
        email,
        phone: phone.cloned(),
        firm: rng.random_bool(0.92).then_some(human.firm),
        with_domain: rng.random_bool(0.3),
        place: rng.random_bool(0.4).then(|| if rng.random_bool(0.3) { human.home.clone() } else { firm.place.clone() }),
        with_country: rng.random_bool(0.75),
        country: human.tongue.country,
        honorific: rng.random_bool(0.03),
        swapped: false,
        in_one_field: rng.random_bool(0.03),
        family_first: native && human.tongue.family_first,
    }
}

/// The original with one to four things wrong.
pub fn duplicate(original: &Draft, human: &Human, world: &World, rng: &mut StdRng) -> Draft {
    let mut draft = original.clone();
    let wrong = match rng.random_range(0..100) {
        0..40 => 1,
        40..75 => 2,
        75..93 => 3,
        _ => 4,
    };
    for _ in 0..wrong {
        draft.go_wrong(human, world, rng);
    }
    draft
}

impl Draft {
    fn go_wrong(&mut self, human: &Human, world: &World, rng: &mut StdRng) {
        match rng.random_range(0..116) {
            0..12 => self.family = self.family.as_deref().map(|name| spelt::typo(name, rng)),
            12..22 => self.given = self.given.as_deref().map(|name| spelt::typo(name, rng)),
            22..32 => {
                self.spell_in_latin(human, rng);
                self.given = Some(spelt::nickname(&human.given, rng));
            }
            32..46 => self.spell_again(human, rng),
            46..51 => {
                self.spell_in_latin(human, rng);
                self.given = human.given.latin[0].chars().next().map(|initial| format!("{initial}."));
            }
            51..55 => self.swapped = !self.swapped,
            55..59 => {
                self.spell_in_latin(human, rng);
                self.family = human.maiden.as_ref().map(|name| spelt::spelling(name, rng)).or(self.family.take());
            }
            59..64 => self.change_company(human, world, rng),
            64..72 => self.phone = None,
            72..76 => self.email = self.email.take().filter(|_| self.phone.is_none()),
            76..81 => self.firm = None,
            81..88 => self.place = None,
            88..95 => self.email = Some([&human.private, &human.work][rng.random_range(0..2)].clone()),
            95..101 => {
                let tag = format!("+{}@", word("crm news web demo", rng));
                self.email = self.email.take().map(|email| email.replacen('@', &tag, 1));
            }
            101..104 => {
                let desk = word("info sales office", rng);
                self.email = Some(format!("{desk}@{}", world.firms[human.firm].domain));
            }
            104..109 => {
                let numbers = [&human.mobile, &human.line, &world.firms[human.firm].switchboard];
                self.phone = Some(numbers[rng.random_range(0..3)].clone());
            }
            109..111 => self.given = None,
            111..114 => self.honorific = true,
            _ => self.in_one_field = true,
        }
    }

    /// In the other script, or in Latin letters in another way.
    fn spell_again(&mut self, human: &Human, rng: &mut StdRng) {
        let native = human.is_foreign_to_latin() && rng.random_bool(0.4);
        self.family_first = native && human.tongue.family_first;
        let spelt =
            |name: &Name, rng: &mut StdRng| if native { name.native.clone() } else { spelt::spelling(name, rng) };
        (self.given, self.family) = (Some(spelt(&human.given, rng)), Some(spelt(&human.family, rng)));
    }

    /// Both names, if they were not.
    fn spell_in_latin(&mut self, human: &Human, rng: &mut StdRng) {
        if human.is_foreign_to_latin() {
            self.family_first = false;
            (self.given, self.family) =
                (Some(spelt::spelling(&human.given, rng)), Some(spelt::spelling(&human.family, rng)));
        }
    }

    /// The address and the switchboard stay behind; a mobile and a private address come along. Four times of five
    /// there is one of those: from the name alone nobody could tell.
    fn change_company(&mut self, human: &Human, world: &World, rng: &mut StdRng) {
        let is_their_own = self.phone.as_ref() == Some(&human.mobile) || self.email.as_ref() == Some(&human.private);
        if !is_their_own && rng.random_bool(0.8) {
            return;
        }
        let (old, new) = (&world.firms[human.firm], human.next.0);
        self.firm = Some(new);
        if self.email.as_ref() == Some(&human.work) {
            self.email = Some(human.next.1.clone());
        }
        if self.phone.as_ref() == Some(&old.switchboard) {
            self.phone = Some(world.firms[new].switchboard.clone());
        }
        if self.place.as_ref() == Some(&old.place) {
            self.place = Some(world.firms[new].place.clone());
        }
    }

    pub fn write(&self, world: &World, rng: &mut StdRng) -> Person {
        let firm = self.firm.map(|firm| &world.firms[firm]);
        let with_country = self.with_country;
        let (first_name, last_name) = self.write_name(rng);
        Person {
            first_name,
            last_name,
            emails: self
                .email
                .iter()
                .map(|email| {
                    if rng.random_bool(0.1) {
                        email.to_uppercase().replace(".EXAMPLE", ".example")
                    } else {
                        email.clone()
                    }
                })
                .collect(),
            phones: self
                .phone
                .iter()
                .map(|phone| phone.write(with_country && phone.is_of(self.country), rng))
                .collect(),
            company: firm.map(|firm| spelt::company(&firm.name, firm.tongue.forms, rng)),
            company_domain: firm.filter(|_| self.with_domain).map(|firm| format!("https://www.{}/", firm.domain)),
            address: self.place.as_ref().map(|place| spelt::place(place, self.country, rng)),
            postcode: None,
            country: with_country.then(|| self.country.to_owned()),
        }
    }

    fn write_name(&self, rng: &mut StdRng) -> (Option<String>, Option<String>) {
        let (mut given, mut family) = (self.given.clone(), self.family.clone());
        if let (Some(family), Some(generation)) = (&mut family, self.generation) {
            *family = format!("{family} {generation}");
        }
        for name in [&mut given, &mut family].into_iter().flatten() {
            match rng.random_range(0..100) {
                0..4 => *name = name.to_uppercase(),
                4..8 => *name = name.to_lowercase(),
                _ => {}
            }
        }
        if self.honorific && !self.family_first {
            given = given.map(|given| format!("{} {given}", ["Dr.", "Mr.", "Prof."][rng.random_range(0..3)]));
        }
        match (given, family) {
            (Some(given), Some(family)) if self.in_one_field && self.family_first => {
                (None, Some(format!("{family}{}{given}", ["", " "][rng.random_range(0..2)])))
            }
            (Some(given), Some(family)) if self.in_one_field => (Some(format!("{given} {family}")), None),
            (given, family) if self.swapped => (family, given),
            names => names,
        }
    }
}
