//! A PHP script that is kept running: a line of JSON asks, a line of JSON answers.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::Result;

/// See the module. Killed when dropped.
pub(crate) struct Script {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Script {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        Ok(Self { child, input, output })
    }

    /// Asks, without waiting for the answer.
    pub(crate) fn tell(&mut self, command: &Value) -> Result {
        let input = self.input.as_mut().ok_or("the script was ended")?;
        Ok(input.write_all(format!("{command}\n").as_bytes())?)
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        if line.is_empty() {
            return Err("the script ended; what it said stands above".into());
        }
        serde_json::from_str(&line).map_err(|error| format!("{error}: {line}").into())
    }

    pub(crate) fn ask(&mut self, command: &Value) -> Result<Value> {
        self.tell(command)?;
        self.answer()
    }

    /// Ends it, which gives its segment of the journal free.
    pub(crate) fn end(mut self) -> Result {
        self.input = None;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the script: {status}").into()) }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A number of an answer.
pub(crate) fn number(answer: &Value, key: &str) -> Result<f64> {
    answer[key].as_f64().ok_or_else(|| format!("no number {key} in {answer}").into())
}

/// A list of whole numbers of an answer.
pub(crate) fn numbers(answer: &Value, key: &str) -> Result<Vec<u64>> {
    let list = answer[key].as_array().ok_or_else(|| format!("no list {key}"))?;
    Ok(list.iter().filter_map(Value::as_u64).collect())
}
