//! Rules about the architecture that are tests, not wishes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

const SERVICES: [&str; 7] = ["identity", "lead", "enrichment", "routing", "cadence", "pipeline", "search"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for an ordinary dependency.
    kind: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Metadata>(&output.stdout).unwrap().packages
}

/// `pipewright-lead` is `lead`; the all-in-one keeps its name.
fn short(name: &str) -> &str {
    name.strip_prefix("pipewright-").unwrap_or(name)
}

/// Who imports whom of our own, development dependencies left out.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let packages = packages();
    let ours: BTreeSet<String> = packages.iter().map(|package| package.name.clone()).collect();
    let dependencies = |package: &Package| {
        let ordinary = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind.is_none() && ours.contains(&dependency.name));
        ordinary.map(|dependency| short(&dependency.name).to_owned()).collect()
    };
    packages.iter().map(|package| (short(&package.name).to_owned(), dependencies(package))).collect()
}

#[test]
fn dependencies_point_inward() {
    let allowed = |package: &str| -> Vec<&str> {
        match package {
            // What a client knows of us is the schema; what compares schemas, or people, knows nothing of us.
            "kernel" | "schema-diff" | "matching" | "client-example" => vec![],
            "events" | "filter" => vec!["kernel"],
            "platform" => vec!["kernel", "events"],
            "rest" => vec!["kernel", "platform", "gateway"],
            "testkit" | "gateway" => vec!["kernel", "events", "platform"],
            "lead" => vec!["kernel", "events", "filter", "matching", "platform"],
            service if SERVICES.contains(&service) => vec!["kernel", "events", "filter", "platform"],
            // The two that see everything: the program of all, and the tests of all.
            _ => vec![
                "kernel",
                "events",
                "filter",
                "platform",
                "testkit",
                "gateway",
                "rest",
                "schema-diff",
                "matching",
                "identity",
                "lead",
                "enrichment",
                "routing",
                "cadence",
                "pipeline",
                "search",
            ],
        }
    };
    for (package, imports) in imports() {
        for import in imports {
            assert!(allowed(&package).contains(&import.as_str()), "{package} must not import {import}");
        }
    }
}

#[test]
fn every_service_has_the_same_shape() {
    for service in SERVICES {
        let folder = root().join("services").join(service);
        for path in [
            "Cargo.toml",
            "README.md",
            "migrations",
            "src/lib.rs",
            "src/main.rs",
            "src/error.rs",
            "src/app",
            "src/store",
            "src/graphql",
            "tests/it/main.rs",
        ] {
            assert!(folder.join(path).exists(), "services/{service}/{path} is missing");
        }
        assert!(
            folder.join("src/domain").exists() || folder.join("src/domain.rs").exists(),
            "services/{service} has no domain"
        );
    }
}

#[test]
fn the_domain_is_pure() {
    for service in SERVICES {
        for file in rust_files(&root().join("services").join(service).join("src/domain")) {
            let text = fs::read_to_string(&file).unwrap();
            for forbidden in [
                "async fn",
                "sqlx",
                "async_graphql",
                "axum",
                "tokio::",
                "std::fs",
                "crate::app",
                "crate::store",
                "crate::graphql",
            ] {
                assert!(!text.contains(forbidden), "{} says {forbidden}", file.display());
            }
        }
    }
}

#[test]
fn the_layers_of_a_service_point_inward() {
    for service in SERVICES {
        let source = root().join("services").join(service).join("src");
        for (layer, forbidden) in [
            ("app", ["async_graphql", "axum::", "crate::graphql", "crate::http"]),
            ("store", ["async_graphql", "crate::app", "crate::graphql", "crate::http"]),
        ] {
            for file in rust_files(&source.join(layer)) {
                let text = fs::read_to_string(&file).unwrap();
                for word in forbidden {
                    assert!(!text.contains(word), "{} says {word}", file.display());
                }
            }
        }
    }
}

#[test]
fn every_member_is_on_the_code_map() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for package in packages() {
        let folder = package.manifest_path.parent().unwrap().strip_prefix(root()).unwrap().display().to_string();
        assert!(map.contains(&format!("`{folder}`")), "ARCHITECTURE.md does not name `{folder}`");
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
