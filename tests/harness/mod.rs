//! Processes of a test's own: this very binary, started once more, doing what it is told.
//!
//! A child obeys over a Unix socket, so a forked child can have a line of its own, and a
//! killed one is known by its line going dead. It runs before `main`: a process with a single
//! thread, as PHP's are, and not one of the test runner's threads.

#![allow(dead_code, reason = "no test binary uses all of it")]

#[path = "../sandbox/mod.rs"]
pub(crate) mod sandbox;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;
use testkit::process::Process;
use webhooks::clock::{Clock, SystemClock};
use webhooks::journal::wake::{Sleeper, Waker};
use webhooks::journal::{
    AppendOptions, KIND_EVENT, Limit, Reader, RecordBuilder, SegmentId, Writer,
};
use webhooks::spool::{Access, Privacy, Spool};

const SOCKET: &str = "WEBHOOKS_TEST_CHILD";

type Failure = Box<dyn std::error::Error>;

/// Starts children, which report here.
pub(crate) struct Harness {
    listener: UnixListener,
    folder: TempDir,
}

/// A process that obeys.
pub(crate) struct ChildProcess {
    line: BufReader<UnixStream>,
    pub(crate) pid: i32,
    process: Option<Process>,
}

impl Harness {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { listener: UnixListener::bind(folder.path().join("socket")).unwrap(), folder }
    }

    /// A new process.
    pub(crate) fn spawn(&self) -> ChildProcess {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.env(SOCKET, self.folder.path().join("socket"));
        let process = Process::start(&mut program).unwrap();
        let mut child = self.accept();
        child.process = Some(process);
        child
    }

    /// A new process that has opened the spool at `path`.
    pub(crate) fn spawn_in(&self, spool: &Path) -> ChildProcess {
        let mut child = self.spawn();
        child.expect(&format!("open {}", spool.display()), "ok");
        child
    }

    /// The child of `parent`, forked by `how`.
    pub(crate) fn fork(&self, parent: &mut ChildProcess, how: &str) -> ChildProcess {
        parent.expect(how, "ok");
        self.accept()
    }

    fn accept(&self) -> ChildProcess {
        let (line, _) = self.listener.accept().unwrap();
        let mut child = ChildProcess { line: BufReader::new(line), pid: 0, process: None };
        child.pid = child.answer().parse().unwrap();
        child
    }
}

impl ChildProcess {
    /// Says `command` and returns the answer.
    pub(crate) fn say(&mut self, command: &str) -> String {
        self.start(command);
        self.answer()
    }

    /// Says `command` without waiting for the answer.
    pub(crate) fn start(&mut self, command: &str) {
        writeln!(self.line.get_mut(), "{command}").unwrap();
    }

    /// The next line that it says; empty where it is dead.
    pub(crate) fn answer(&mut self) -> String {
        let mut answer = String::new();
        // The line of a killed process ends, or breaks.
        let _ = self.line.read_line(&mut answer);
        answer.strip_suffix('\n').unwrap_or_default().to_owned()
    }

    /// Says `command`, whose answer must start with `answer`.
    #[track_caller]
    pub(crate) fn expect(&mut self, command: &str, answer: &str) {
        let said = self.say(command);
        assert!(said.starts_with(answer), "{command}: {said}");
    }

    /// Lets it leave once it has obeyed.
    pub(crate) fn hang_up(&self) {
        self.line.get_ref().shutdown(Shutdown::Write).unwrap();
    }

    /// Somebody else has waited for its end.
    pub(crate) fn is_reaped(&mut self) {
        self.process = None;
        self.pid = 0;
    }

    /// Kills it as `kill -9` does, and returns when it is dead.
    pub(crate) fn kill(mut self) {
        kill(self.pid);
        while !self.answer().is_empty() {}
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        // One that it started itself is waited for where that is dropped.
        if self.process.is_none() {
            kill(self.pid);
        }
    }
}

fn kill(pid: i32) {
    let Some(pid) = rustix::process::Pid::from_raw(pid) else { return };
    // It may be gone already.
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

// SAFETY: the loader calls what is in this section before `main`, in a process that has a
// single thread; Rust's runtime needs no initialisation for what is done there.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = child_main;

extern "C" fn child_main() {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    let socket = PathBuf::from(socket);
    let failed = std::panic::catch_unwind(|| ChildMain::new(socket).run()).is_err();
    std::process::exit(failed.into());
}

/// What a child has, and is told to do with it.
struct ChildMain {
    socket: PathBuf,
    line: BufReader<UnixStream>,
    spool: Option<Spool>,
    writer: Writer,
    /// Begun, and not appended yet.
    record: Option<RecordBuilder>,
    reader: Option<Reader>,
    options: AppendOptions,
}

/// The machine's clock, put forward.
struct Later {
    seconds: u64,
}

impl Clock for Later {
    fn unix_ms(&self) -> i64 {
        SystemClock.unix_ms() + self.seconds.cast_signed() * 1000
    }

    fn monotonic_ns(&self) -> u64 {
        SystemClock.monotonic_ns() + self.seconds * 1_000_000_000
    }
}

impl ChildMain {
    fn new(socket: PathBuf) -> Self {
        Self {
            line: connect(&socket),
            socket,
            spool: None,
            writer: Writer::new(),
            record: None,
            reader: None,
            options: AppendOptions { sync: false, max_record: 16 << 20 },
        }
    }

    fn run(&mut self) {
        let mut command = String::new();
        while self.line.read_line(&mut command).unwrap() > 0 {
            let (verb, rest) =
                command.trim_end().split_once(' ').unwrap_or((command.trim_end(), ""));
            let answer = match self.obey(verb, rest) {
                Ok(answer) if answer.is_empty() => "ok\n".to_owned(),
                Ok(answer) => format!("ok {answer}\n"),
                Err(error) => format!("error {error}\n"),
            };
            self.line.get_mut().write_all(answer.as_bytes()).unwrap();
            command.clear();
        }
    }

    fn obey(&mut self, verb: &str, rest: &str) -> Result<String, Failure> {
        let spool = self.spool.as_ref();
        match verb {
            "open" => self.spool = Some(Spool::open(Path::new(rest))?),
            "folder" => drop(spool.unwrap().folder(rest)?),
            "create" => {
                let top = spool.unwrap().top();
                top.open_or_create(rest, Access::Append, Privacy::Shared)?;
            }
            "publish" => spool.unwrap().top().replace(rest, b"published", Privacy::Private)?,
            "stamp" => drop(spool.unwrap().top().version(rest)?),
            "show" => {
                let bytes = spool.unwrap().top().read(rest, 100)?.ok_or("not there")?;
                return Ok(String::from_utf8(bytes)?);
            }
            "begin" => self.begin(rest),
            "append" => {
                self.begin(rest);
                return self.append();
            }
            "finish" => return self.append(),
            // So many bytes, after a name.
            "swell" => {
                let (name, bytes) = rest.split_once(' ').ok_or("name and bytes")?;
                self.begin(name);
                self.lengthen(bytes.parse()?);
                return self.append();
            }
            // As it will be so many seconds from now.
            "look" => self.writer.look(&Later { seconds: rest.parse()? }),
            "close" => self.writer = Writer::new(),
            "sync" => self.options.sync = true,
            "wake" => return Ok(format!("{:?}", Waker::open(spool.unwrap())?.wake_if_asleep())),
            "sleep" => {
                let mut sleeper = Sleeper::open(spool.unwrap())?;
                sleeper.prepare();
                sleeper.wait(None);
            }
            // Everything that can be read now, by the first word of each body.
            "read" => return self.read(),
            "work" => return self.work(),
            "tidy" => {
                let reader = self.reader.as_mut().ok_or("read first")?;
                let finished = reader.finished()?;
                reader.remove(&finished)?;
                return Ok(finished.len().to_string());
            }
            // Bytes that were not read, or can't be.
            "waiting" => {
                let reader = self.reader.as_ref().ok_or("read first")?;
                return Ok(reader.waiting()?.bytes_waiting.to_string());
            }
            "segments" => return Ok(open_segments().to_string()),
            "fork" | "clone" => self.fork(verb),
            "user" => become_user(rest)?,
            "umask" => drop(rustix::process::umask(u32::from_str_radix(rest, 8)?.into())),
            "limit" => limit_file_size(rest.parse()?)?,
            "deny" => {
                let (call, errno) = rest.split_once(' ').ok_or("call and errno")?;
                sandbox::deny(call.parse()?, errno.parse()?)?;
            }
            "files" => {
                let current = Some(rest.parse()?);
                let maximum = getrlimit(Resource::Nofile).maximum;
                setrlimit(Resource::Nofile, Rlimit { current, maximum })?;
            }
            // So many threads, each with a segment of its own, for good.
            "threads" => {
                let spool = spool.unwrap();
                for _ in 0..rest.parse()? {
                    let (spool, options) = (spool.clone(), self.options);
                    let (ready, is_ready) = std::sync::mpsc::channel();
                    std::thread::spawn(move || {
                        let mut writer = Writer::new();
                        let mut record = writer.begin(KIND_EVENT, 1, 0);
                        let appended = writer.append(&spool, &SystemClock, &mut record, options);
                        ready.send(appended.map_err(|error| error.to_string())).unwrap();
                        std::thread::park();
                    });
                    is_ready.recv()??;
                }
            }
            "ballast" => spool.unwrap().top().replace(
                "ballast",
                &vec![0; rest.parse()?],
                Privacy::Private,
            )?,
            "tmpfs" => mount_tmpfs(rest)?,
            "flood" => self.flood(rest)?,
            _ => return Err(format!("{verb} is no command").into()),
        }
        Ok(String::new())
    }

    fn begin(&mut self, body: &str) {
        self.record = Some(self.writer.record(KIND_EVENT, 1, b"", body.as_bytes()));
    }

    fn lengthen(&mut self, bytes: usize) {
        if let Some(record) = &mut self.record {
            let length = record.body().len() + bytes;
            record.body().resize(length, b'.');
        }
    }

    fn append(&mut self) -> Result<String, Failure> {
        let spool = self.spool.as_ref().unwrap();
        let record = self.record.as_mut().ok_or("nothing was begun")?;
        let appended = self.writer.append(spool, &SystemClock, record, self.options)?;
        Ok(appended.stamp.to_string())
    }

    fn read(&mut self) -> Result<String, Failure> {
        if self.reader.is_none() {
            self.reader = Some(Reader::open(self.spool.as_ref().unwrap(), Default::default())?);
        }
        let reader = self.reader.as_mut().ok_or("no reader")?;
        let batch = reader.read_batch(Limit { records: usize::MAX, bytes: usize::MAX })?;
        let mut bodies = Vec::new();
        for record in &batch.records {
            let body = str::from_utf8(record.body())?;
            bodies.push(body.split('.').next().unwrap_or_default().trim().to_owned());
        }
        if !batch.corrupt.is_empty() || !batch.stuck.is_empty() {
            return Err(format!("{:?} {:?}", batch.corrupt, batch.stuck).into());
        }
        Ok(bodies.join(" "))
    }

    /// What a worker does until nothing is left, with a file for a store: whatever was heard
    /// and how far, committed together.
    fn work(&mut self) -> Result<String, Failure> {
        let spool = self.spool.as_ref().unwrap();
        let (mut heard, mut positions) = (Vec::new(), HashMap::new());
        for line in spool.top().read("store", 1 << 20)?.unwrap_or_default().lines() {
            let line = line?;
            match line.split_once(' ') {
                Some((id, position)) => {
                    let id = u128::from_str_radix(id, 16)?.to_be_bytes();
                    positions.insert(SegmentId(id), position.parse()?);
                }
                None => heard.push(line),
            }
        }
        let commit = |heard: &[String], positions: &HashMap<SegmentId, u64>| {
            let positions = positions.iter().map(|(id, position)| format!("{id} {position}"));
            let lines: Vec<_> = heard.iter().cloned().chain(positions).collect();
            spool.top().replace("store", lines.join("\n").as_bytes(), Privacy::Private)
        };
        let mut reader = Reader::open(spool, positions.clone())?;
        loop {
            let batch = reader.read_batch(Limit { records: 2, bytes: usize::MAX })?;
            for record in &batch.records {
                heard.push(String::from_utf8(record.body().to_vec())?);
            }
            positions.extend(batch.positions.iter().copied());
            commit(&heard, &positions)?;
            if !batch.more {
                break;
            }
        }
        let finished = reader.finished()?;
        reader.remove(&finished)?;
        for id in finished.iter().chain(&reader.vanished()) {
            positions.remove(id);
        }
        commit(&heard, &positions)?;
        Ok(heard.join(" "))
    }

    /// `NAME COUNT`: appends COUNT events of many sizes, and says each one that went in.
    fn flood(&mut self, rest: &str) -> Result<(), Failure> {
        let (name, count) = rest.split_once(' ').ok_or("name and count")?;
        for n in 0..count.parse::<usize>()? {
            self.begin(&format!("{name}-{n} "));
            self.lengthen(n * 7919 % 20_000);
            if n % 10 == 0 {
                self.writer.look(&SystemClock);
            }
            self.append()?;
            writeln!(self.line.get_mut(), "{name}-{n}")?;
        }
        Ok(())
    }

    /// Both go on from here, each on a line of its own.
    fn fork(&mut self, how: &str) {
        // SAFETY: the process has a single thread, so the child may do whatever it could. A
        // bare system call runs none of the handlers that libc's fork does.
        let child = unsafe {
            match how {
                "fork" => libc::fork(),
                _ => libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as i32,
            }
        };
        assert!(child >= 0, "{}", std::io::Error::last_os_error());
        if child == 0 {
            self.line = connect(&self.socket);
            self.run();
            std::process::exit(0);
        }
    }
}

/// A line to the test, opened by the pid.
fn connect(socket: &Path) -> BufReader<UnixStream> {
    let mut line = UnixStream::connect(socket).unwrap();
    // Not `std::process::id`, which may be that of the parent after a bare clone.
    writeln!(line, "{}", rustix::process::getpid().as_raw_nonzero()).unwrap();
    BufReader::new(line)
}

/// Segments that this process has open.
fn open_segments() -> usize {
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.to_string_lossy().contains(".seg")).count()
}

/// `UID GID[,GROUP…]`, for good.
fn become_user(who: &str) -> Result<(), Failure> {
    let (uid, groups) = who.split_once(' ').ok_or("uid and groups")?;
    let groups: Vec<u32> = groups.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let uid: u32 = uid.parse()?;
    // SAFETY: `groups` is as long as is said.
    let failed = unsafe {
        libc::setgroups(groups.len() - 1, groups[1..].as_ptr()) != 0
            || libc::setresgid(groups[0], groups[0], groups[0]) != 0
            || libc::setresuid(uid, uid, uid) != 0
    };
    if failed { Err(std::io::Error::last_os_error().into()) } else { Ok(()) }
}

/// No file of this process grows beyond `bytes`: a full disk that needs no root.
fn limit_file_size(bytes: u64) -> std::io::Result<()> {
    let maximum = getrlimit(Resource::Fsize).maximum;
    Ok(setrlimit(Resource::Fsize, Rlimit { current: Some(bytes), maximum })?)
}

/// `PATH KIBIBYTES`: a small disk at PATH, for this process only, gone with it.
fn mount_tmpfs(rest: &str) -> Result<(), Failure> {
    let (path, size) = rest.split_once(' ').ok_or("path and size")?;
    let path = std::ffi::CString::new(path)?;
    let options = std::ffi::CString::new(format!("size={size}k,mode=0700"))?;
    let private = libc::MS_REC | libc::MS_PRIVATE;
    let null = std::ptr::null();
    // SAFETY: strings end in zero; the process has a single thread and its own mounts.
    let failed = unsafe {
        libc::unshare(libc::CLONE_NEWNS) != 0
            // In a chroot the root is no mount point; who made it keeps its mounts private.
            || (libc::mount(null, c"/".as_ptr(), null, private, null.cast()) != 0
                && std::io::Error::last_os_error().raw_os_error() != Some(libc::EINVAL))
            || libc::mount(
                c"tmpfs".as_ptr(),
                path.as_ptr(),
                c"tmpfs".as_ptr(),
                0,
                options.as_ptr().cast(),
            ) != 0
    };
    if failed { Err(std::io::Error::last_os_error().into()) } else { Ok(()) }
}
