//! Which given names are short, pet or other tongues' forms of one.

use std::{collections::HashMap, sync::LazyLock};

/// The groups that a folded given name belongs to; two names are forms of one when they share a group. Empty for a
/// name that is in none, which says nothing about it. `alex` is in two.
pub fn groups(name: &str) -> &'static [u16] {
    static BY_NAME: LazyLock<HashMap<&str, Vec<u16>>> = LazyLock::new(|| {
        let mut by_name: HashMap<&str, Vec<u16>> = HashMap::new();
        for (group, names) in (0..).zip(GROUPS) {
            for name in names.split(' ') {
                by_name.entry(name).or_default().push(group);
            }
        }
        by_name
    });
    BY_NAME.get(name).map_or(&[], Vec::as_slice)
}

/// A group a line, the full form first. Modest on purpose: what is here is beyond doubt in business mail.
const GROUPS: &[&str] = &[
    "abigail abby gail",
    "abraham abe ibrahim avraham",
    "aleksander alexander alex aleksandr alexandre alessandro sasha sascha sandy lex aleksandar oleksandr",
    "alexandra aleksandra alex sasha sandra alessandra oleksandra",
    "alexey aleksei alexei aleksey alyosha alexis oleksiy",
    "alfred al fred alf",
    "albert al bert alberto",
    "amanda mandy",
    "anastasia nastya anastasiya stacy",
    "andrew andy drew andreas andrei andrey andrzej andre andres",
    "angela angie",
    "anna ann anne annie hanna hannah anya ania",
    "anthony tony antonio anton antoine antoni",
    "antonia toni",
    "arthur art artur",
    "barbara barb babs basia",
    "benjamin ben benny",
    "bernard bernie bernhard",
    "carl karl carlos karol charles charlie chuck",
    "caroline carolina carrie karoline",
    "catherine cathy kate katherine kathy katie kathryn katharina ekaterina katya katarzyna kasia catalina",
    "christina tina christine chris kristina kristin",
    "christopher chris kit topher christoph krzysztof cristobal",
    "daniel dan danny daniil",
    "danielle dani",
    "david dave davey",
    "deborah debbie deb debra",
    "dmitry dima dmitri dimitri dmitriy dmytro dimitris",
    "donald don donnie",
    "dorothy dot dottie dorothea",
    "douglas doug",
    "edward ed eddie ted ned eduard eduardo",
    "edwin ed",
    "eleanor ellie nell nora",
    "elizabeth liz beth betty lizzie eliza elisabeth lisa elizaveta libby bess",
    "emily em emilia emmy",
    "eugene gene evgeny yevgeny evgeniy",
    "evgenia zhenya",
    "ferdinand fernando",
    "frances fran franny francesca",
    "francis frank francesco francisco francois franz franciszek paco",
    "franklin frank",
    "frederick fred freddie fritz friedrich federico frederic fryderyk",
    "gabriel gabe",
    "gabriela gabi gabriele gabriella",
    "george georg jorge georges giorgio giorgos georgios yuri yury yuriy iouri jurij",
    "gerald gerry jerry",
    "gerard gerry gerhard",
    "gregory greg grigory gregor grzegorz",
    "harold harry hal",
    "heinrich henry harry hank enrique henri henrik",
    "helen helena elena lena nell yelena alena olena",
    "hiroshi hiro",
    "isabella isabel bella izzy isabelle",
    "ivan john johnny jack jan johann johannes hans jean juan giovanni ian sean vanya yannis giannis ioannis janek",
    "jacob jake jakob jakub yakov",
    "james jim jimmy jamie diego jaime",
    "janet jan",
    "jeffrey jeff geoffrey geoff",
    "jennifer jen jenny",
    "jessica jess jessie",
    "joan joanne joanna jo johanna",
    "jonathan jon jonny nathan",
    "joseph joe joey josef jose giuseppe jozef pepe yosef yusuf youssef",
    "joshua josh",
    "judith judy",
    "julia julie yulia giulia",
    "kenneth ken kenny",
    "konstantin kostya constantine kostas konstantinos",
    "lawrence larry laurence lorenzo lars",
    "leonard leo len lenny leonardo",
    "louis lou luis ludwig luigi ludvig lewis",
    "louise lou luisa",
    "magdalena lena magda",
    "mahmoud mahmud mehmood",
    "margaret maggie meg peggy marge greta margarita margarete gosia malgorzata rita",
    "maria mary marie mariya masha marija molly mariam maryam",
    "mark marc marco marcus marek markus marcos",
    "martin marty marcin",
    "matthew matt matthias mateusz matteo mateo",
    "maximilian max maxim maxime",
    "megan meg",
    "melissa mel missy",
    "michelle michele michaela",
    "michael mike mick mikey michel mikhail misha miguel michal mikko mikael",
    "mohammed mohamed muhammad mohammad mo mehmet",
    "natalie natalia natasha nataliya nathalie nat",
    "nathaniel nathan nat nate",
    "nicholas nick nicky nicolas nikolai nikolay niklas klaus nico nikos nikolaos mikolaj",
    "olga olya",
    "oliver ollie olivier",
    "pamela pam",
    "patricia pat patty trish tricia",
    "patrick pat paddy",
    "paul pavel paolo pablo pawel pavlo",
    "peter pete petr pyotr pedro pierre piotr pietro petros petro",
    "philip phil philipp felipe philippe filip",
    "raymond ray ramon",
    "rebecca becky becca",
    "richard rick dick rich richie ricardo rik riccardo",
    "robert bob rob bobby robbie bert roberto",
    "ronald ron ronnie",
    "samantha sam",
    "samuel sam sammy",
    "sergei sergey sergio serge serhii serhiy",
    "sophia sophie sofia zofia sonya",
    "stephen steve steven stefan stephan esteban etienne stefano szczepan",
    "stephanie steph stefanie",
    "susan sue susie susanne suzanne zuzanna",
    "svetlana sveta",
    "tatiana tanya tatyana tetiana",
    "theodore ted theo fyodor teodor",
    "theresa terry teresa tess",
    "thomas tom tommy tomas tomasz tommaso",
    "timothy tim timmy",
    "valerie val",
    "victor vic viktor vitya",
    "victoria vicky tori viktoria",
    "vincent vince vincenzo vicente",
    "vladimir vova volodya volodymyr",
    "walter walt wally",
    "william bill will billy liam willy wilhelm guillaume guillermo wim",
    "zachary zach zack",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn related(one: &str, other: &str) -> bool {
        groups(one).iter().any(|group| groups(other).contains(group))
    }

    #[test]
    fn forms_of_one_name_share_a_group() {
        for (one, other) in [("bob", "robert"), ("misha", "michael"), ("alex", "alexandra"), ("alex", "sascha")] {
            assert!(related(one, other), "{one} and {other}");
        }
        for (one, other) in [("alexander", "alexandra"), ("jon", "john"), ("maria", "mario"), ("eric", "erica")] {
            assert!(!related(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn every_name_stands_folded_and_once_a_line() {
        for line in GROUPS {
            let mut names: Vec<&str> = line.split(' ').collect();
            assert!(names.iter().all(|name| name.bytes().all(|letter| letter.is_ascii_lowercase())), "{line}");
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{line}");
        }
    }
}
