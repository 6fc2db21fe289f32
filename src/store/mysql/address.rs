//! Which server and database, from `webhooks.store` or as `wp-config.php` says it.

use std::fmt;
use std::os::unix::fs::FileTypeExt as _;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::{Result, StoreError};
pub use domain::database::Password;
use domain::database::{CONFIG_FILE, Database};
use spool::Spool;

/// What MySQL and MariaDB listen at.
const PORT: u16 = 3306;
/// Sockets of Debian and Ubuntu, of the Red Hats, and of who built it from source.
const SOCKETS: [&str; 3] =
    ["/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an answer may take: longer than a cluster needs to miss a node.
const READ: Duration = Duration::from_secs(12);
/// The longest time that makes sense for either, in seconds.
const LONGEST: u64 = 300;
/// What is left of the 64 characters of a table's name.
const LONGEST_PREFIX: usize = 32;

/// What `webhooks.store` says of a MySQL or MariaDB server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `mysql:`: the network's own database, with WordPress's credentials.
    Network,
    /// `mysql://user@host:port/db?…`
    Server(Server),
}

/// A database on a server, and how to come to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where the server listens.
    pub endpoint: Endpoint,
    /// As whom.
    pub user: String,
    /// Empty where none is needed.
    pub password: Password,
    /// The database.
    pub database: String,
    /// What the names of the tables begin with; letters, digits, `_` and `$`.
    pub prefix: String,
    /// How the connection is protected.
    pub tls: Tls,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long an answer may take.
    pub read_timeout: Duration,
    /// A worker reads in transactions, as a proxy sends plain reads elsewhere than writes. Where this does
    /// not say so a worker finds it out.
    pub reads_with_writes: bool,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A host's name or address (IPv6 without brackets), and a port.
    Tcp(String, u16),
    /// A socket of this machine.
    Socket(PathBuf),
}

/// How a connection by TCP is protected. One through a socket needs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tls {
    /// In the clear.
    #[default]
    Off,
    /// Encrypted, to whoever answers.
    Encrypted,
    /// Encrypted, to a server whose certificate is for its name, by a public authority or one of
    /// those in this file.
    Verified(Option<PathBuf>),
}

/// `MYSQLI_CLIENT_SSL`
const CLIENT_SSL: u64 = 1 << 11;
/// `MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT`
const DONT_VERIFY: u64 = 1 << 6;

impl Address {
    /// Reads `mysql:` or `mysql://user@host:port/db?…`.
    ///
    /// # Errors
    /// What can't be understood, with what is expected in its place. The text itself is not
    /// repeated: somebody may have put a password into it.
    pub fn parse(text: &str) -> Result<Self> {
        match text
            .strip_prefix("mysql:")
            .ok_or_else(|| wrong("it does not begin with \"mysql:\""))?
        {
            "" => Ok(Self::Network),
            rest => match rest.strip_prefix("//") {
                Some(url) => Server::parse(url).map(Self::Server),
                None => Err(wrong(
                    "expected \"mysql:\" alone (the network's own database) or \
                     mysql://user@host:port/database",
                )),
            },
        }
    }
}

impl Server {
    fn parse(url: &str) -> Result<Self> {
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        let (authority, database) = place
            .split_once('/')
            .filter(|(_, database)| !database.is_empty())
            .ok_or_else(|| wrong("the database is missing: mysql://user@host:port/database"))?;
        let (user, host) = authority
            .rsplit_once('@')
            .filter(|(user, _)| !user.is_empty())
            .ok_or_else(|| wrong("the user is missing: mysql://user@host:port/database"))?;
        if user.contains(':') {
            return Err(wrong(
                "php.ini is no place for a password: put it into a file and name that, as in \
                 ?password_file=/etc/webhooks/password",
            ));
        }
        let (mut password_file, mut socket, mut ca, mut tls) = (None, None, None, None);
        let mut server = Self {
            endpoint: Endpoint::Tcp(String::new(), PORT),
            user: decoded(user, "the user")?,
            password: Password::default(),
            database: decoded(database, "the database")?,
            prefix: String::new(),
            tls: Tls::Off,
            connect_timeout: CONNECT,
            read_timeout: READ,
            reads_with_writes: false,
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = decoded(value, name)?;
            match name {
                "prefix" => server.prefix = checked_prefix(&value)?,
                "password_file" => password_file = Some(absolute(name, value)?),
                "socket" => socket = Some(absolute(name, value)?),
                "tls" => tls = Some(value),
                "ca" => ca = Some(absolute(name, value)?),
                "connect_timeout" => server.connect_timeout = seconds(name, &value)?,
                "read_timeout" => server.read_timeout = seconds(name, &value)?,
                "reads" if value == "with_writes" => server.reads_with_writes = true,
                "reads" => return Err(wrong("reads is with_writes, or left out")),
                _ => {
                    return Err(wrong(format!(
                        "there is no option \"{name}\": expected prefix, password_file, socket, tls, ca, \
                         connect_timeout, read_timeout or reads",
                    )));
                }
            }
        }
        server.endpoint = match (host, socket) {
            ("", None) => default_socket(None)?,
            ("" | "localhost", Some(socket)) => Endpoint::Socket(socket),
            (_, Some(_)) => {
                return Err(wrong(
                    "socket= is of this machine: leave the host out, or say localhost",
                ));
            }
            (host, None) => endpoint(host, None)?,
        };
        server.tls = match (tls.as_deref(), ca) {
            (Some("off") | None, None) => Tls::Off,
            (Some("encrypted"), None) => Tls::Encrypted,
            (Some("verified") | None, ca) => Tls::Verified(ca),
            (Some("off" | "encrypted"), Some(_)) => {
                return Err(wrong(
                    "ca= is for tls=verified: without it nobody looks at a certificate",
                ));
            }
            (Some(_), _) => return Err(wrong("tls is off, encrypted or verified")),
        };
        if let Some(file) = password_file {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                wrong(format!("password_file: {} can't be read: {error}", file.display()))
            })?;
            server.password = Password(text.trim_end_matches(['\r', '\n']).to_owned());
        }
        Ok(server)
    }

    /// The database that an address names, as it is at this moment: asked again at each connection, so
    /// that a password that was changed is found.
    ///
    /// # Errors
    /// An address that can't be understood; where it is the network's own database, that nobody has
    /// published it, or that this process may not read it.
    pub fn find(spool: &Spool, address: &str) -> Result<Self> {
        match Address::parse(address)? {
            Address::Server(server) => Ok(server),
            Address::Network => Self::of_wordpress(&published(spool)?),
        }
    }

    /// As [`find`](Self::find), where a process was told of the network's own database.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_with(spool: &Spool, address: &str, network: Option<&Database>) -> Result<Self> {
        match (Address::parse(address)?, network) {
            (Address::Server(server), _) => Ok(server),
            (Address::Network, Some(network)) => Self::of_wordpress(network),
            (Address::Network, None) => Self::of_wordpress(&published(spool)?),
        }
    }

    /// The network's own database.
    ///
    /// # Errors
    /// A `DB_HOST` that WordPress could not use either, a prefix that no table can have, or a
    /// `localhost` without a socket.
    pub fn of_wordpress(config: &Database) -> Result<Self> {
        let tls = match (config.flags & CLIENT_SSL != 0, config.flags & DONT_VERIFY != 0) {
            (false, _) => Tls::Off,
            (true, true) => Tls::Encrypted,
            (true, false) => Tls::Verified(config.ca.as_ref().map(PathBuf::from)),
        };
        let default_socket = Some(&config.default_socket).filter(|path| !path.is_empty());
        Ok(Self {
            endpoint: endpoint(&config.host, default_socket.map(PathBuf::from))?,
            user: config.user.clone(),
            password: config.password.clone(),
            database: config.name.clone(),
            prefix: checked_prefix(&config.prefix)?,
            tls,
            connect_timeout: CONNECT,
            read_timeout: READ,
            reads_with_writes: false,
        })
    }

    /// The name of one of the store's tables, quoted.
    pub fn table(&self, name: &str) -> String {
        format!("`{}webhooks_store_{name}`", self.prefix)
    }
}

/// The address without credentials, for messages.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint {
            Endpoint::Tcp(host, port) if host.contains(':') => {
                write!(f, "mysql://[{host}]:{port}")?;
            }
            Endpoint::Tcp(host, port) => write!(f, "mysql://{host}:{port}")?,
            Endpoint::Socket(path) => write!(f, "mysql://localhost:{}", path.display())?,
        }
        write!(f, "/{}", self.database)
    }
}

/// Largest file in which it is looked for, in bytes: as `config` has it.
const MAX_FILE: u64 = 256 << 20;

/// The network's own database, as it was published.
fn published(spool: &Spool) -> Result<Database> {
    /// What else stands in the file is of no interest here.
    #[derive(serde::Deserialize)]
    struct File {
        database: Option<Database>,
    }
    let path = spool.path().join(CONFIG_FILE);
    let path = path.display();
    let bytes = spool.top().read(CONFIG_FILE, MAX_FILE).map_err(|error| {
        wrong(format!(
            "\"mysql:\" is the network's own database, and who it is stands in {path}, which only the \
             spool's owner may read ({error}): inside WordPress the plugin says it with \
             webhooks_database(); elsewhere call that first, or run as the spool's owner"
        ))
    })?;
    let file: Option<File> = bytes
        .map(|bytes| serde_json::from_slice(&bytes))
        .transpose()
        // serde_json's messages can quote a value; where it stands is enough.
        .map_err(|error| {
            wrong(format!(
                "{path} is damaged (line {}, column {}): publish again (save any webhook)",
                error.line(),
                error.column()
            ))
        })?;
    file.and_then(|file| file.database).ok_or_else(|| {
        wrong(format!(
            "\"mysql:\" is the network's own database, and {path} does not name it yet: save any webhook \
             in Network Admin, which publishes it with WordPress's credentials"
        ))
    })
}

/// `DB_HOST` as WordPress (`wpdb::parse_db_host()`) and then mysqlnd understand it: `localhost` is
/// the socket, whatever port is said with it.
fn endpoint(host: &str, default: Option<PathBuf>) -> Result<Endpoint> {
    let (host, socket) = match host.find(":/") {
        Some(at) => (&host[..at], Some(PathBuf::from(&host[at + 1..]))),
        None => (host, None),
    };
    let (name, port) = if host.matches(':').count() > 1 {
        match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((name, "")) => (name, None),
            Some((name, rest)) => (name, Some(rest.strip_prefix(':').unwrap_or(rest))),
            None => (host, None),
        }
    } else {
        host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)))
    };
    let port = match port {
        None | Some("") => PORT,
        Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
            wrong(format!("\"{port}\" is no port: expected a number up to 65535, as in host:3306"))
        })?,
    };
    if name.is_empty() || name.eq_ignore_ascii_case("localhost") {
        return socket
            .map_or_else(|| default_socket(default), |socket| Ok(Endpoint::Socket(socket)));
    }
    if name.chars().any(|c| c.is_whitespace() || "[]/?#@\\".contains(c)) {
        return Err(wrong(format!("\"{name}\" is no host")));
    }
    Ok(Endpoint::Tcp(name.to_owned(), port))
}

fn default_socket(of_php: Option<PathBuf>) -> Result<Endpoint> {
    let is_socket = |path: &PathBuf| {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
    };
    if let Some(path) = of_php.filter(|path| !path.as_os_str().is_empty()) {
        return Ok(Endpoint::Socket(path));
    }
    SOCKETS.iter().map(PathBuf::from).find(is_socket).map(Endpoint::Socket).ok_or_else(|| {
        wrong(format!(
            "localhost is a socket, and there is none at {}: name it (localhost:/path/of/the.sock), \
             or say 127.0.0.1",
            SOCKETS.join(", ")
        ))
    })
}

fn decoded(text: &str, what: &str) -> Result<String> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| wrong(format!("{what} is no UTF-8")))
}

fn absolute(option: &str, value: String) -> Result<PathBuf> {
    let path = PathBuf::from(value);
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(wrong(format!("{option} wants an absolute path")))
    }
}

fn seconds(option: &str, value: &str) -> Result<Duration> {
    match value.parse() {
        Ok(seconds @ 1..=LONGEST) => Ok(Duration::from_secs(seconds)),
        _ => Err(wrong(format!("{option} is a number of seconds, 1 to {LONGEST}"))),
    }
}

fn checked_prefix(prefix: &str) -> Result<String> {
    let fits = prefix.len() <= LONGEST_PREFIX
        && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(&byte));
    if fits {
        return Ok(prefix.to_owned());
    }
    Err(wrong(format!(
        "the prefix \"{prefix}\" can't be that of a table: expected up to {LONGEST_PREFIX} letters, digits, _ and $"
    )))
}

fn wrong(reason: impl Into<String>) -> StoreError {
    StoreError::Failed { action: "webhooks.store", reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        match Address::parse(url) {
            Ok(Address::Server(server)) => server,
            other => panic!("{url}: {other:?}"),
        }
    }

    fn tcp(host: &str, port: u16) -> Endpoint {
        Endpoint::Tcp(host.into(), port)
    }

    #[test]
    fn an_address_alone_is_the_networks_own_database() {
        assert_eq!(Address::parse("mysql:").unwrap(), Address::Network);
    }

    #[test]
    fn an_address_says_all_that_can_be_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "pass:w@rd\n").unwrap();
        let found = server(&format!(
            "mysql://we%40b@db.example.org:3307/net%20work?prefix=wp_&tls=verified&ca=/etc/ca.pem\
             &connect_timeout=5&read_timeout=60&reads=with_writes&password_file={}",
            file.display()
        ));
        let expected = Server {
            endpoint: tcp("db.example.org", 3307),
            user: "we@b".into(),
            password: Password("pass:w@rd".into()),
            database: "net work".into(),
            prefix: "wp_".into(),
            tls: Tls::Verified(Some("/etc/ca.pem".into())),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(60),
            reads_with_writes: true,
        };
        assert_eq!(found, expected);
        assert_eq!(found.to_string(), "mysql://db.example.org:3307/net work");
        assert!(!format!("{found:?}").contains("w@rd"));
        assert_eq!(found.table("events"), "`wp_webhooks_store_events`");
    }

    #[test]
    fn hosts_are_those_of_wordpress() {
        let socket = |path: &str| Endpoint::Socket(path.into());
        for (host, expected) in [
            ("db", tcp("db", 3306)),
            ("db:3307", tcp("db", 3307)),
            ("db:", tcp("db", 3306)),
            ("10.0.0.1:3307", tcp("10.0.0.1", 3307)),
            ("localhost", socket("/php.sock")),
            ("", socket("/php.sock")),
            ("LOCALHOST:3307", socket("/php.sock")),
            ("localhost:/run/s.sock", socket("/run/s.sock")),
            (":/run/s.sock", socket("/run/s.sock")),
            ("localhost:3306:/run/s.sock", socket("/run/s.sock")),
            ("db:3307:/run/s.sock", tcp("db", 3307)),
            ("::1", tcp("::1", 3306)),
            ("[::1]", tcp("::1", 3306)),
            ("[::1]:3307", tcp("::1", 3307)),
        ] {
            let config = Database {
                host: host.into(),
                default_socket: "/php.sock".into(),
                ..Database::default()
            };
            assert_eq!(Server::of_wordpress(&config).unwrap().endpoint, expected, "{host}");
        }
        let of_port = Database { host: "db:70000".into(), ..Database::default() };
        assert!(Server::of_wordpress(&of_port).unwrap_err().to_string().contains("70000"));
    }

    #[test]
    fn wordpresss_flags_say_how_the_connection_is_protected() {
        let ca = PathBuf::from("/etc/ca.pem");
        for (flags, expected) in [
            (0, Tls::Off),
            (DONT_VERIFY, Tls::Off),
            (CLIENT_SSL, Tls::Verified(Some(ca.clone()))),
            (CLIENT_SSL | DONT_VERIFY, Tls::Encrypted),
        ] {
            let ca = Some("/etc/ca.pem".to_owned());
            let config = Database { host: "db".into(), flags, ca, ..Database::default() };
            assert_eq!(Server::of_wordpress(&config).unwrap().tls, expected, "{flags}");
        }
    }

    #[test]
    fn the_networks_own_database_is_the_one_that_was_published_or_handed_over() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let nobody = Server::find(&spool, "mysql:").unwrap_err().to_string();
        assert!(nobody.contains("does not name it yet"), "{nobody}");
        let publish = |text: &str| std::fs::write(folder.path().join(CONFIG_FILE), text).unwrap();
        publish(r#"{"format":1,"revision":7,"webhooks":[{"secrets":["x"]}]}"#);
        let nobody = Server::find(&spool, "mysql:").unwrap_err().to_string();
        assert!(nobody.contains("does not name it yet"), "{nobody}");
        publish(
            r#"{"format":1,"webhooks":[],"database":{"host":"db","name":"net","user":"u",
                "password":"hunter2","prefix":"wp_"}}"#,
        );
        let published = Server::find(&spool, "mysql:").unwrap();
        assert_eq!(published.to_string(), "mysql://db:3306/net");
        assert_eq!(published.password.0, "hunter2");
        // A password that was changed is found at the next connection.
        publish(
            r#"{"webhooks":[],"database":{"host":"db","name":"net","user":"u","password":"new"}}"#,
        );
        assert_eq!(Server::find(&spool, "mysql:").unwrap().password.0, "new");
        let told = Database {
            host: "other".into(),
            user: "u".into(),
            name: "net".into(),
            ..Database::default()
        };
        let found = Server::find_with(&spool, "mysql:", Some(&told)).unwrap();
        assert_eq!(found.to_string(), "mysql://other:3306/net");
        let found = Server::find_with(&spool, "mysql://u@db2/w", Some(&told)).unwrap();
        assert_eq!(found.to_string(), "mysql://db2:3306/w");
        publish(r#"{"database":{"password":"hunter2","#);
        let damaged = Server::find(&spool, "mysql:").unwrap_err().to_string();
        assert!(damaged.contains("is damaged") && !damaged.contains("hunter2"), "{damaged}");
    }

    #[test]
    fn what_is_wrong_is_said_and_no_password_repeated() {
        for (url, expected) in [
            ("mysql:wordpress", "\"mysql:\" alone"),
            ("mysql://u@db", "the database is missing"),
            ("mysql://u@db/", "the database is missing"),
            ("mysql://db/wordpress", "the user is missing"),
            ("mysql://u:hunter2@db/wordpress", "password_file"),
            ("mysql://u@db:0/w", "\"0\" is no port"),
            ("mysql://u@db:x/w", "\"x\" is no port"),
            ("mysql://u@d b/w", "is no host"),
            ("mysql://u@db/w?prefix=a-b", "can't be that of a table"),
            ("mysql://u@db/w?tls=on", "tls is off, encrypted or verified"),
            ("mysql://u@db/w?tls=off&ca=/a", "ca= is for tls=verified"),
            ("mysql://u@db/w?ca=a.pem", "ca wants an absolute path"),
            ("mysql://u@db/w?socket=/a", "socket= is of this machine"),
            ("mysql://u@db/w?connect_timeout=0", "1 to 300"),
            ("mysql://u@db/w?read_timeout=x", "1 to 300"),
            ("mysql://u@db/w?reads=anywhere", "with_writes, or left out"),
            ("mysql://u@db/w?password=hunter2", "there is no option \"password\""),
            ("mysql://u@db/w?password_file=/none", "/none can't be read"),
            ("mysql://%ff@db/w", "the user is no UTF-8"),
        ] {
            let said = Address::parse(url).unwrap_err().to_string();
            assert!(said.contains(expected), "{url}: {said}");
            assert!(said.starts_with("webhooks.store: ") && !said.contains("hunter2"), "{said}");
        }
    }
}
