//! What came in: a JSON line in a file, and where asked for a line to read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use testkit::http::Request;

pub(crate) struct Recorder {
    file: Mutex<File>,
    config: Option<PathBuf>,
    live: bool,
}

impl Recorder {
    pub(crate) fn open(path: &Path, config: Option<PathBuf>, live: bool) -> io::Result<Recorder> {
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        Ok(Recorder { file: Mutex::new(file), config, live })
    }

    pub(crate) fn record(&self, request: &Request, status: u16) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let headers = request.headers.iter().map(|(name, value)| (name.clone(), json!(value)));
        let mut line = json!({
            "method": request.method,
            "path": request.path,
            "headers": Value::Object(headers.collect()),
            "body": String::from_utf8_lossy(&request.body),
        })
        .to_string();
        line.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // First, so that whoever finds a request in the file finds its line to read as well.
        if self.live {
            let mut stdout = io::stdout().lock();
            writeln!(stdout, "{}", self.live_line(request, status, now as i64))?;
            stdout.flush()?;
        }
        file.write_all(line.as_bytes())
    }

    /// Event, milliseconds since it was dispatched, status answered, signature, id.
    fn live_line(&self, request: &Request, status: u16, now_ms: i64) -> String {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let event = body["type"].as_str().unwrap_or("(no event)");
        let took = body["timestamp"]
            .as_str()
            .and_then(unix_ms)
            .map_or("?".to_owned(), |dispatched| (now_ms - dispatched).to_string());
        let signature = match self.is_signed(request) {
            Some(true) => "verified",
            Some(false) => "INVALID",
            None => "not checked",
        };
        let test = if request.header("webhook-test").is_some() { " (test)" } else { "" };
        let id = request.header("webhook-id").unwrap_or("(no id)");
        let what = format!("{event}{test}");
        format!("{what:<24}  {took:>11} ms  {status:<6}  {signature:<11}  {id}")
    }

    /// Whether one of the configured secrets made one of the request's signatures (`v1` of
    /// Standard Webhooks 1.0.0). Written from the specification and not with the crate's own
    /// code, which made them. The webhooks may change at any time: the file is read each time.
    fn is_signed(&self, request: &Request) -> Option<bool> {
        let config: Value = serde_json::from_slice(&fs::read(self.config.as_ref()?).ok()?).ok()?;
        let (id, timestamp, signatures) = (
            request.header("webhook-id")?,
            request.header("webhook-timestamp")?,
            request.header("webhook-signature").unwrap_or_default(),
        );
        let secrets = config["webhooks"].as_array()?.iter();
        let secrets = secrets.filter_map(|webhook| webhook["secrets"].as_array()).flatten();
        let mut keys = secrets
            .filter_map(|entry| entry["secret"].as_str()?.strip_prefix("whsec_"))
            .filter_map(|secret| BASE64.decode(secret).ok());
        Some(keys.any(|key| {
            signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|signature| {
                let Ok(signature) = BASE64.decode(signature) else { return false };
                let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return false };
                mac.update(format!("{id}.{timestamp}.").as_bytes());
                mac.update(&request.body);
                mac.verify_slice(&signature).is_ok()
            })
        }))
    }
}

/// Milliseconds since the epoch of `2026-11-20T10:00:00.123Z`.
fn unix_ms(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    if text.len() != 24 || !text.ends_with('Z') {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    // Days before March of that year, in the calendar whose year begins in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let minutes = ((days - 719_469) * 24 + number(11, 13)?) * 60 + number(14, 16)?;
    Some((minutes * 60 + number(17, 19)?) * 1000 + number(20, 23)?)
}
