use kernel::{ActorKind, Permission};
use pipewright_search::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::objects::{SEARCH, found, found_by, hear_account, hear_contact, hear_lead, hear_opportunity, search, texts};

on_both_engines!(SERVICE, every_kind_is_found_by_its_id);

async fn every_kind_is_found_by_its_id(test: ServiceTest) {
    let lead = hear_lead(&test, "Ada Engine", "ada@one.example", "").await;
    let account = hear_account(&test, "Engine Works", "").await;
    let contact = hear_contact(&test, "Charles Babbage", "charles@engine.example", "Inventor").await;
    let opportunity = hear_opportunity(&test, "Engine for 2027").await;

    let list = search(&test, "engine").await;
    let mut nodes: Vec<_> = texts(&list, "/node/__typename").into_iter().zip(texts(&list, "/node/id")).collect();
    nodes.sort();
    let expected = [
        ("Account", account.id.to_string()),
        ("Contact", contact.id.to_string()),
        ("Lead", lead.id.to_string()),
        ("Opportunity", opportunity.id.to_string()),
    ];
    assert_eq!(nodes, expected.map(|(kind, id)| (kind.to_owned(), id)));
    assert_eq!(list["totalCount"], json!(4));

    let some = test.graphql(SEARCH, json!({ "query": "engine", "types": ["CONTACT", "OPPORTUNITY"] })).await;
    let mut kinds = texts(&some["search"], "/node/__typename");
    kinds.sort();
    assert_eq!(kinds, ["Contact", "Opportunity"]);
    let all = test.graphql(SEARCH, json!({ "query": "engine", "types": [] })).await;
    assert_eq!(all["search"]["totalCount"], json!(4));
}

on_both_engines!(SERVICE, a_misspelt_company_finds_the_account_first_and_its_leads);

async fn a_misspelt_company_finds_the_account_first_and_its_leads(test: ServiceTest) {
    for n in 0..3 {
        hear_lead(&test, "Satya Example", &format!("satya{n}@mail.example"), "Microsoft").await;
    }
    let account = hear_account(&test, "Microsoft", "microsoft.example").await;
    hear_opportunity(&test, "Microsoft").await;
    hear_account(&test, "Micro Center", "microcenter.example").await;
    for query in ["Micrsoft", "Mircosoft", "microsoft"] {
        let list = search(&test, query).await;
        assert_eq!(texts(&list, "/node/id")[0], account.id.to_string(), "{query}");
        assert_eq!(texts(&list, "/highlight"), vec!["<mark>Microsoft</mark>"; 5], "{query}");
    }
}

on_both_engines!(SERVICE, an_exact_word_comes_before_a_beginning_and_a_beginning_before_a_typo);

async fn an_exact_word_comes_before_a_beginning_and_a_beginning_before_a_typo(test: ServiceTest) {
    hear_account(&test, "Acne Studios", "").await;
    hear_account(&test, "Acmex", "").await;
    hear_lead(&test, "Wile Coyote", "wile@desert.example", "Acme").await;
    hear_account(&test, "Acme Germany", "").await;
    hear_account(&test, "Acme", "").await;
    hear_account(&test, "Zenith", "").await;
    let expected = [
        "<mark>Acme</mark>",
        "<mark>Acme</mark> Germany",
        "<mark>Acme</mark>",
        "<mark>Acmex</mark>",
        "<mark>Acne</mark> Studios",
    ];
    assert_eq!(found(&test, "acme").await, expected);
}

on_both_engines!(SERVICE, accents_case_and_width_do_not_matter);

async fn accents_case_and_width_do_not_matter(test: ServiceTest) {
    hear_lead(&test, "José Müller", "jm@one.example", "").await;
    for query in ["Jose", "JOSÉ", "jose\u{301}", "ｊｏｓｅ", "muller", "Jose Muller"] {
        assert_eq!(found(&test, query).await.len(), 1, "{query}");
    }
    assert_eq!(found(&test, "Jose").await, ["<mark>José</mark> Müller"]);
}

on_both_engines!(SERVICE, scripts_without_spaces_are_found_inside);

async fn scripts_without_spaces_are_found_inside(test: ServiceTest) {
    hear_lead(&test, "翔太 田中", "shota@one.example", "株式会社トヨタ").await;
    hear_account(&test, "삼성전자", "").await;
    hear_account(&test, "東京電力", "").await;
    assert_eq!(found(&test, "翔太").await, ["<mark>翔太</mark> 田中"]);
    assert_eq!(found(&test, "トヨタ").await, ["株式会社<mark>トヨタ</mark>"]);
    assert_eq!(found(&test, "ﾄﾖﾀ").await, ["株式会社<mark>トヨタ</mark>"]);
    assert_eq!(found(&test, "전자").await, ["삼성<mark>전자</mark>"]);
    assert_eq!(found(&test, "京").await, ["東<mark>京</mark>電力"]);
    assert!(found(&test, "太翔").await.is_empty());
}

on_both_engines!(SERVICE, an_address_is_found_whole_in_parts_and_begun);

async fn an_address_is_found_whole_in_parts_and_begun(test: ServiceTest) {
    hear_contact(&test, "Ada Lovelace", "ada.l@engines.example", "Countess").await;
    hear_contact(&test, "Charles Babbage", "charles@engines.example", "Professor").await;
    assert_eq!(found(&test, "ada.l@engines.example").await, ["<mark>ada.l@engines.example</mark>"]);
    assert_eq!(found(&test, "ada.l@eng").await, ["<mark>ada.l@engines.example</mark>"]);
    assert_eq!(found(&test, "ada.l@enginse.example").await, ["<mark>ada.l@engines.example</mark>"]);
    assert_eq!(found(&test, "@engines.example").await.len(), 2);
    assert_eq!(found(&test, "countess").await, ["<mark>Countess</mark>"]);
}

on_both_engines!(SERVICE, every_word_must_be_found_in_any_field);

async fn every_word_must_be_found_in_any_field(test: ServiceTest) {
    hear_lead(&test, "Ada Lovelace", "ada@one.example", "Analytical Engines").await;
    hear_lead(&test, "Ada Byron", "ada@two.example", "Difference Ltd").await;
    assert_eq!(found(&test, "ada").await.len(), 2);
    assert_eq!(found(&test, "ada analyt").await, ["<mark>Ada</mark> Lovelace"]);
    assert_eq!(found(&test, "engines lovelcae").await.len(), 1);
    assert!(found(&test, "ada zzzz").await.is_empty());
}

on_both_engines!(SERVICE, nobody_finds_what_another_workspace_has);

async fn nobody_finds_what_another_workspace_has(test: ServiceTest) {
    let stranger = test.stranger();
    hear_account(&test, "Microsoft", "").await;
    let theirs = crate::objects::account(&test.clock, "Microsoft Theirs", "");
    test.deliver_to(stranger.workspace, &events::lead::AccountCreated { current: theirs }).await;
    assert_eq!(found(&test, "microsoft").await, ["<mark>Microsoft</mark>"]);
    assert_eq!(found_by(&test, &stranger, "micrsoft").await, ["<mark>Microsoft</mark> Theirs"]);
    let count = test.graphql_as(&stranger, SEARCH, json!({ "query": "micr" })).await;
    assert_eq!(count["data"]["search"]["totalCount"], json!(1));
}

#[tokio::test]
async fn the_highlight_is_safe_to_show() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hear_account(&test, "<img src=x onerror=\"alert('hi')\"> & Sons", "").await;
    let expected = "&lt;img src=x onerror=&quot;alert(&#39;hi&#39;)&quot;&gt; &amp; <mark>Sons</mark>";
    assert_eq!(found(&test, "sons").await, [expected]);
}

#[tokio::test]
async fn a_query_without_a_word_finds_nothing() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hear_account(&test, "Acme", "").await;
    for query in ["", "  ", "!?", "@"] {
        let list = search(&test, query).await;
        assert_eq!((&list["totalCount"], &list["edges"]), (&json!(0), &json!([])), "{query}");
        assert_eq!(list["pageInfo"]["hasNextPage"], json!(false));
    }
}

#[tokio::test]
async fn queries_that_are_too_long_are_refused_by_field() {
    let test = ServiceTest::sqlite(SERVICE).await;
    for query in ["x".repeat(201), "a b c d e f g h i j k".to_owned()] {
        let answer = test.try_graphql(SEARCH, json!({ "query": query })).await;
        assert_eq!(answer["errors"][0]["extensions"], json!({ "code": "INVALID_INPUT", "field": "query" }));
    }
    let longest = "é".repeat(200);
    assert_eq!(search(&test, &longest).await["totalCount"], json!(0));
}

#[tokio::test]
async fn a_key_that_may_not_read_may_not_search() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let mut actor = test.actor.clone();
    actor.kind = ActorKind::ApiKey;
    actor.permissions = vec![Permission::Write];
    let answer = test.graphql_as(&actor, SEARCH, json!({ "query": "acme" })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
}
