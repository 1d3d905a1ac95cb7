//! The heart: what the program says of a record, each database says of its row.

use pipewright_filter::{FilterBind, MAX_CONDITIONS, MAX_LIST, Piece, Sql, Value, list_key, push_filter, text_key};
use platform::{Db, db::Migrations, execute, with_db};
use rand::{SeedableRng, rngs::StdRng};
use sqlx::{QueryBuilder, migrate::Migrator, types::Json};

use crate::{
    random,
    world::{self, Person, filter, now},
};

static TABLES: Migrator = sqlx::migrate!("tests/migrations");

/// What a column of this type holds of a value.
macro_rules! only {
    ($value:expr, $kind:ident) => {
        $value.and_then(|value| if let Value::$kind(it) = value { Some(it) } else { None })
    };
}

/// A database with these people, numbered from 0.
async fn open(url: &str, people: &[Person]) -> Db {
    let db = Db::connect(url).await.unwrap();
    Migrations::new(&TABLES).apply(&db).await.unwrap();
    let mut tx = db.everywhere().begin().await.unwrap();
    for (id, person) in (0_i64..).zip(people) {
        let get = |field: &str| person.values.get(field).cloned();
        let company = only!(get("company"), Text).and_then(|text| text_key(&text));
        let tags = only!(get("tags"), List).and_then(|items| list_key(&items));
        let insert = "insert into person values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        execute!(
            tx,
            sqlx::query(insert)
                .bind(id)
                .bind(Json(world::schema().keys(person)))
                .bind(company)
                .bind(only!(get("country"), Text))
                .bind(only!(get("employees"), Integer))
                .bind(only!(get("score"), Number))
                .bind(only!(get("active"), Boolean))
                .bind(only!(get("created_at"), Time))
                .bind(only!(get("born"), Date))
                .bind(tags)
        )
        .unwrap();
        for (name, at) in &person.deeds {
            let insert = "insert into deed (person_id, name, at) values ($1, $2, $3)";
            execute!(tx, sqlx::query(insert).bind(id).bind(*name).bind(*at)).unwrap();
        }
    }
    tx.commit().await.unwrap();
    db
}

fn select<DB: FilterBind>(sql: &Sql) -> QueryBuilder<DB> {
    let mut query = QueryBuilder::new("select id from person where id >= 0 and ");
    push_filter(&mut query, sql);
    query.push(" order by id");
    query
}

async fn ids(db: &Db, sql: &Sql) -> Vec<i64> {
    with_db!(db.everywhere(), pool => select(sql).build_query_scalar().persistent(false).fetch_all(pool).await.unwrap())
}

/// On both engines.
macro_rules! on_both {
    ($test:ident) => {
        mod $test {
            #[tokio::test]
            async fn sqlite() {
                super::$test("sqlite::memory:").await;
            }

            #[tokio::test]
            async fn postgres() {
                let database = testkit::postgres_database().await;
                super::$test(&database.url).await;
            }
        }
    };
}

async fn the_program_and_the_database_agree_on_every_record(url: &str) {
    let mut rng = StdRng::seed_from_u64(20_261_123);
    let people: Vec<_> = (0..80).map(|_| random::person(&mut rng)).collect();
    let db = open(url, &people).await;
    let mut told_apart = 0;
    for nth in 0..2_000 {
        let text = random::sentence(&mut rng, nth % 4);
        let filter = filter(&text);
        let expected: Vec<_> =
            (0_i64..).zip(&people).filter(|(_, person)| filter.matches(*person, now())).map(|(id, _)| id).collect();
        assert_eq!(ids(&db, &filter.sql(now())).await, expected, "{filter}");
        told_apart += usize::from(!expected.is_empty() && expected.len() < people.len());
    }
    assert!(told_apart > 1_000, "most filters find some and not all: {told_apart}");
}
on_both!(the_program_and_the_database_agree_on_every_record);

async fn the_largest_filter_is_no_problem_for_the_database(url: &str) {
    let people =
        [Person::default().with("tags", Value::List(vec!["7".to_owned()])).with("employees", Value::Integer(7))];
    let db = open(url, &people).await;
    // As much as the bounds and the length of the text allow, in the forms that nest deepest.
    let some = |count: usize, one: fn(usize) -> String| (0..count).map(one).collect::<Vec<_>>();
    let numbers = some(MAX_LIST, |n| n.to_string()).join(",");
    let tags = some(MAX_LIST, |n| format!("'{n}'")).join(",");
    let chain = some(MAX_CONDITIONS - 2, |n| format!("born!='2026-01-{:02}'", n % 28 + 1)).join(" and ");
    let text = format!("{}{chain}{} and employees in({numbers})", "not(".repeat(16), ")".repeat(16));
    assert_eq!(ids(&db, &filter(&text).sql(now())).await, [0]);
    let chain = some(MAX_CONDITIONS - 1, |n| format!("score={n}")).join(" or ");
    let text = format!("{}{chain} or tags has any of({tags}){}", "not(".repeat(16), ")".repeat(16));
    assert_eq!(ids(&db, &filter(&text).sql(now())).await, [0]);
    let long = format!("title contains '{}'", "%\u{fdfa}".repeat(50));
    assert!(ids(&db, &filter(&long).sql(now())).await.is_empty());
}
on_both!(the_largest_filter_is_no_problem_for_the_database);

/// After an attribute's type has changed, what was kept under the old one is unknown, not an error.
async fn a_value_of_another_type_is_unknown(url: &str) {
    let people = [Person::default().text("attr.tier", "gold")];
    let db = open(url, &people).await;
    let changed = world::schema().clone().attribute("tier", pipewright_filter::Type::Integer).unwrap();
    for (text, fits) in [("attr.tier >= 0", false), ("attr.tier is unknown", true), ("attr.tier != 3", true)] {
        let filter = pipewright_filter::Filter::parse(text, &changed).unwrap();
        assert_eq!(filter.matches(&people[0], now()), fits, "{text}");
        assert_eq!(!ids(&db, &filter.sql(now())).await.is_empty(), fits, "{text}");
    }
}
on_both!(a_value_of_another_type_is_unknown);

#[test]
fn nothing_that_a_user_wrote_is_in_the_sql() {
    let text = "title = 'zzz' and company contains 'zzz' and tags has any of ('zzz') and attr.tier in ('zzz')
        and country = 'DE' and employees > 77777 and did('email.opened', within 77777 minutes) > 77777";
    let sql = filter(text).sql(now());
    let texts = sql.pieces().iter().filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None });
    let texts: String = texts.map(String::as_str).collect();
    for written in ["zzz", "77777", "DE", "email.opened"] {
        assert!(!texts.contains(written), "{texts}");
    }
}

#[test]
fn an_index_can_serve_what_is_not_negated_and_one_event_is_enough() {
    let sql = filter("employees >= 200 and attr.tier = 'Gold' and did('email.opened')").sql(now());
    let shown = sql.pieces().iter().map(|piece| if let Piece::Text(text) = piece { text } else { "?" });
    let shown: String = shown.collect();
    assert_eq!(
        shown,
        "((person.employees >= ?) and ((person.keys ->> 't.attr.tier') = ?) and \
        (exists (select 1 from deed where deed.person_id = person.id and deed.name = ?)))"
    );
}
