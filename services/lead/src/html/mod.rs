//! What visitors see, as text: no scripts, no pictures, nothing from anywhere else.

pub mod form;
pub mod landing;

/// Bytes that a page may grow by while it is served: what a visitor typed has another bound, the hidden inputs have this.
pub const ROOM: usize = 4_000;

const STYLE: &str = "*{box-sizing:border-box}\
    body{font:1.125rem/1.6 system-ui,sans-serif;margin:0;color:#1b1b1b;background:#fff;overflow-wrap:anywhere}\
    main{max-width:42rem;margin:0 auto;padding:1.5rem 1rem 3rem}\
    h1{font-size:clamp(1.75rem,7vw,2.75rem);line-height:1.15}h2{font-size:1.5rem;line-height:1.25}\
    .lead{font-size:1.25rem}blockquote{margin:1.5rem 0;padding-left:1rem;border-left:.25rem solid #0b57d0}\
    form{margin-top:1.5rem}.field{margin:0 0 1.25rem}label,legend{display:block;font-weight:600}\
    input:not([type=checkbox]),textarea,select{font:inherit;width:100%;padding:.6rem;border:1px solid #5f6368;border-radius:.25rem;background:#fff;color:#1b1b1b}\
    .tick{display:flex;gap:.6rem;align-items:flex-start;font-weight:400}.tick input{width:1.5rem;height:1.5rem;flex:none;margin:.15rem 0 0}\
    button{font:inherit;font-weight:600;min-height:2.75rem;padding:.6rem 1.5rem;border:0;border-radius:.25rem;background:#0b57d0;color:#fff;cursor:pointer}\
    :focus-visible{outline:3px solid #ffb000;outline-offset:2px}\
    .error{color:#b3261e;font-weight:600;margin:.25rem 0}[aria-invalid=true]{border:2px solid #b3261e!important}\
    .summary{border:2px solid #b3261e;border-radius:.25rem;padding:0 1rem;margin:1.5rem 0}.hint{color:#5f6368;font-weight:400}\
    .away{position:absolute;left:-625rem}";

/// A whole page.
pub fn shell(language: &str, title: &str, body: &str) -> String {
    let (language, title) = (escape(language), escape(title));
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
}

/// A page with a heading and one paragraph or more.
pub fn notice(title: &str, body: &str) -> String {
    shell("en", title, &format!("<h1>{}</h1>{body}", escape(title)))
}

pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
