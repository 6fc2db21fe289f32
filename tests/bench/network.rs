//! A WordPress network of the tests, for what has to be measured in one.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::script::Script;
use crate::testbed::Build;
use testkit::process::wait_for;

/// See the module. Taken down when dropped.
pub(crate) struct Network {
    folder: PathBuf,
    variables: HashMap<String, String>,
}

impl Network {
    /// With extension and plugin.
    pub(crate) fn with(build: &Build) -> Result<Self> {
        let extension = build.extension.as_os_str();
        let worker = build.worker.as_os_str();
        Self::up(build, &[("EXTENSION", extension.to_owned()), ("WORKER", worker.to_owned())])
    }

    /// Without either.
    pub(crate) fn without(build: &Build) -> Result<Self> {
        Self::up(build, &[("EXTENSION", "none".into()), ("PLUGIN", "none".into())])
    }

    fn up(build: &Build, environment: &[(&str, std::ffi::OsString)]) -> Result<Self> {
        // A folder that www-data can enter, with a short name: sockets lie in it.
        let folder = tempfile::Builder::new().prefix("network-webhooks.").tempdir()?.keep();
        let mut network = Self { folder, variables: HashMap::new() };
        let mut up = Command::new(build.tree.join("tests/network/up.sh"));
        up.arg(&network.folder).envs(environment.iter().map(|(name, value)| (name, value)));
        if !up.status()?.success() {
            return Err("no network could be started".into());
        }
        for line in fs::read_to_string(network.folder.join("env"))?.lines() {
            let pair = line.strip_prefix("export ").and_then(|line| line.split_once('='));
            let (name, value) = pair.ok_or("a line of env")?;
            network.variables.insert(name.into(), value.trim_matches('\'').into());
        }
        let root = PathBuf::from(network.variable("WP_ROOT")?);
        // As a site in production: what debugging costs is no part of a page.
        let config = fs::read_to_string(root.join("wp-config.php"))?;
        let config = config.replace("'WP_DEBUG', true", "'WP_DEBUG', false");
        fs::write(root.join("wp-config.php"), config)?;
        // Where the tests want new processes often, the default is none.
        let fpm = network.variable("FPM_CONF")?;
        let settings = fs::read_to_string(fpm)?;
        let by_default = settings.lines().filter(|line| !line.starts_with("pm.max_requests"));
        fs::write(fpm, by_default.map(|line| format!("{line}\n")).collect::<String>())?;
        let plugins = root.join("wp-content/mu-plugins");
        fs::copy("tests/bench/page.php", plugins.join("page.php"))?;
        fs::copy(
            "tests/payloads/ultimate-multisite-payment_received.json",
            plugins.join("payment.json"),
        )?;
        Ok(network)
    }

    pub(crate) fn variable(&self, name: &str) -> Result<&str> {
        let value = self.variables.get(name).map(String::as_str);
        value.ok_or_else(|| format!("the network has no {name}").into())
    }

    /// Adds a webhook for the event `bench`; its secret.
    pub(crate) fn subscribe(&self, url: &str) -> Result<String> {
        let output = self.php("subscribe.php").arg(url).output()?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            return Err(format!("no webhook could be added: {error}").into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn php(&self, script: &str) -> Command {
        let mut php = Command::new("php");
        php.envs(&self.variables).arg(format!("tests/bench/{script}"));
        php
    }

    /// Starts php-fpm anew, with the settings as they are now.
    pub(crate) fn restart_php(&self) -> Result {
        let file = self.variable("FPM_PID_FILE")?;
        let master = || fs::read_to_string(file).unwrap_or_default().trim().to_owned();
        let old = master();
        if !Command::new("kill").args(["-USR2", &old]).status()?.success() {
            return Err("php-fpm is gone".into());
        }
        // It comes back as another process, once the old one's are gone.
        Ok(wait_for("php-fpm is started anew", || !master().is_empty() && master() != old)?)
    }

    pub(crate) fn script(&self, name: &str) -> Result<Script> {
        Script::start(&mut self.php(name))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if self.folder.exists() {
            let _ = Command::new("tests/network/down.sh").arg(&self.folder).status();
        }
    }
}
