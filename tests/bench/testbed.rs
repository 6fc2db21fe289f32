//! What a benchmark runs on: a spool of its own, PHP with the extension, the worker.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use webhooks::spool::Spool;
use webhooks::store::log::Log;

use crate::Result;
use crate::script::Script;
use testkit::process::{Process, wait_for};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The event that is dispatched, and its only webhook.
pub(crate) const EVENT: &str = "payment_received";
pub(crate) const WEBHOOK: &str = "bench";

/// What is measured: the files of one build.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    pub(crate) tree: PathBuf,
    pub(crate) extension: PathBuf,
    pub(crate) worker: PathBuf,
}

impl Build {
    /// Of this tree, once it is built.
    pub(crate) fn of(tree: &Path) -> Result<Self> {
        let path = |file: &str| {
            let path = tree.join("target").join(file);
            path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
        };
        Ok(Self {
            tree: tree.canonicalize()?,
            extension: path("release/libwebhooks_php.so")?,
            worker: path("release/webhooks-worker")?,
        })
    }
}

/// See the module.
pub(crate) struct Testbed {
    folder: tempfile::TempDir,
    worker: PathBuf,
    revision: u64,
}

impl Testbed {
    pub(crate) fn new(build: &Build) -> Result<Self> {
        // Beside the build, and not in a /tmp that may be memory.
        let folder = tempfile::Builder::new().prefix("run.").tempdir_in("target/bench")?;
        let path = folder.path().canonicalize()?;
        fs::create_dir(path.join("spool"))?;
        fs::set_permissions(path.join("spool"), PermissionsExt::from_mode(0o700))?;
        let ini = format!(
            "extension=\"{}\"\nwebhooks.spool=\"{}\"\nwebhooks.autostart=0\nwebhooks.allow=127.0.0.0/8\n\
             memory_limit=-1\ndisplay_errors=stderr\n",
            build.extension.display(),
            path.join("spool").display()
        );
        fs::write(path.join("php.ini"), ini)?;
        Ok(Self { folder, worker: build.worker.clone(), revision: 0 })
    }

    pub(crate) fn spool(&self) -> PathBuf {
        // Made above, in a folder that could be resolved.
        self.folder.path().canonicalize().unwrap_or_default().join("spool")
    }

    /// A PHP with this testbed's extension that runs a script of this folder.
    pub(crate) fn script(&self, name: &str) -> Result<Script> {
        let mut php = Command::new("php");
        php.env("PHP_INI_SCAN_DIR", "").arg("-c").arg(self.folder.path().join("php.ini"));
        Script::start(php.arg(format!("tests/bench/{name}")))
    }

    /// Publishes webhooks, as `webhooks_configure()` does.
    pub(crate) fn publish(&mut self, document: &Value) -> Result {
        self.revision += 1;
        let mut script = self.script("produce.php")?;
        let command = json!({"do": "configure", "document": document, "revision": self.revision});
        script.ask(&command)?;
        script.end()
    }

    /// One webhook for every payment, and what the plugin lets people search by.
    pub(crate) fn publish_one(&mut self, url: &str) -> Result {
        self.publish(&document(&[webhook(WEBHOOK, url, &[EVENT])]))
    }

    pub(crate) fn worker(&self) -> Result<Worker> {
        let mut command = Command::new(&self.worker);
        command.arg("--foreground").arg("--spool").arg(self.spool());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process::start(&mut command)?;
        Ok(Worker { process })
    }

    /// How many deliveries of the webhook the log counts as delivered, failed and pending.
    pub(crate) fn counts(&self) -> Result<(u64, u64, u64)> {
        let Some(mut log) = Log::open(&Spool::open(&self.spool())?, None)? else {
            return Ok((0, 0, 0));
        };
        // Of ten thousand webhooks the hours of a day are more than it lists.
        let query = serde_json::from_value(json!({ "webhook_ids": [WEBHOOK], "hours": 0 }))?;
        let stats = log.stats(&query, 0)?;
        let stats = serde_json::to_value(stats)?;
        let count = |what: &str| stats[WEBHOOK][what].as_u64().unwrap_or(0);
        Ok((count("delivered"), count("failed"), count("pending")))
    }

    /// Waits until so many deliveries are recorded as delivered, and none has failed.
    pub(crate) fn await_delivered(&self, delivered: u64) -> Result {
        let mut counts = (0, 0, 0);
        wait_for("all deliveries are recorded", || {
            counts = self.counts().unwrap_or(counts);
            counts.0 >= delivered || counts.1 > 0
        })?;
        if counts.0 != delivered || counts.1 != 0 {
            return Err(format!("{counts:?} delivered, failed, pending; not {delivered}").into());
        }
        Ok(())
    }

    /// Lets so much time pass for what waits in the store; no worker may run.
    pub(crate) fn pass(&self, ms: i64) -> Result {
        let store = rusqlite::Connection::open(self.spool().join("store.sqlite"))?;
        store.execute("UPDATE clock SET shift = shift - ?1", [ms])?;
        Ok(())
    }

    /// Waits until the worker has read every segment, and deleted it.
    pub(crate) fn await_empty_journal(&self) -> Result {
        let deadline = Instant::now() + Duration::from_secs(300);
        while self.segments()? > 0 {
            if Instant::now() > deadline {
                return Err("the journal is still not empty".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn segments(&self) -> Result<usize> {
        let mut segments = 0;
        for entry in fs::read_dir(self.spool().join("journal"))? {
            segments += usize::from(entry?.path().extension().is_some_and(|it| it == "seg"));
        }
        Ok(segments)
    }
}

/// A webhook as `webhooks_configure()` takes it.
pub(crate) fn webhook(id: &str, url: &str, events: &[&str]) -> Value {
    json!({
        "id": id, "name": id, "url": url, "events": events, "concurrency": 16,
        "secrets": [{ "secret": SECRET }],
    })
}

/// What is published: webhooks, and where the plugin's catalogue lets people search.
pub(crate) fn document(webhooks: &[Value]) -> Value {
    json!({
        "webhooks": webhooks,
        "lookup": { EVENT: [
            "payment_id", "payment_reference_code", "membership_id", "customer_id",
            "customer_user_email", "customer_user_id",
        ] },
    })
}

/// A worker that runs; killed when dropped.
pub(crate) struct Worker {
    pub(crate) process: Process,
}

impl Worker {
    fn proc(&self, file: &str) -> PathBuf {
        Path::new("/proc").join(self.process.id().to_string()).join(file)
    }

    /// Most memory it ever had, in MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        self.memory_line("VmHWM:")
    }

    /// CPU time of all its threads so far, in microseconds.
    pub(crate) fn cpu_us(&self) -> Result<f64> {
        let mut ns = 0.0;
        for thread in fs::read_dir(self.proc("task"))? {
            let schedstat = fs::read_to_string(thread?.path().join("schedstat"))?;
            ns += schedstat.split(' ').next().and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0);
        }
        Ok(ns / 1e3)
    }

    /// How many threads it has.
    pub(crate) fn threads(&self) -> Result<usize> {
        Ok(fs::read_dir(self.proc("task"))?.count())
    }

    /// Memory that it has now, in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        self.memory_line("VmRSS:")
    }

    fn memory_line(&self, name: &str) -> Result<f64> {
        let status = fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
        Ok(kib.ok_or("no such line")? / 1024.0)
    }

    /// How often its threads went to sleep of their own will.
    pub(crate) fn sleeps(&self) -> Result<u64> {
        let mut sum = 0;
        for thread in fs::read_dir(self.proc("task"))? {
            let status = fs::read_to_string(thread?.path().join("status"))?;
            let line = status.lines().find_map(|it| it.strip_prefix("voluntary_ctxt_switches:"));
            sum += line.and_then(|line| line.trim().parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(sum)
    }

    /// TERM, and waits for its end.
    pub(crate) fn leave(mut self) -> Result {
        self.process.signal(rustix::process::Signal::TERM);
        let mut ended = Ok(None);
        wait_for("the worker's end", || {
            ended = self.process.ended();
            !matches!(ended, Ok(None))
        })?;
        ended?;
        Ok(())
    }
}
