//! What meetings and connections are called, and when something was: what of a request can be believed.

use crate::refusal::Refusal;
use jiff::Timestamp;
use serde::Deserialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// Longest name of a connection or a meeting, in bytes.
const MOST_BYTES: usize = 128;
/// A sender's clock that is further away than this from ours is not believed, in milliseconds.
const MOST_OFF_MS: f64 = 86_400_000.0;

/// What a meeting takes place in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    #[default]
    GoogleMeet,
    Youtube,
    Zoom,
}

impl Source {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GoogleMeet => "google_meet",
            Self::Youtube => "youtube",
            Self::Zoom => "zoom",
        }
    }
}

/// The meeting of a connection: what it says, or the connection itself.
///
/// # Errors
/// 422 for a name that cannot be one of a meeting there.
pub(crate) fn meeting(said: Option<&str>, source: Source, connection: &str) -> Result<String, Refusal> {
    match said.filter(|said| !said.is_empty()) {
        None => Ok(connection.to_owned()),
        Some(said) if source == Source::GoogleMeet && !is_google(said) => Err(Refusal::unprocessable(
            format!("{} is no meeting of Google Meet, as abc-defg-hij is", short(said)),
        )),
        Some(said) if !is_plain(said) => Err(Refusal::unprocessable(format!(
            "a meeting has 1 to {MOST_BYTES} letters, digits and -_.:+=, not {}",
            short(said)
        ))),
        Some(said) => Ok(said.to_owned()),
    }
}

/// The name of a connection.
///
/// # Errors
/// 422 if it cannot be one.
pub(crate) fn connection(said: &str) -> Result<&str, Refusal> {
    let message = || format!("a connection has 1 to {MOST_BYTES} letters, digits and -_.:+=");
    is_plain(said).then_some(said).ok_or_else(|| Refusal::wrong(&["query", "connection_id"], message()))
}

fn short(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}

fn is_plain(name: &str) -> bool {
    (1..=MOST_BYTES).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:+=".contains(&b))
        && !name.starts_with('.')
}

/// Three, four and three lower-case letters.
fn is_google(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [3, 4, 3] && parts.concat().bytes().all(|b| b.is_ascii_lowercase())
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}

/// A time that a request says: ISO 8601, with or without a zone (UTC then), or seconds or milliseconds since 1970. What is
/// a day or more away from now is what a clock says that is wrong: then it is now.
///
/// # Errors
/// 422 if it is no time.
pub(crate) fn time_ms(said: Option<&str>) -> Result<f64, Refusal> {
    let now = now_ms();
    let Some(said) = said.map(str::trim).filter(|said| !said.is_empty()) else { return Ok(now) };
    let ms = match said.parse::<f64>() {
        // A second count has ten digits, and will for some centuries.
        Ok(number) if number.is_finite() => number * if number.abs() < 1e11 { 1e3 } else { 1.0 },
        Ok(_) => return Err(no_time()),
        // A plus in a query that was not escaped has become a space.
        Err(_) => {
            iso(&said.replace(' ', "+")).or_else(|| iso(&said.replacen(' ', "T", 1))).ok_or_else(no_time)?
        }
    };
    Ok(believed(ms, now))
}

pub(crate) fn iso(said: &str) -> Option<f64> {
    let time = said.parse::<Timestamp>().or_else(|_| format!("{said}Z").parse());
    time.ok().map(|time| time.as_microsecond() as f64 / 1e3)
}

fn no_time() -> Refusal {
    Refusal::wrong(&["query", "ts"], "a time is ISO 8601, or milliseconds since 1970")
}

/// What a sender's clock says, if that can be.
pub(crate) fn believed(said_ms: f64, now_ms: f64) -> f64 {
    if (said_ms - now_ms).abs() <= MOST_OFF_MS { said_ms } else { now_ms }
}

/// A time as the engine takes it, with the offset of UTC as digits.
pub(crate) fn written(ms: f64) -> String {
    let time = Timestamp::from_millisecond(ms.round() as i64).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meetings_are_called_what_they_can_be() {
        for good in ["abc-defg-hij", "zzz-aaaa-zzz"] {
            assert_eq!(meeting(Some(good), Source::GoogleMeet, "c").unwrap(), good);
        }
        for bad in [
            "ABC-defg-hij",
            "abc-defg-hijk",
            "abcdefghij",
            "abc-defg-hi1",
            "abc-defg-hij\n",
            "../../etc",
            "äbc-defg-hij",
        ] {
            assert_eq!(
                meeting(Some(bad), Source::GoogleMeet, "c").unwrap_err().status.as_u16(),
                422,
                "{bad}"
            );
        }
        assert_eq!(meeting(Some("812345678"), Source::Zoom, "c").unwrap(), "812345678");
        for bad in ["a b", "a/b", "..", &"x".repeat(129)] {
            assert!(meeting(Some(bad), Source::Zoom, "c").is_err(), "{bad}");
        }
        assert_eq!(meeting(None, Source::GoogleMeet, "c-1").unwrap(), "c-1", "it is its connection");
        assert!(connection("").is_err() && connection("a\0").is_err() && connection("0b5e-7").is_ok());
    }

    #[test]
    fn times_are_read_in_every_form_and_wrong_clocks_are_not_believed() {
        let now = now_ms();
        let text = written(now);
        assert!(text.ends_with("+00:00") && text.contains('T'), "{text}");
        for said in [
            text.clone(),
            text.replace('+', " "),
            text.replace("+00:00", "Z"),
            text.replace("+00:00", ""),
            format!("{now}"),
            format!("{}", now / 1e3),
        ] {
            let read = time_ms(Some(&said)).unwrap();
            assert!((read - now).abs() < 1.5, "{said}: {read}");
        }
        for wrong in ["1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "-5", "1e300"] {
            assert!((time_ms(Some(wrong)).unwrap() - now).abs() < 5_000.0, "{wrong}");
        }
        for none in ["yesterday", "NaN", "inf", "2025-13-01T00:00:00Z"] {
            assert_eq!(time_ms(Some(none)).unwrap_err().status.as_u16(), 422, "{none}");
        }
        assert_eq!(written(f64::NAN), "1970-01-01T00:00:00.000+00:00");
    }
}
