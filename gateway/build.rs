//! Embeds the built playground: a table of (path, content type, bytes) in `OUT_DIR/playground.rs`. Without a
//! build of it the table is empty, and the gateway serves a page that says how to make one.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const DIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/playground/dist");

fn main() -> Result<(), Box<dyn Error>> {
    let dist = Path::new(DIST);
    // A watched path that is missing makes cargo run this, and compile the crate, every time: leave an empty
    // folder to watch. Where the tree is read-only nothing changes, and nothing is to be watched.
    let _ = fs::create_dir_all(dist);
    println!("cargo::rerun-if-changed={DIST}");
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = BTreeMap::new();
    if dist.join("index.html").is_file() {
        collect(dist, dist, &mut files)?;
    }
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is set by cargo")?;
    fs::write(Path::new(&out).join("playground.rs"), table(&files)?)?;
    Ok(())
}

/// Every file below `folder`, by its path relative to `root`, always with `/`.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let parts: Option<Vec<_>> = path.strip_prefix(root)?.iter().map(|part| part.to_str()).collect();
            files.insert(parts.ok_or("a file name is not UTF-8")?.join("/"), path.canonicalize()?);
        }
    }
    Ok(())
}

fn table(files: &BTreeMap<String, PathBuf>) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("&[\n");
    for (name, path) in files.iter().filter(|(name, _)| !name.ends_with(".gz")) {
        let gzip = match files.get(&format!("{name}.gz")) {
            Some(path) => format!("Some(include_bytes!({path:?}))"),
            None => "None".into(),
        };
        let content_type = content_type(name)?;
        writeln!(
            text,
            "    File {{ path: {name:?}, content_type: {content_type:?}, body: include_bytes!({path:?}), gzip: {gzip} }},"
        )?;
    }
    text.push_str("]\n");
    Ok(text)
}

fn content_type(name: &str) -> Result<&'static str, Box<dyn Error>> {
    Ok(match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        Some("woff2") => "font/woff2",
        Some("json" | "map") => "application/json",
        Some("md") => "text/markdown; charset=utf-8",
        // The browser is told not to guess, so a kind of file that is new here must be named here.
        _ => return Err(format!("no content type is known for web/playground/dist/{name}").into()),
    })
}
