//! The database: three nodes of a Galera cluster on loopback, or one MariaDB alone.
//!
//! A folder is made once and copied for each run, with the state of a cluster whose three nodes were
//! killed at once: so they find each other without a state transfer. Every node's folder is a disk of
//! its own (a tmpfs), which can be filled.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mysql::prelude::Queryable as _;
use mysql::{Conn, OptsBuilder};
use rustix::mount::{MountFlags, UnmountFlags};
use testkit::process::{Process, wait_for};

use crate::user::User;

/// The database of WordPress and of the log.
pub(crate) const DATABASE: &str = "wordpress";
/// Who uses it, without a password; where it is read only they may not write, as root may.
pub(crate) const USER: &str = "wordpress";
/// What makes a cluster of MariaDBs.
const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";
/// How long a node may take to be in step with the others.
const COMES_UP: Duration = Duration::from_secs(60);
/// How long nodes have to come together by themselves, how long they do so for before that counts, and
/// how often those that don't are started anew.
const HEALS: Duration = Duration::from_secs(25);
const STEADY: Duration = Duration::from_millis(700);
const MOST_ROUNDS: usize = 4;
/// The disk of a node: fresh it takes some 150 MiB, and a history of writes 64.
const DISK: &std::ffi::CStr = c"size=420m,mode=0755";

/// Where node `number` listens.
pub(crate) const fn port(number: usize) -> u16 {
    3310 + number as u16
}

/// What all nodes are copied from.
pub(crate) struct Template {
    folder: PathBuf,
    user: User,
    /// How many nodes a database has.
    pub(crate) count: usize,
    /// Folder with the `wsrep_sst_*` scripts.
    scripts: PathBuf,
}

impl Template {
    /// Makes an empty database in `folder`, with a server that runs while `fill` does.
    pub(crate) fn make(
        folder: &Path,
        user: User,
        count: usize,
        scripts: &Path,
        fill: impl FnOnce() -> Result<(), String>,
    ) -> Result<Self, String> {
        let template = Self { folder: folder.to_owned(), user, count, scripts: scripts.to_owned() };
        let data = folder.join("data");
        let io = |error: std::io::Error| error.to_string();
        user.make_folder(folder).map_err(io)?;
        let mut install = user.command("mariadb-install-db");
        install.args(["--no-defaults", "--skip-test-db", "--force", "--innodb-log-file-size=8M"]);
        install.args(user.of_a_server()).arg("--auth-root-authentication-method=normal");
        install.arg(format!("--datadir={}", data.display())).env("TMPDIR", folder);
        let made = install.current_dir(folder).output().map_err(io)?;
        if !made.status.success() {
            return Err(format!("mariadb-install-db: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let mut node = Node::new(1, &template, folder);
        let alone = ["--wsrep-new-cluster", "--wsrep-cluster-address=gcomm://"].map(String::from);
        node.launch(if template.is_cluster() { &alone } else { &[] })?;
        node.await_ready()?;
        let mut root = node.root(Duration::from_secs(30))?;
        for sql in [
            format!("CREATE DATABASE {DATABASE}"),
            format!("CREATE USER '{USER}'@'%'"),
            format!("GRANT ALL ON {DATABASE}.* TO '{USER}'@'%'"),
        ] {
            root.query_drop(&sql).map_err(|error| format!("{sql}: {error}"))?;
        }
        fill()?;
        // The server ends while it answers.
        let _ = root.query_drop("SHUTDOWN");
        node.await_end()?;
        for left in ["galera.cache", "s.sock", "pid"] {
            let _ = fs::remove_file(data.join(left));
        }
        Ok(template)
    }

    fn is_cluster(&self) -> bool {
        self.count > 1
    }
}

/// Where the nodes' data lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In memory, a small disk for each of them.
    Memory,
    /// On the disk of the folder.
    Disk,
}

/// The database of a run.
pub(crate) struct Nodes(pub(crate) Vec<Node>);

impl Nodes {
    /// Copies the template into `folder` and starts it; returns once all nodes are in step.
    pub(crate) fn start(template: &Template, folder: &Path, place: Place) -> Result<Self, String> {
        let mut nodes: Vec<_> = (1..=template.count)
            .map(|number| Node::new(number, template, &folder.join(format!("node{number}"))))
            .collect();
        for node in &mut nodes {
            node.copy(template, place)?;
        }
        for node in &mut nodes {
            let arguments = if template.is_cluster() { node.joins(None)? } else { Vec::new() };
            node.launch(&arguments)?;
        }
        for node in &mut nodes {
            node.await_ready()?;
        }
        Ok(Self(nodes))
    }

    /// A connection as root to the first node that answers.
    pub(crate) fn root(&self) -> Result<Conn, String> {
        let mut ready = None;
        wait_for("a node of the database that answers", || {
            ready = self.0.iter().find(|node| node.is_ready());
            ready.is_some()
        })?;
        ready.ok_or("no node answers")?.root(Duration::from_secs(20))
    }

    /// SIGKILL for all.
    pub(crate) fn kill_all(&mut self) -> Result<(), String> {
        self.0.iter_mut().try_for_each(Node::kill)
    }

    /// Starts all again that were killed at once, as people do: the one that got furthest goes first.
    pub(crate) fn start_all(&mut self) -> Result<(), String> {
        if self.0.len() == 1 {
            self.0[0].launch(&[])?;
            return self.0[0].await_ready();
        }
        let mut at = Vec::new();
        for node in &self.0 {
            let position = node.recovered()?;
            let number: i64 =
                position.rsplit(':').next().and_then(|it| it.parse().ok()).unwrap_or(-1);
            at.push((number, position));
        }
        let first = (0..at.len()).max_by_key(|node| at[*node].0).unwrap_or(0);
        for node in &self.0 {
            let _ = fs::remove_file(node.data().join("gvwstate.dat"));
        }
        self.0[first].may_be_first()?;
        let start = |position: &str| format!("--wsrep-start-position={position}");
        self.0[first].launch(&[
            "--wsrep-new-cluster".into(),
            "--wsrep-cluster-address=gcomm://".into(),
            start(&at[first].1),
        ])?;
        self.0[first].await_ready()?;
        for node in (0..at.len()).filter(|node| *node != first) {
            let arguments = self.0[node].joins(Some(&at[node].1))?;
            self.0[node].launch(&arguments)?;
        }
        self.0.iter_mut().try_for_each(Node::await_ready)
    }

    /// Brings back whatever is not in step, with a copy of another node's data if need be.
    pub(crate) fn heal(&mut self) -> Result<(), String> {
        for node in &mut self.0 {
            node.free_disk();
        }
        for round in 0..MOST_ROUNDS {
            if self.come_to_rest() {
                return Ok(());
            }
            if self.0.iter().all(|node| !node.is_ready()) {
                self.kill_all()?;
                self.start_all()?;
                continue;
            }
            for node in self.0.iter_mut().filter(|node| !node.is_ready()) {
                node.kill()?;
                // Whose data can't be used gets those of another one.
                if round > 0 || node.start_again().is_err() {
                    node.kill()?;
                    node.forget()?;
                    node.start_again()?;
                }
            }
        }
        let words: Vec<_> =
            self.0.iter().filter(|node| !node.is_ready()).map(Node::last_words).collect();
        Err(format!("nodes can't be brought back:\n{}", words.join("\n")))
    }

    /// Waits until all take part, and go on to; whether they do. One that was cut off may not know of
    /// it yet.
    fn come_to_rest(&mut self) -> bool {
        let deadline = Instant::now() + HEALS;
        let mut since = None;
        while Instant::now() < deadline {
            if !self.0.iter().all(Node::is_ready) {
                since = None;
                if self.0.iter_mut().any(|node| node.has_ended()) {
                    return false;
                }
            } else if since.get_or_insert_with(Instant::now).elapsed() > STEADY {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }
}

/// One server of the database.
pub(crate) struct Node {
    pub(crate) number: usize,
    folder: PathBuf,
    user: User,
    count: usize,
    scripts: PathBuf,
    /// `innodb_buffer_pool_size`
    buffer: &'static str,
    process: Option<Process>,
}

impl Node {
    fn new(number: usize, template: &Template, folder: &Path) -> Self {
        Self {
            number,
            folder: folder.to_owned(),
            user: template.user,
            count: template.count,
            scripts: template.scripts.clone(),
            buffer: "64M",
            process: None,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Copies the template onto a disk of this node's own.
    fn copy(&mut self, template: &Template, place: Place) -> Result<(), String> {
        let io = |error: std::io::Error| format!("{}: {error}", self.folder.display());
        fs::create_dir_all(&self.folder).map_err(io)?;
        if place == Place::Memory {
            rustix::mount::mount("node", &self.folder, "tmpfs", MountFlags::empty(), DISK)
                .map_err(|error| {
                    format!("a disk for {} can't be mounted: {error}", self.folder.display())
                })?;
        } else {
            self.buffer = "512M";
        }
        self.user.make_folder(&self.folder).map_err(io)?;
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(template.folder.join("data")).arg(&self.folder);
        let copied = copy.status().map_err(io)?;
        if !copied.success() {
            return Err(format!("{} could not be filled", self.folder.display()));
        }
        if !template.is_cluster() {
            return Ok(());
        }
        // A view of three that were killed together.
        let member = |number| format!("ad62bc91-0000-11f1-aeed-b3b433db330{number}");
        let members: String =
            (1..=self.count).map(|number| format!("member: {} 0\n", member(number))).collect();
        let view = format!(
            "my_uuid: {}\n#vwbeg\nview_id: 3 {} 3\nbootstrap: 0\n{members}#vwend\n",
            member(self.number),
            member(1),
        );
        let state = self.data().join("grastate.dat");
        let text = fs::read_to_string(&state).map_err(io)?;
        fs::write(&state, text.replace("safe_to_bootstrap: 1", "safe_to_bootstrap: 0"))
            .map_err(io)?;
        fs::write(self.data().join("gvwstate.dat"), view).map_err(io)?;
        self.user.own(&self.data().join("gvwstate.dat")).map_err(io)
    }

    /// Arguments of every start.
    fn common(&self) -> Vec<String> {
        let folder = self.folder.display();
        let mut arguments = vec![
            "--no-defaults".into(),
            format!("--datadir={folder}/data"),
            format!("--socket={folder}/s.sock"),
            format!("--pid-file={folder}/pid"),
            format!("--log-error={folder}/log.err"),
            format!("--port={}", port(self.number)),
            format!("--tmpdir={folder}"),
            format!("--innodb-buffer-pool-size={}", self.buffer),
            format!("--innodb-log-file-size={}", if self.buffer == "64M" { "32M" } else { "256M" }),
        ];
        arguments.extend(self.user.of_a_server());
        arguments.extend(
            [
                "--bind-address=127.0.0.1",
                "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=1",
                "--performance-schema=OFF",
                "--character-set-server=utf8mb4",
                "--max-connections=150",
            ]
            .map(String::from),
        );
        if self.count > 1 {
            let n = self.number;
            arguments.extend([
                "--wsrep-on=ON".into(),
                format!("--wsrep-provider={PROVIDER}"),
                "--wsrep-cluster-name=webhooks".into(),
                format!("--wsrep-node-name=n{n}"),
                format!("--wsrep-node-address=127.0.0.1:457{n}"),
                format!("--wsrep-node-incoming-address=127.0.0.1:{}", port(n)),
                format!("--server-id={n}"),
                format!("--wsrep-sst-receive-address=127.0.0.1:459{n}"),
                "--wsrep-sst-method=rsync".into(),
                "--binlog-format=ROW".into(),
                "--innodb-autoinc-lock-mode=2".into(),
                format!(
                    "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:457{n};\
                     ist.recv_addr=127.0.0.1:458{n};gcache.size=64M;evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT3S;\
                     evs.inactive_timeout=PT8S"
                ),
            ]);
        }
        arguments
    }

    fn program(&self) -> Command {
        let mut command = self.user.command("mariadbd");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.scripts.display()));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn launch(&mut self, more: &[String]) -> Result<(), String> {
        let mut command = self.program();
        command.args(self.common()).args(more).stderr(Stdio::null());
        let process = Process::start(&mut command);
        self.process = Some(process.map_err(|error| format!("mariadbd: {error}"))?);
        Ok(())
    }

    /// The position that a killed node's data have, as the cluster counts.
    fn recovered(&self) -> Result<String, String> {
        let mut command = self.program();
        command.args(self.common().iter().filter(|it| !it.starts_with("--log-error")));
        command.args(["--wsrep-cluster-address=gcomm://", "--wsrep-recover"]);
        let output = command.output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        let mut position = said.lines().filter_map(|line| line.split_once("Recovered position:"));
        let position = position.next_back().map(|(_, position)| position.trim().to_owned());
        position.ok_or_else(|| {
            format!("node {} has no position: {}", self.number, said.lines().last().unwrap_or(""))
        })
    }

    /// Arguments of one that joins the others.
    fn joins(&self, position: Option<&str>) -> Result<Vec<String>, String> {
        let all: Vec<_> = (1..=self.count).map(|number| format!("127.0.0.1:457{number}")).collect();
        let mut arguments = vec![format!("--wsrep-cluster-address=gcomm://{}", all.join(","))];
        let position = match position {
            Some(position) => position.to_owned(),
            // Nothing is there: all of it comes from another node.
            None if !self.data().join("ibdata1").exists() => return Ok(arguments),
            None => self.recovered()?,
        };
        arguments.push(format!("--wsrep-start-position={position}"));
        Ok(arguments)
    }

    fn may_be_first(&self) -> Result<(), String> {
        let state = self.data().join("grastate.dat");
        let text = fs::read_to_string(&state).map_err(|error| error.to_string())?;
        fs::write(&state, text.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1"))
            .map_err(|error| error.to_string())
    }

    /// A connection as root.
    pub(crate) fn root(&self, timeout: Duration) -> Result<Conn, String> {
        let options = OptsBuilder::new()
            .socket(Some(self.folder.join("s.sock").display().to_string()))
            .prefer_socket(false)
            .user(Some("root"))
            .read_timeout(Some(timeout))
            .write_timeout(Some(timeout));
        Conn::new(options).map_err(|error| format!("node {}: {error}", self.number))
    }

    /// Whether it takes part.
    pub(crate) fn is_ready(&self) -> bool {
        self.root(Duration::from_secs(1)).is_ok_and(|mut root| is_ready(&mut root, self.count > 1))
    }

    /// The process's number, where it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Where a proxy looks whether it is to be used.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("s.sock")
    }

    fn await_ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + COMES_UP;
        while !self.is_ready() {
            if self.has_ended() {
                return Err(format!("node {} ended:\n{}", self.number, self.last_words()));
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "node {} does not come up:\n{}",
                    self.number,
                    self.last_words()
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn await_end(&mut self) -> Result<(), String> {
        let process = self.process.as_mut().ok_or("it does not run")?;
        wait_for("the end of the database", || process.ended().is_ok_and(|ended| ended.is_some()))?;
        self.process = None;
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read(self.folder.join("log.err")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) -> Result<(), String> {
        match self.process.take() {
            Some(mut process) => process.kill().map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// SIGTERM; returns once it has ended.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        if let Some(process) = &self.process {
            process.signal(rustix::process::Signal::TERM);
        }
        self.await_end()
    }

    /// SIGSTOP; returns once it stands still.
    pub(crate) fn stop(&self) -> Result<(), String> {
        self.process.as_ref().map_or(Ok(()), Process::stop)
    }

    /// SIGCONT.
    pub(crate) fn go_on(&self) {
        if let Some(process) = &self.process {
            process.signal(rustix::process::Signal::CONT);
        }
    }

    /// Starts it again after [`kill`](Self::kill), without waiting for it.
    pub(crate) fn start_again(&mut self) -> Result<(), String> {
        let arguments = if self.count > 1 { self.joins(None)? } else { Vec::new() };
        self.launch(&arguments)
    }

    /// Cuts it off from the others, or brings it back.
    pub(crate) fn isolate(&self, is_isolated: bool) -> Result<(), String> {
        let value = u8::from(is_isolated);
        let sql = format!("SET GLOBAL wsrep_provider_options='gmcast.isolate={value}'");
        self.set(&sql)
    }

    /// Whether it refuses writes of anybody but root.
    pub(crate) fn read_only(&self, is_read_only: bool) -> Result<(), String> {
        self.set(&format!("SET GLOBAL read_only={}", u8::from(is_read_only)))
    }

    fn set(&self, sql: &str) -> Result<(), String> {
        let mut root = self.root(Duration::from_secs(20))?;
        root.query_drop(sql).map_err(|error| format!("{sql}: {error}"))
    }

    /// Leaves not a byte on its disk.
    pub(crate) fn fill_disk(&self) {
        let chunk = vec![0; 1 << 20];
        let ballast = File::options().create(true).append(true).open(self.folder.join("ballast"));
        let Ok(mut ballast) = ballast else { return };
        while ballast.write(&chunk).is_ok_and(|written| written > 0) {}
    }

    /// Takes back [`fill_disk`](Self::fill_disk).
    pub(crate) fn free_disk(&self) {
        let _ = fs::remove_file(self.folder.join("ballast"));
    }

    fn has_ended(&mut self) -> bool {
        match &mut self.process {
            Some(process) => process.ended().is_ok_and(|ended| ended.is_some()),
            None => true,
        }
    }

    /// Removes its data.
    fn forget(&self) -> Result<(), String> {
        let told = |error: std::io::Error| format!("{}: {error}", self.data().display());
        fs::remove_dir_all(self.data()).map_err(told)?;
        self.user.make_folder(&self.data()).map_err(told)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.kill();
        let _ = rustix::mount::unmount(&self.folder, UnmountFlags::DETACH);
    }
}

/// Whether a node takes part in its cluster, and may be written to by anybody.
pub(crate) fn is_ready(root: &mut Conn, is_cluster: bool) -> bool {
    if !is_cluster {
        return root.query_drop("SELECT 1").is_ok();
    }
    let status = |root: &mut Conn, name: &str| {
        let sql = format!("SHOW GLOBAL STATUS LIKE '{name}'");
        let row: Result<Option<(String, String)>, _> = root.query_first(sql);
        row.ok().flatten().map(|row| row.1)
    };
    status(root, "wsrep_ready").as_deref() == Some("ON")
        && status(root, "wsrep_local_state_comment").as_deref() == Some("Synced")
}
