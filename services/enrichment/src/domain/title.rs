//! What a job title says about rank and department. English titles, as most exports have them; a title in
//! other words gives nothing rather than a guess.

/// `C-level`, `VP`, `Head`, `Director`, `Manager`, `Senior`, `Individual contributor` or `Entry`.
pub fn seniority(title: &str) -> Option<&'static str> {
    let words = words(title);
    let has = |list: &str| words.iter().any(|word| listed(list, word));
    let follows = |first: &str, second: &str| words.windows(2).any(|pair| pair[0] == first && pair[1] == second);
    let rank = if has("intern internship trainee apprentice graduate student") {
        "Entry"
    } else if follows("assistant", "to") || follows("executive", "assistant") {
        "Individual contributor"
    } else if has("vp svp evp avp") || follows("vice", "president") {
        "VP"
    } else if has("chief founder cofounder owner president ceo cto cfo coo cio ciso cmo cro cpo chro cdo cso cco") {
        "C-level"
    } else if has("head") {
        "Head"
    } else if has("director") {
        "Director"
    } else if has("manager supervisor") || (has("lead") && !follows("lead", "generation")) {
        "Manager"
    } else if has("senior sr principal staff") {
        "Senior"
    } else if has("junior jr associate assistant") {
        "Entry"
    } else if has(
        "account analyst architect bdr buyer consultant coordinator designer developer engineer recruiter rep \
        representative researcher scientist sdr specialist",
    ) {
        "Individual contributor"
    } else {
        return None;
    };
    Some(rank)
}

/// `Sales`, `Marketing`, `Engineering` … The more telling word wins: security before information, product
/// marketing before product.
pub fn department(title: &str) -> Option<&'static str> {
    let words = words(title);
    DEPARTMENTS.iter().find(|(_, list)| words.iter().any(|word| listed(list, word))).map(|(name, _)| *name)
}

const DEPARTMENTS: [(&str, &str); 14] = [
    ("Security", "security ciso"),
    ("Marketing", "marketing cmo brand demand growth communications content seo"),
    ("Sales", "sales revenue cro bdr sdr account business partnerships presales"),
    ("Procurement", "procurement purchasing buyer sourcing cpo"),
    ("Finance", "finance financial cfo accounting accountant controller controlling treasury tax audit"),
    ("Human resources", "hr people talent recruiter recruiting recruitment chro human"),
    ("Legal", "legal counsel attorney lawyer compliance"),
    ("Customer success", "customer support success service client"),
    ("Data", "data analytics analyst bi cdo"),
    ("Product", "product ux design designer"),
    ("Engineering", "engineering engineer software developer cto devops architect qa programmer technology"),
    ("IT", "it cio infrastructure network sysadmin information"),
    ("Operations", "operations operational coo logistics supply manufacturing production plant"),
    ("Management", "ceo founder cofounder owner president managing"),
];

fn words(title: &str) -> Vec<String> {
    let title = title.to_lowercase().replace("co-founder", "cofounder");
    title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The lists above are words with white space between.
fn listed(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_read() {
        for (title, rank, team) in [
            ("VP of Marketing", Some("VP"), Some("Marketing")),
            ("Marketing Intern", Some("Entry"), Some("Marketing")),
            ("Purchasing Manager", Some("Manager"), Some("Procurement")),
            ("CTO", Some("C-level"), Some("Engineering")),
            ("CEO", Some("C-level"), Some("Management")),
            ("Vice President, Finance", Some("VP"), Some("Finance")),
            ("BDR", Some("Individual contributor"), Some("Sales")),
            ("Data Analyst", Some("Individual contributor"), Some("Data")),
            ("Consultant", Some("Individual contributor"), None),
            ("Sr. Software Engineer", Some("Senior"), Some("Engineering")),
            ("Head of Revenue Operations", Some("Head"), Some("Sales")),
            ("Director, Procurement", Some("Director"), Some("Procurement")),
            ("Chief Information Security Officer", Some("C-level"), Some("Security")),
            ("IT Manager", Some("Manager"), Some("IT")),
            ("Account Executive", Some("Individual contributor"), Some("Sales")),
            ("Executive Assistant to the CEO", Some("Individual contributor"), Some("Management")),
            ("Co-Founder", Some("C-level"), Some("Management")),
            ("Lead Generation Specialist", Some("Individual contributor"), None),
            ("Leiter Einkauf", None, None),
            ("Itinerant poet", None, None),
            ("", None, None),
        ] {
            assert_eq!((seniority(title), department(title)), (rank, team), "{title}");
        }
    }
}
