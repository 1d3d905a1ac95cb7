//! The OpenAPI document.

use std::{collections::BTreeSet, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{View, document};

#[tokio::test]
async fn the_description_is_served_to_every_key_and_is_what_is_checked_in() -> Result<()> {
    let view = View::open().await?;
    let served = view.get("/openapi.json").await?;
    assert_eq!((served.status.as_u16(), served.body), (200, document()));
    let refused = view.send(Method::GET, "/openapi.json", &[("authorization", "Bearer no")], None).await?;
    refused.assert_problem(401, "UNAUTHENTICATED", None);
    Ok(())
}

#[test]
fn the_description_fits_the_schema_of_openapi_3_1() -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let validator =
        root.join("clients/typescript/node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js");
    ensure!(validator.exists(), "the validator is not installed: run `make clients`");
    let output = Command::new("node").arg(validator).arg(root.join("schema/openapi.json")).output()?;
    let verdict: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(verdict["valid"], json!(true), "{verdict}");
    Ok(())
}

#[test]
fn the_description_is_whole_and_every_reference_in_it_leads_somewhere() -> Result<()> {
    let document = document();
    assert_eq!(document["openapi"], json!("3.1.0"));
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 10);
    for reference in references {
        let pointer = reference.strip_prefix('#').context("a reference into the document")?;
        ensure!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().context("paths")? {
        for (method, operation) in item.as_object().context("a path")?.iter().filter(|(name, _)| *name != "parameters")
        {
            let id = operation["operationId"].as_str().with_context(|| format!("{method} {path} has no id"))?;
            ensure!(operations.insert(id.to_owned()), "{id} is there twice");
            ensure!(operation["summary"].is_string(), "{id} says nothing");
            ensure!(operation["responses"]["default"].is_object(), "{id} knows no problems");
            let hides = operation["responses"]["204"].is_object();
            ensure!(hides == (method == "post"), "{id}: only what is made may be what one does not read");
            let in_path = path.matches('{').count();
            let declared = item["parameters"].as_array().map_or(0, Vec::len);
            ensure!(in_path == declared, "{path} declares {declared} of {in_path} parameters");
        }
    }
    for id in [
        "createAccount",
        "createContact",
        "createLead",
        "createOpportunity",
        "getAccount",
        "getContact",
        "getLead",
        "getOpportunity",
        "listAccounts",
        "listContacts",
        "listLeads",
        "listOpportunities",
        "updateAccount",
        "updateContact",
        "updateLead",
        "updateOpportunity",
    ] {
        assert!(operations.contains(id), "{id} is missing: {operations:?}");
    }
    Ok(())
}

fn collect_references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect_references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, into)),
        _ => {}
    }
}
