//! Visitors of the network: each asks nginx for a page of WordPress that dispatches, and asks again for
//! the same until it is answered.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::front::PORT;

/// Visitors at once.
const VISITORS: u64 = 2;
/// Events of a page.
const EVENTS: u64 = 4;
/// Between two pages.
const PAUSE: Duration = Duration::from_millis(400);
/// How long a page may take: longer than a stopped php-fpm is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// See the module.
pub(crate) struct Visitors {
    are_over: Arc<AtomicBool>,
    /// Nobody waits for what they asked for.
    are_dropped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<(), String>>>,
    answered: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
}

impl Visitors {
    /// They come from now on; `folder` gets their accounts.
    pub(crate) fn start(seed: u64, folder: &Path) -> Self {
        let (are_over, are_dropped) = <(Arc<AtomicBool>, Arc<AtomicBool>)>::default();
        let (answered, failed) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let threads = (0..VISITORS)
            .map(|visitor| {
                let (are_over, answered) = (Arc::clone(&are_over), Arc::clone(&answered));
                let (failed, path) = (Arc::clone(&failed), folder.join(format!("{visitor}.txt")));
                let are_dropped = Arc::clone(&are_dropped);
                std::thread::spawn(move || {
                    let told = |error: std::io::Error| format!("{}: {error}", path.display());
                    let mut account = File::create(&path).map_err(told)?;
                    for page in 0.. {
                        if are_over.load(Ordering::SeqCst) {
                            break;
                        }
                        let numbers = page * EVENTS..(page + 1) * EVENTS;
                        for number in numbers.clone() {
                            writeln!(account, "? {number}").map_err(told)?;
                        }
                        let path = format!(
                            "/?cluster={seed}&producer={visitor}&from={}&to={}",
                            numbers.start, numbers.end
                        );
                        // Whoever is not answered asks again, to the end of the run and beyond it.
                        let lines = loop {
                            match page_of(&path) {
                                Ok(lines) => break lines,
                                Err(_) if are_dropped.load(Ordering::SeqCst) => return Ok(()),
                                Err(_) => drop(failed.fetch_add(1, Ordering::SeqCst)),
                            }
                            std::thread::sleep(PAUSE / 2);
                        };
                        account.write_all(lines.as_bytes()).map_err(told)?;
                        answered.fetch_add(1, Ordering::SeqCst);
                        std::thread::sleep(PAUSE);
                    }
                    Ok(())
                })
            })
            .collect();
        Self { are_over, are_dropped, threads, answered, failed }
    }

    /// Pages that were answered, and requests that were not.
    pub(crate) fn pages(&self) -> (usize, usize) {
        (self.answered.load(Ordering::SeqCst), self.failed.load(Ordering::SeqCst))
    }

    /// The last pages come to their ends.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        self.are_over.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            thread.join().map_err(|_| "a visitor panicked")??;
        }
        Ok(())
    }
}

impl Drop for Visitors {
    fn drop(&mut self) {
        self.are_dropped.store(true, Ordering::SeqCst);
        // None of them comes to the next run.
        let _ = self.end();
    }
}

/// Asks for a page; its lines.
fn page_of(path: &str) -> Result<String, String> {
    let text = |error: std::io::Error| error.to_string();
    let address = SocketAddr::from(([127, 0, 0, 1], PORT));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(text)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(text)?;
    let request =
        format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{PORT}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(text)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(text)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    // What ends with a dot came in whole.
    match (head.split(' ').nth(1), body.strip_suffix(".\n")) {
        (Some("200"), Some(lines)) => Ok(lines.to_owned()),
        _ => Err(head.lines().next().unwrap_or_default().to_owned()),
    }
}
