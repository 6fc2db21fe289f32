//! The network's own database, as WordPress is told of it in `wp-config.php`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The spool's file in which the publisher leaves it for the worker, as the member `database`. Only
/// the spool's owner may read it.
pub const CONFIG_FILE: &str = "config.json";

/// What `wp-config.php` says of the database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `DB_HOST`: `host`, `host:port`, `host:/socket`, `[::1]:port`.
    pub host: String,
    /// `DB_USER`
    pub user: String,
    /// `DB_PASSWORD`
    pub password: Password,
    /// `DB_NAME`
    pub name: String,
    /// `$wpdb->base_prefix`
    pub prefix: String,
    /// `MYSQL_CLIENT_FLAGS`; 0 where it isn't defined.
    pub flags: u64,
    /// Path of a file with authorities for TLS, where the site names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// `mysqli.default_socket` of php.ini; empty: wherever the system has it.
    pub default_socket: String,
}

/// A password, which shows in no message.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { "(hidden)" })
    }
}

/// Longest of its texts, in bytes: more than any server takes.
const LONGEST: usize = 1024;

impl Database {
    /// What is wrong with it, as far as can be seen without a server: a member's name and what is
    /// expected. The text itself is not repeated.
    ///
    /// # Errors
    /// As said.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let texts = [
            ("host", &self.host),
            ("user", &self.user),
            ("password", &self.password.0),
            ("name", &self.name),
            ("prefix", &self.prefix),
            ("default_socket", &self.default_socket),
        ];
        if let Some((member, _)) = texts.iter().find(|(_, text)| text.len() > LONGEST) {
            return Err((*member, "expected at most 1,024 bytes"));
        }
        if self.name.is_empty() {
            return Err(("name", "expected the database's name (DB_NAME)"));
        }
        if self.user.is_empty() {
            return Err(("user", "expected the database's user (DB_USER)"));
        }
        if self.ca.as_ref().is_some_and(|ca| !ca.starts_with('/')) {
            return Err(("ca", "expected an absolute path"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Database {
        Database { name: "wp".into(), user: "u".into(), ..Database::default() }
    }

    #[test]
    fn a_password_is_kept_and_never_shown() {
        let known = Database { password: Password("hunter2".into()), ..database() };
        assert!(!format!("{known:?}").contains("hunter2"));
        let json = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<Database>(&json).unwrap(), known);
    }

    #[test]
    fn what_no_server_could_take_is_told_by_its_member() {
        database().check().unwrap();
        for (wrong, member) in [
            (Database { name: String::new(), ..database() }, "name"),
            (Database { user: String::new(), ..database() }, "user"),
            (Database { host: "x".repeat(2000), ..database() }, "host"),
            (Database { ca: Some("ca.pem".into()), ..database() }, "ca"),
        ] {
            assert_eq!(wrong.check().unwrap_err().0, member);
        }
    }
}
