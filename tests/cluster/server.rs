//! A web server of the network: a spool of its own, php-fpm, a worker, and a process that dispatches
//! all the time.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use testkit::process::{Process, wait_for};
use webhooks::spool::Spool;

use crate::gateway;
use crate::nodes::{DATABASE, USER};
use crate::test_webhooks;
use crate::user::User;

/// Debian's libfaketime, which gives a process another time of day.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// Milliseconds between two events of a server's own producer, on average.
const PACE_MS: u64 = 130;
/// More than a producer ever dispatches.
const ENDLESS: u64 = 1_000_000;

/// The built parts that are tried, and where a run lies.
pub(crate) struct Parts {
    pub(crate) worker: PathBuf,
    pub(crate) extension: PathBuf,
    /// Folder of WordPress with the plugin; `None`: PHP alone.
    pub(crate) wordpress: Option<PathBuf>,
    pub(crate) user: User,
}

/// See the module.
pub(crate) struct Server {
    pub(crate) number: usize,
    folder: PathBuf,
    spool: Spool,
    wordpress: Option<PathBuf>,
    binary: PathBuf,
    user: User,
    seed: u64,
    /// What faketime adds to the time of day, in seconds.
    clock: i64,
    worker: Option<Process>,
    fpm: Option<Process>,
    producer: Option<Process>,
    /// Producers started so far.
    produced: u64,
    is_removed: bool,
}

impl Server {
    /// Makes a server in `folder`, with copies of the parts that its user may read.
    pub(crate) fn new(
        number: usize,
        seed: u64,
        parts: &Parts,
        folder: &Path,
    ) -> Result<Self, String> {
        let store = match parts.wordpress {
            Some(_) => "mysql:".to_owned(),
            None => address(number),
        };
        Self::with_store(number, seed, parts, folder, &store)
    }

    /// One whose log lies in its spool; nobody starts a worker there.
    pub(crate) fn plain(parts: &Parts, folder: &Path) -> Result<Self, String> {
        Self::with_store(1, 0, parts, folder, "")
    }

    /// The same, but for the log, which lies in the database.
    pub(crate) fn on_database(parts: &Parts, folder: &Path) -> Result<Self, String> {
        Self::with_store(1, 0, parts, folder, &address(1))
    }

    fn with_store(
        number: usize,
        seed: u64,
        parts: &Parts,
        folder: &Path,
        store: &str,
    ) -> Result<Self, String> {
        let io = |error: std::io::Error| format!("{}: {error}", folder.display());
        let user = parts.user;
        for part in ["", "php", "run", "accounts", "spool", "tmp"] {
            user.make_folder(&folder.join(part)).map_err(io)?;
        }
        let path = folder.join("spool");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).map_err(io)?;
        // A worker that nobody watches over is started by whoever dispatches; here this run does.
        let ini = format!(
            "extension=\"{}\"\nwebhooks.spool=\"{}\"\nwebhooks.store=\"{store}\"\n\
             webhooks.worker=\"{}\"\nwebhooks.autostart=0\nwebhooks.allow=127.0.0.0/8\n\
             sys_temp_dir=\"{}/tmp\"\n",
            parts.extension.display(),
            path.display(),
            parts.worker.display(),
            folder.display(),
        );
        fs::write(folder.join("php/webhooks.ini"), ini).map_err(io)?;
        // Where another user owns the folder, whoever opens it first is that user or root.
        let spool = Spool::open(&path).map_err(|error| error.to_string())?;
        let server = Self {
            number,
            folder: folder.to_owned(),
            spool,
            wordpress: parts.wordpress.clone(),
            binary: parts.worker.clone(),
            user,
            seed,
            clock: 0,
            worker: None,
            fpm: None,
            producer: None,
            produced: 0,
            is_removed: false,
        };
        fs::write(folder.join("run/fpm.conf"), server.fpm_conf()).map_err(io)?;
        Ok(server)
    }

    fn fpm_conf(&self) -> String {
        let folder = self.folder.display();
        let user = match self.user {
            User::WwwData => "user = www-data\ngroup = www-data\n",
            User::Own => "",
        };
        format!(
            "[global]\npid = \"{folder}/run/fpm.pid\"\nerror_log = \"{folder}/run/fpm.log\"\ndaemonize = no\n\
             [network]\n{user}listen = \"{folder}/run/fpm.sock\"\nlisten.mode = 0666\nchdir = \"{folder}\"\n\
             pm = static\npm.max_children = 3\nenv[CLUSTER_DB] = {}\nenv[CLUSTER_SERVER] = {}\n\
             catch_workers_output = yes\nphp_admin_value[error_log] = \"{folder}/run/php.log\"\n\
             php_admin_flag[log_errors] = on\nphp_admin_value[sendmail_path] = /bin/true\n",
            db_host(self.number),
            self.number,
        )
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.spool
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.is_removed
    }

    /// What a process of this server has in its environment.
    fn dress(&self, command: &mut Command) {
        command.env("PHP_INI_SCAN_DIR", format!(":{}/php", self.folder.display()));
        command.env("CLUSTER_DB", db_host(self.number));
        command.env("CLUSTER_SERVER", self.number.to_string());
    }

    /// The program and what `env` sets for it: only what runs as its user in the end may have a false
    /// clock, as that shares it with its children through a file of its own.
    fn program(&self, program: &std::ffi::OsStr) -> Vec<std::ffi::OsString> {
        let mut words = Vec::new();
        if self.clock != 0 {
            words.extend(["env".into(), format!("LD_PRELOAD={FAKETIME}").into()]);
            words.push(format!("FAKETIME={:+}s", self.clock).into());
            words.extend(["FAKETIME_DONT_FAKE_MONOTONIC=1".into(), "DONT_FAKE_MONOTONIC=1".into()]);
        }
        words.push(program.into());
        words
    }

    fn command(
        &self,
        program: impl AsRef<std::ffi::OsStr>,
        output: &str,
    ) -> Result<Command, String> {
        let words = self.program(program.as_ref());
        let mut command = self.user.command(&words[0]);
        command.args(&words[1..]);
        self.dress(&mut command);
        let path = self.folder.join(output);
        let output = File::options().create(true).append(true).open(&path);
        let output = output.map_err(|error| format!("{}: {error}", path.display()))?;
        let again = output.try_clone().map_err(|error| error.to_string())?;
        command.stdin(Stdio::null()).stdout(output).stderr(again);
        Ok(command)
    }

    /// Runs a script of tests/cluster in this server's PHP to its end; what it printed.
    pub(crate) fn php(&self, script: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.command("php", "run/cli.txt")?;
        // What www-data is to read may lie where it can't go.
        let text = fs::read_to_string(Path::new("tests/cluster").join(script))
            .map_err(|error| format!("tests/cluster/{script}: {error}"))?;
        let copy = self.folder.join("run").join(script);
        fs::write(&copy, text).map_err(|error| format!("{}: {error}", copy.display()))?;
        if let Some(wordpress) = &self.wordpress {
            command.env("WP_ROOT", wordpress);
        }
        command.arg(copy).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = command.output().map_err(|error| format!("php: {error}"))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(told);
        }
        Err(format!("{script}: {told} {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Starts the worker, as a service manager would.
    pub(crate) fn start_worker(&mut self) -> Result<(), String> {
        let mut command = self.command(&self.binary, "worker.txt")?;
        let store =
            if self.wordpress.is_some() { "mysql:".to_owned() } else { address(self.number) };
        command.arg("--foreground").arg("--spool").arg(self.spool.path()).arg("--store").arg(store);
        self.worker = Some(Process::start(&mut command).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Starts php-fpm.
    pub(crate) fn start_fpm(&mut self) -> Result<(), String> {
        if self.wordpress.is_none() {
            return Ok(());
        }
        let version = Command::new("php")
            .args(["-n", "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"])
            .output()
            .map_err(|error| format!("php: {error}"))?;
        let name = format!("php-fpm{}", String::from_utf8_lossy(&version.stdout));
        // As root it makes itself www-data.
        let words = self.program(name.as_ref());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        self.dress(&mut command);
        if self.user == User::Own {
            command.arg("--allow-to-run-as-root");
        }
        command.arg("--fpm-config").arg(self.folder.join("run/fpm.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let _ = fs::remove_file(self.folder.join("run/fpm.sock"));
        self.fpm = Some(Process::start(&mut command).map_err(|error| format!("{name}: {error}"))?);
        let socket = self.folder.join("run/fpm.sock");
        wait_for("php-fpm", || socket.exists())
    }

    /// Where nginx finds php-fpm.
    pub(crate) fn fpm_socket(&self) -> PathBuf {
        self.folder.join("run/fpm.sock")
    }

    /// Starts the process that dispatches until it is killed.
    pub(crate) fn start_producer(&mut self) -> Result<(), String> {
        let script = self.folder.join("run/produce.php");
        fs::copy("tests/chaos/produce.php", &script).map_err(|error| error.to_string())?;
        let account = self.folder.join("accounts").join(format!("{}.txt", self.producer_id()));
        let mut command = self.command("php", "run/producer.txt")?;
        let numbers = [self.seed, self.producer_id(), 0, ENDLESS, 1, PACE_MS * 1000];
        command.arg(script).args(numbers.map(|number| number.to_string()));
        command.arg(test_webhooks::names().join(",")).arg(account);
        self.producer = Some(Process::start(&mut command).map_err(|error| error.to_string())?);
        self.produced += 1;
        Ok(())
    }

    /// The number of the producer that is started next: each has its own.
    fn producer_id(&self) -> u64 {
        self.number as u64 * 1000 + self.produced
    }

    /// The files in which its producers keep account.
    pub(crate) fn accounts(&self) -> PathBuf {
        self.folder.join("accounts")
    }

    /// Ends the producer; its last event may be one of which it does not know.
    pub(crate) fn end_producer(&mut self) -> Result<(), String> {
        kill(&mut self.producer)
    }

    /// The worker's number, where one runs.
    pub(crate) fn worker_id(&self) -> Option<u32> {
        self.worker.as_ref().map(Process::id)
    }

    /// SIGKILL for the worker.
    pub(crate) fn kill_worker(&mut self) -> Result<(), String> {
        kill(&mut self.worker)
    }

    /// Asks the worker to leave, and waits for its end.
    pub(crate) fn end_worker(&mut self) -> Result<(), String> {
        let Some(mut worker) = self.worker.take() else { return Ok(()) };
        worker.signal(Signal::TERM);
        let mut status = None;
        wait_for("the worker's end", || {
            status = worker.ended().transpose();
            status.is_some()
        })?;
        match status.transpose().map_err(|error| error.to_string())? {
            Some(status) if !status.success() => {
                Err(format!("the worker of server {} ended with {status}", self.number))
            }
            _ => Ok(()),
        }
    }

    /// The worker that runs.
    pub(crate) fn worker(&self) -> Option<&Process> {
        self.worker.as_ref()
    }

    /// Whether the worker ended by itself, which it never should.
    pub(crate) fn look_at_worker(&mut self) -> Result<(), String> {
        if let Some(worker) = &mut self.worker
            && let Some(status) = worker.ended().map_err(|error| error.to_string())?
        {
            let number = self.number;
            return Err(format!("the worker of server {number} ended by itself ({status})"));
        }
        Ok(())
    }

    /// A signal for php-fpm and all its processes.
    pub(crate) fn signal_fpm(&self, signal: Signal) {
        if let Some(fpm) = &self.fpm {
            let _ = rustix::process::kill_process_group(fpm.pid(), signal);
        }
    }

    /// SIGKILL for php-fpm and all its processes.
    pub(crate) fn kill_fpm(&mut self) -> Result<(), String> {
        self.signal_fpm(Signal::KILL);
        kill(&mut self.fpm)
    }

    /// From the next start on its processes have another time of day.
    pub(crate) fn set_clock(&mut self, seconds: i64) {
        self.clock = seconds;
    }

    /// Everything of it is gone for ever; its disk is looked at once the run is over.
    pub(crate) fn remove(&mut self) -> Result<(), String> {
        self.kill_worker()?;
        self.kill_fpm()?;
        self.end_producer()?;
        self.is_removed = true;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.kill_fpm();
    }
}

fn kill(process: &mut Option<Process>) -> Result<(), String> {
    match process.take() {
        Some(mut process) => process.kill().map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

/// `DB_HOST` of a server.
pub(crate) fn db_host(server: usize) -> String {
    format!("127.0.0.1:{}", gateway::port_of(server))
}

/// The store's address, as a server says it that has no WordPress, and as this program reads the log.
pub(crate) fn address(server: usize) -> String {
    format!("mysql://{USER}@{}/{DATABASE}?prefix=wp_", db_host(server))
}
