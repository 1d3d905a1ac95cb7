//! Every event ever published must parse for ever. A golden file is written once, by `make generate`, and
//! never again: changing a payload so that its file no longer reads is the failure these tests look for.

use std::{collections::BTreeSet, fs, path::Path};

use pipewright_events::{Envelope, examples};
use serde_json::Value;

fn golden() -> Vec<(String, Envelope)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/events");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_published_type_has_its_golden_file() {
    let golden: BTreeSet<String> = golden().into_iter().map(|(name, _)| name).collect();
    let published: BTreeSet<String> = examples::all().into_iter().map(|envelope| envelope.r#type).collect();
    assert_eq!(golden, published);
}

#[test]
fn every_golden_payload_still_reads_and_loses_nothing() {
    for (name, envelope) in golden() {
        assert_eq!(name, envelope.r#type);
        let reread = examples::reread(&envelope).unwrap_or_else(|| panic!("nobody reads {name}")).unwrap();
        let data: Value = serde_json::from_str(envelope.data.get()).unwrap();
        assert!(holds(&reread, &data), "{name}: {data} became {reread}");
    }
}

/// Whether `new` says all that `old` said; it may say more.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(key, value)| new.get(key).map_or(value.is_null(), |new| holds(new, value)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        _ => new == old,
    }
}
