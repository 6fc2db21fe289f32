//! A real endpoint for the demo and the tests: takes every request, writes it down, answers.
//!
//! A path says how to answer: `/status/503`, `/delay/300` (milliseconds), both in any order, and
//! anything else around them. Everything is read and written with the standard library, so that
//! the worker's HTTP client meets an implementation that is not its own.

mod answer;
mod record;

use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use answer::Answer;
use record::Recorder;
use testkit::http::Request;

const USAGE: &str = "\
A webhook endpoint that writes down what it gets.

endpoint --record FILE [--address 127.0.0.1:0] [--config FILE] [--status N] [--delay-ms N] [--live]

  --record FILE    one JSON line a request: method, path, headers, body
  --address A      where to listen; port 0 (the default) is any free one
  --config FILE    the spool's config.json: signatures are checked with its secrets
  --status N       what to answer where the path does not say; 200
  --delay-ms N     how long to wait before answering where the path does not say; 0
  --live           a line a request on standard output

The first line on standard output is the URL.
";

struct Options {
    record: PathBuf,
    config: Option<PathBuf>,
    address: String,
    answer: Answer,
    live: bool,
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut record = None;
    let mut config = None;
    let mut address = "127.0.0.1:0".to_owned();
    let mut answer = Answer { status: 200, delay: Duration::ZERO };
    let mut live = false;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("record") => record = Some(arguments.value()?.into()),
            Long("config") => config = Some(arguments.value()?.into()),
            Long("address") => address = arguments.value()?.string()?,
            Long("status") => answer.status = arguments.value()?.parse()?,
            Long("delay-ms") => {
                answer.delay = Duration::from_millis(arguments.value()?.parse()?);
            }
            Long("live") => live = true,
            Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    let record = record.ok_or("--record FILE is missing")?;
    Ok(Some(Options { record, config, address, answer, live }))
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            let _ = io::stdout().write_all(USAGE.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("endpoint: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("endpoint: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: Options) -> io::Result<()> {
    let listener = TcpListener::bind(&options.address)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", options.address)))?;
    let recorder = Arc::new(Recorder::open(&options.record, options.config, options.live)?);
    let mut stdout = io::stdout();
    writeln!(stdout, "http://{}/", listener.local_addr()?)?;
    stdout.flush()?;
    for stream in listener.incoming() {
        let (recorder, answer) = (Arc::clone(&recorder), options.answer);
        let stream = stream?;
        thread::spawn(move || {
            // A sender that goes away in the middle (a killed worker) is part of the tests.
            if let Err(error) = converse(&stream, &recorder, answer) {
                eprintln!("endpoint: {error}");
            }
        });
    }
    Ok(())
}

/// Takes the requests of one connection until the other side closes it.
fn converse(stream: &TcpStream, recorder: &Recorder, default: Answer) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader)? {
        let answer = default.overridden_by(&request.path);
        recorder.record(&request, answer.status)?;
        thread::sleep(answer.delay);
        answer.write(stream)?;
    }
    Ok(())
}
