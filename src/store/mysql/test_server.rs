//! A database server of a test's own, in a temporary folder, at a socket and a port of loopback: a MariaDB,
//! or with `MYSQLD` the MySQL whose program that names (`make mysql`).

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Connection, Endpoint, Password, Server, Tls};

/// What a test waits for at most.
const DEADLINE: Duration = Duration::from_secs(60);

/// A query that takes longer than anybody waits.
pub(crate) const ENDLESS: &str = "SELECT COUNT(*) FROM information_schema.columns a, \
     information_schema.columns b, information_schema.columns c";

/// Runs until it is dropped, or until the test's process has ended in whatever way: the shell that
/// started it waits for the end of its input, then ends it by its pid.
pub(crate) struct TestServer {
    shell: Child,
    folder: tempfile::TempDir,
    port: u16,
    arguments: Vec<String>,
}

impl TestServer {
    /// Starts one, with more arguments for its program.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, |_| {})
    }

    /// As [`start`](Self::start); `prepare` may put files into the folder, which has the server's data in
    /// `data`.
    pub(crate) fn start_with(arguments: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        let made = install(path)
            .arg(format!("--datadir={}", path.join("data").display()))
            .output()
            .expect("a database server: tests/network/install.sh network");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        prepare(path);

        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let arguments = owned(arguments);
        let shell = run(path, port, &arguments);
        let server = Self { shell, folder, port, arguments };
        let root = Server { database: "mysql".into(), ..server.database() };
        server.connect(&root).execute("CREATE DATABASE store", Vec::new()).unwrap();
        server
    }

    /// One that takes ten connections, and one more of who administers it.
    pub(crate) fn with_few_connections() -> Self {
        if is_mysql() {
            return Self::start(&["--max-connections=10"]);
        }
        Self::start(&["--max-connections=10", "--extra-max-connections=1"])
    }

    /// A connection, as soon as it answers.
    fn connect(&self, to: &Server) -> Connection {
        let begun = Instant::now();
        loop {
            match Connection::open(to) {
                Ok(connection) => break connection,
                Err(error) if begun.elapsed() > DEADLINE => panic!("{error}: {}", self.log()),
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Kills it where it stands; its data stays.
    pub(crate) fn kill(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }

    /// Starts it again, after [`kill`](Self::kill).
    pub(crate) fn start_again(&mut self) {
        self.shell = run(self.folder.path(), self.port, &self.arguments);
        self.connect(&self.database());
    }

    /// The same with other arguments.
    pub(crate) fn start_again_with(&mut self, arguments: &[&str]) {
        self.arguments = owned(arguments);
        self.start_again();
    }

    /// Its database, as root through the socket.
    pub(crate) fn database(&self) -> Server {
        Server {
            endpoint: Endpoint::Socket(self.socket()),
            user: "root".into(),
            password: Password::default(),
            database: "store".into(),
            prefix: "wp_".into(),
            tls: Tls::Off,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(20),
            reads_with_writes: false,
        }
    }

    /// Its database by TCP, as a user with a password who has the rights that `grant` says.
    pub(crate) fn database_of_user(&self, user: &str, password: &str, grant: &str) -> Server {
        let mut connection = Connection::open(&self.database()).unwrap();
        for sql in [
            format!("DROP USER IF EXISTS '{user}'@'%'"),
            format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'"),
            format!("GRANT {grant} TO '{user}'@'%'"),
        ] {
            connection.execute(&sql, Vec::new()).unwrap();
        }
        Server {
            endpoint: Endpoint::Tcp("127.0.0.1".into(), self.port),
            user: user.into(),
            password: Password(password.into()),
            ..self.database()
        }
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("s.sock")
    }

    /// What it says of itself.
    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // The end of its input; the shell returns when the server is gone.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|argument| (*argument).to_owned()).collect()
}

/// Whether tests run on a MySQL; else it is a MariaDB.
pub(crate) fn is_mysql() -> bool {
    mysqld().is_some()
}

/// The program of a MySQL.
fn mysqld() -> Option<String> {
    std::env::var("MYSQLD").ok()
}

/// What makes the tables that a server itself has.
fn install(folder: &Path) -> Command {
    let mut command;
    if let Some(mysqld) = mysqld() {
        command = server_program(&mysqld, folder);
        command.args(["--no-defaults", "--initialize-insecure"]);
    } else {
        command = server_program("mariadb-install-db", folder);
        command.args(["--no-defaults", "--skip-test-db", "--force", "--innodb-log-file-size=8M"]);
        command.arg("--auth-root-authentication-method=normal");
    }
    command
}

/// Runs the server of a folder, until the end of the shell's input.
fn run(folder: &Path, port: u16, arguments: &[String]) -> Child {
    let mut shell = server_program("sh", folder);
    shell.args(["-c", r#""$@" </dev/null >>log 2>&1 & read -r _; kill -9 $!; wait"#, "sh"]);
    shell
        .arg(mysqld().unwrap_or_else(|| "mariadbd".into()))
        .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve"])
        .args(["--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0"])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--socket={}", folder.join("s.sock").display()))
        .arg(format!("--pid-file={}", folder.join("pid").display()))
        .arg(format!("--port={port}"))
        .args(arguments);
    if is_mysql() {
        // MariaDB has none unless it is asked for one, and no second protocol.
        shell.args(["--skip-log-bin", "--mysqlx=OFF"]);
    }
    shell.stdin(Stdio::piped()).spawn().unwrap()
}

/// A program of MariaDB in a folder: as root, which it refuses to run as, it is www-data.
fn server_program(program: &str, folder: &Path) -> Command {
    let mut command;
    if rustix::process::geteuid().is_root() {
        let owned = Command::new("chown").args(["-R", "www-data:"]).arg(folder).status().unwrap();
        assert!(owned.success());
        command = Command::new("setpriv");
        command.args(["--reuid=www-data", "--regid=www-data", "--clear-groups", program]);
    } else {
        command = Command::new(program);
    }
    // Two that are made at once in one folder of temporary tables remove each other's.
    command.current_dir(folder).env("TMPDIR", folder);
    // Debian has servers there, which a user's PATH leaves out.
    command.env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
    command
}
