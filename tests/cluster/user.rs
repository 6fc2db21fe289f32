//! As whom the servers of a run work: as root they are www-data, as on a server.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    /// www-data: this program is root.
    WwwData,
    /// This program's own, who is root in a name space of its own alone.
    Own,
}

impl User {
    /// A command that this user runs.
    pub(crate) fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        match self {
            Self::Own => Command::new(program),
            Self::WwwData => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=www-data", "--regid=www-data", "--clear-groups"]);
                command.arg(program);
                command
            }
        }
    }

    /// What a MariaDB has to be told that would not run as root.
    pub(crate) fn of_a_server(self) -> Vec<String> {
        match self {
            Self::Own => vec!["--user=root".into()],
            Self::WwwData => Vec::new(),
        }
    }

    /// Makes a folder that is this user's and that others may enter.
    pub(crate) fn make_folder(self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755))?;
        self.own(folder)
    }

    /// Makes a file or folder this user's.
    pub(crate) fn own(self, path: &Path) -> io::Result<()> {
        if self == Self::Own {
            return Ok(());
        }
        let owned = Command::new("chown").arg("www-data:").arg(path).status()?;
        if owned.success() { Ok(()) } else { Err(io::Error::other("chown refused")) }
    }
}
