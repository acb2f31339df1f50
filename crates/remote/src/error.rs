//! The errors of the object store as ours, without anything that is secret.

use sonic_core::{Error, ErrorKind};

/// What went wrong while doing `what`.
pub(crate) fn remote_error(what: impl std::fmt::Display, error: &object_store::Error) -> Error {
    use object_store::Error as Remote;
    let (kind, advice) = match error {
        Remote::NotFound { .. } => (ErrorKind::NotFound, ""),
        Remote::PermissionDenied { .. } | Remote::Unauthenticated { .. } => {
            (ErrorKind::Io, ": give keys that may do this in the environment, or in a file of credentials")
        }
        Remote::NotSupported { .. } | Remote::NotImplemented { .. } => (ErrorKind::Unsupported, ""),
        Remote::InvalidPath { .. } | Remote::UnknownConfigurationKey { .. } => {
            (ErrorKind::InvalidArgument, "")
        }
        _ => (ErrorKind::Io, ": try again"),
    };
    Error::new(kind, format!("{what}: {}{advice}", told(error)))
}

/// True if it makes no sense to try again.
pub(crate) fn is_final(error: &object_store::Error) -> bool {
    use object_store::Error as Remote;
    !matches!(error, Remote::Generic { .. } | Remote::JoinError { .. })
}

/// What an error says, with its causes: without the queries of addresses, which may be signatures, and of what a server
/// answered only the code.
fn told(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    without_secrets(&text)
}

fn without_secrets(text: &str) -> String {
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let said = text.split_once('<').map_or(text, |(said, _)| said);
    let mut out = String::new();
    for (n, part) in said.split('?').enumerate() {
        let rest = part.find([' ', ')', '"', '\'', '`']).map_or("", |end| &part[end..]);
        out += if n == 0 { part } else { rest };
    }
    match code {
        Some((code, _)) => format!("{} ({code})", out.trim_end_matches([':', ' '])),
        None => out.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn no_signature_and_no_body_is_told() {
        let text = "Error after 3 retries, uri: http://host/c/a?sig=SECRET&se=2 (connect), answered: <?xml?><Error>\
                    <Code>SlowDown</Code><Key>SECRET</Key></Error>";
        let told = without_secrets(text);
        assert_eq!(told, "Error after 3 retries, uri: http://host/c/a (connect), answered (SlowDown)");
        assert_eq!(without_secrets("plain"), "plain");
    }
}
