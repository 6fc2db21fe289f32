//! The PHP processes: those that dispatch, and those that publish.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use webhooks::id::EventId;

use crate::test_webhooks;
use testkit::payload::{Number, payload};
use testkit::process::Process;

/// How PHP is called.
pub(crate) struct Php {
    extension: PathBuf,
    spool: PathBuf,
    output: File,
}

impl Php {
    /// `folder` gets what PHP says on its own account.
    pub(crate) fn new(extension: &Path, spool: &Path, folder: &Path) -> io::Result<Self> {
        let output = File::create(folder.join("php.txt"))?;
        Ok(Self { extension: extension.to_owned(), spool: spool.to_owned(), output })
    }

    fn command(&self, script: &str) -> io::Result<Command> {
        let setting = |name: &str, value: &Path| {
            let mut setting = OsString::from(format!("{name}="));
            setting.push(value);
            setting
        };
        let mut command = Command::new("php");
        command.arg("-n").arg("-d").arg(setting("extension", &self.extension));
        command.arg("-d").arg(setting("webhooks.spool", &self.spool));
        command.args(["-d", "webhooks.allow=127.0.0.1", "-d", "webhooks.autostart=0"]);
        // run.sh runs us in the project's folder, which need not be the one we were built in.
        command.arg(Path::new("tests/chaos").join(script));
        command.stdin(Stdio::null()).stdout(self.output.try_clone()?);
        command.stderr(self.output.try_clone()?);
        Ok(command)
    }

    /// Publishes the document in a file; what PHP said, if it refused.
    pub(crate) fn publish(&self, document: &Path, revision: u64) -> Result<(), String> {
        let output = self
            .command("publish.php")
            .and_then(|mut command| {
                command.arg(document).arg(revision.to_string()).stderr(Stdio::piped()).output()
            })
            .map_err(|error| format!("php can't be started: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    }
}

/// A dispatching process, and those that take its place when it is killed.
pub(crate) struct Producer {
    pub(crate) number: u64,
    /// Its events have idempotency keys, so that it may be killed.
    pub(crate) keyed: bool,
    to: u64,
    pace_us: u64,
    account: PathBuf,
    process: Process,
}

impl Producer {
    /// Starts producer `number`, which dispatches `count` events, one each `pace_us`
    /// microseconds, and keeps account in `folder`.
    pub(crate) fn start(
        php: &Php,
        seed: u64,
        number: u64,
        count: u64,
        keyed: bool,
        pace_us: u64,
        folder: &Path,
    ) -> io::Result<Self> {
        let account = folder.join(format!("{number}.txt"));
        let process = spawn(php, seed, number, 0..count, keyed, pace_us, &account)?;
        Ok(Self { number, keyed, to: count, pace_us, account, process })
    }

    pub(crate) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Whether it has dispatched all.
    pub(crate) fn has_ended(&mut self) -> Result<bool, String> {
        match self.process.ended().map_err(|error| error.to_string())? {
            Some(status) if !status.success() => {
                Err(format!("producer {} ended with {status}: see php.txt", self.number))
            }
            ended => Ok(ended.is_some()),
        }
    }

    /// Kills it; another process repeats its last event and goes on.
    pub(crate) fn replace(&mut self, php: &Php, seed: u64) -> Result<(), String> {
        self.process.kill().map_err(|error| error.to_string())?;
        let account = Account::read(&self.account)?;
        let from = account
            .last
            .map_or(0, |last| if account.open.contains(&last) { last } else { last + 1 });
        let (number, range) = (self.number, from..self.to);
        self.process = spawn(php, seed, number, range, self.keyed, self.pace_us, &self.account)
            .map_err(|error| format!("php can't be started: {error}"))?;
        Ok(())
    }
}

fn spawn(
    php: &Php,
    seed: u64,
    number: u64,
    range: std::ops::Range<u64>,
    keyed: bool,
    pace_us: u64,
    account: &Path,
) -> io::Result<Process> {
    let mut command = php.command("produce.php")?;
    let numbers = [seed, number, range.start, range.end, u64::from(keyed), pace_us];
    command.args(numbers.map(|number| number.to_string()));
    command.arg(test_webhooks::names().join(",")).arg(account);
    Process::start(&mut command)
}

/// What one producer wrote down.
#[derive(Default)]
struct Account {
    returned: Vec<(u64, EventId)>,
    /// Begun, and neither returned nor refused.
    open: HashSet<u64>,
    refused: HashSet<u64>,
    messages: Vec<String>,
    unwanted: Vec<u64>,
    last: Option<u64>,
}

impl Account {
    fn read(file: &Path) -> Result<Self, String> {
        let text = match std::fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|error| format!("{}: {error}", file.display()))?,
        };
        let mut account = Self::default();
        for line in text.lines() {
            let unreadable = || format!("{}: \"{line}\"", file.display());
            let mut words = line.splitn(3, ' ');
            let (kind, number) = (words.next(), words.next().and_then(|word| word.parse().ok()));
            let number: u64 = number.ok_or_else(unreadable)?;
            let rest = words.next().unwrap_or_default();
            account.last = Some(number);
            account.open.remove(&number);
            match kind {
                Some("?") => drop(account.open.insert(number)),
                Some("=") => {
                    let id = rest.parse().map_err(|_| unreadable())?;
                    account.refused.remove(&number);
                    account.returned.push((number, id));
                }
                Some("0") => account.unwanted.push(number),
                Some("!") => {
                    account.refused.insert(number);
                    account.messages.push(rest.to_owned());
                }
                _ => return Err(unreadable()),
            }
        }
        Ok(account)
    }
}

/// An event whose id was returned to its caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dispatched {
    pub(crate) id: EventId,
    pub(crate) number: Number,
    pub(crate) name: &'static str,
}

/// What all producers wrote down.
#[derive(Default)]
pub(crate) struct Accounts {
    pub(crate) dispatched: Vec<Dispatched>,
    /// Events that nobody may receive.
    pub(crate) refused: HashSet<Number>,
    /// Why events were refused.
    pub(crate) messages: HashSet<String>,
    /// Events to which nobody subscribed.
    pub(crate) unwanted: Vec<Number>,
    /// Events of which nobody knows: there must be none in the end.
    pub(crate) open: Vec<Number>,
}

impl Accounts {
    /// Reads the accounts of producers 0 to `producers` − 1.
    pub(crate) fn read(folder: &Path, seed: u64, producers: u64) -> Result<Self, String> {
        let mut accounts = Self::default();
        for producer in 0..producers {
            let account = Account::read(&folder.join(format!("{producer}.txt")))?;
            accounts.dispatched.extend(account.returned.iter().map(|(number, id)| {
                let number = (producer, *number);
                Dispatched {
                    id: *id,
                    number,
                    name: payload(&test_webhooks::names(), seed, number).0,
                }
            }));
            accounts.refused.extend(account.refused.iter().map(|number| (producer, *number)));
            accounts.open.extend(account.open.iter().map(|number| (producer, *number)));
            accounts.unwanted.extend(account.unwanted.iter().map(|number| (producer, *number)));
            accounts.messages.extend(account.messages);
        }
        Ok(accounts)
    }

    /// How many events have been accepted so far.
    pub(crate) fn count(folder: &Path, producers: u64) -> usize {
        let count = |producer| Account::read(&folder.join(format!("{producer}.txt")));
        (0..producers).filter_map(|one| count(one).ok()).map(|it| it.returned.len()).sum()
    }
}
