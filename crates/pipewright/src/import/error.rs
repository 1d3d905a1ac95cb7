use std::{borrow::Cow, fmt};

use kernel::Code;

/// Why a command ended, with the code and the exit status that a script can act on:
///
/// | exit | meaning |
/// |---|---|
/// | 0 | done; rejected rows are in the summary |
/// | 1 | the server failed, or is not a Pipewright server |
/// | 2 | the command line or the file is at fault |
/// | 3 | the server cannot be reached or has too much to do: try again |
/// | 4 | the key is missing, unknown or not allowed to do this |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// One of [`Code`], or `UNREACHABLE`.
    pub code: Cow<'static, str>,
    pub message: String,
    exit: u8,
}

impl CliError {
    pub fn usage(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().into(), message: message.into(), exit: 2 }
    }

    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { code: "UNREACHABLE".into(), message: message.into(), exit: 3 }
    }

    pub fn refused(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().into(), message: message.into(), exit: 4 }
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: Code::Internal.as_str().into(), message: message.into(), exit: 1 }
    }

    /// What a server answered with `code`, which may be newer than this program.
    pub fn answered(code: &str, message: impl Into<String>) -> Self {
        let exit = match code {
            "UNAUTHENTICATED" | "FORBIDDEN" => 4,
            "SUBGRAPH_UNAVAILABLE" | "OVERLOADED" | "DEADLINE_EXCEEDED" => 3,
            "INTERNAL" => 1,
            _ => match Code::ALL.iter().find(|known| known.as_str() == code).map(|known| known.status()) {
                Some(400 | 413) => 2,
                _ => 1,
            },
        };
        Self { code: code.to_owned().into(), message: message.into(), exit }
    }

    pub fn exit_code(&self) -> u8 {
        self.exit
    }

    /// The same error, saying where or what then.
    pub fn context(mut self, what: &str) -> Self {
        self.message = format!("{}; {what}", self.message);
        self
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for CliError {}
