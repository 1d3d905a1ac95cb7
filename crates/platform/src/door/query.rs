//! The query string of a URL.

/// Is it text once its escapes are decoded? Whoever decodes them puts something else in the place of what is none.
pub fn is_text(query: &str) -> bool {
    let mut parts = query.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                decoded.extend_from_slice(&part.as_bytes()[2..]);
            }
            // Nothing is escaped here.
            None => {
                decoded.push(b'%');
                decoded.extend_from_slice(part.as_bytes());
            }
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}
