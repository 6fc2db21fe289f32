//! The fast endpoint: nginx, which answers 204 to everything and counts.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::http_client::Connection;
use testkit::process::{Process, wait_for};

/// How often it is asked how many requests it has: what a figure can be wrong by.
const LOOK: Duration = Duration::from_millis(3);
const PATIENCE: Duration = Duration::from_secs(300);

/// See the module.
pub(crate) struct Nginx {
    port: u16,
    counter: std::cell::RefCell<Counter>,
    _process: Process,
    _folder: tempfile::TempDir,
}

/// Asks nginx for its own count, and takes from it what was asked.
struct Counter {
    connection: Connection,
    asked: u64,
}

impl Nginx {
    pub(crate) fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("nginx.").tempdir_in("target/bench")?;
        let path = folder.path().canonicalize()?;
        let (port, status) = (free_port()?, free_port()?);
        let dir = path.display();
        let configuration = format!(
            "daemon off; master_process off; pid \"{dir}/pid\"; error_log \"{dir}/error.log\";
             events {{ worker_connections 512; }}
             http {{
                 access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
                 client_body_temp_path \"{dir}/body\"; fastcgi_temp_path \"{dir}/fastcgi\";
                 proxy_temp_path \"{dir}/proxy\"; uwsgi_temp_path \"{dir}/uwsgi\";
                 scgi_temp_path \"{dir}/scgi\";
                 server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }}
                 server {{ listen 127.0.0.1:{status}; location / {{ stub_status; }} }}
             }}\n"
        );
        fs::write(path.join("nginx.conf"), configuration)?;
        let path_with_sbin =
            format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        let process = Process::start(
            Command::new("nginx")
                .env("PATH", path_with_sbin)
                .arg("-p")
                .arg(&path)
                .arg("-c")
                .arg(path.join("nginx.conf"))
                .arg("-e")
                .arg(path.join("error.log"))
                .stdin(Stdio::null()),
        )?;
        let mut connection = None;
        wait_for("nginx listens", || {
            connection = Connection::open(status).ok();
            connection.is_some()
        })?;
        let connection = connection.ok_or("nginx does not answer")?;
        let counter = Counter { connection, asked: 0 }.into();
        let nginx = Self { port, counter, _process: process, _folder: folder };
        // A connection without a request is closed after a minute.
        nginx.answered()?;
        Ok(nginx)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Requests that it has answered so far.
    pub(crate) fn answered(&self) -> Result<u64> {
        let mut counter = self.counter.borrow_mut();
        counter.asked += 1;
        let page = counter.connection.request("GET / HTTP/1.1\r\nHost: status\r\n\r\n", b"")?;
        let page = String::from_utf8_lossy(&page.body);
        // "server accepts handled requests", and a line with these numbers.
        let line = page.lines().nth(2).ok_or("not a status page")?;
        let requests: u64 = line.split_whitespace().nth(2).ok_or("not a status page")?.parse()?;
        Ok(requests - counter.asked)
    }

    /// Waits until it has answered so many, and not one more.
    pub(crate) fn await_answered(&self, requests: u64) -> Result {
        self.await_at_least(requests)?;
        let answered = self.answered()?;
        if answered > requests {
            return Err(format!("nginx has {answered} requests, not {requests}").into());
        }
        Ok(())
    }

    /// Waits until it has answered so many.
    pub(crate) fn await_at_least(&self, requests: u64) -> Result {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answered = self.answered()?;
            if answered >= requests {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("nginx has {answered} of {requests} requests").into());
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
