//! A server of a test's own on loopback: does with each request what it is told, and keeps it.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::http::Request;

/// Longest wait for something that ought to happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Hands every connection to `handle`, on a thread of its own, for as long as the process lives.
pub fn accept(listener: TcpListener, handle: impl Fn(TcpStream) + Send + Sync + 'static) {
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let handle = Arc::clone(&handle);
            std::thread::spawn(move || handle(stream));
        }
    });
}

#[derive(Default)]
struct Arrivals {
    requests: Mutex<Vec<Request>>,
    more: Condvar,
}

/// A listening server; what it got can be waited for.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    arrivals: Arc<Arrivals>,
    /// How many of them [`next`](Self::next) gave.
    taken: AtomicUsize,
}

impl Server {
    /// Answers every request with what `answer` writes; the connection goes on while it returns
    /// true. A request is kept before it is answered.
    ///
    /// # Panics
    /// Where there is no port.
    pub fn start(
        answer: impl Fn(&Request, &mut dyn Write) -> bool + Send + Sync + 'static,
    ) -> Self {
        let arrivals = Arc::<Arrivals>::default();
        let kept = Arc::clone(&arrivals);
        Self { arrivals, ..Self::raw(move |stream| serve(stream, &answer, &kept)) }
    }

    /// The same, and keeps nothing of what came.
    ///
    /// # Panics
    /// Where there is no port.
    pub fn unkept(
        answer: impl Fn(&Request, &mut dyn Write) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::raw(move |stream| {
            let _ = stream.set_nodelay(true);
            let mut stream = BufReader::new(stream);
            while let Ok(Some(request)) = Request::read(&mut stream) {
                if !answer(&request, stream.get_mut()) {
                    return;
                }
            }
        })
    }

    /// The same behind TLS.
    ///
    /// # Panics
    /// Where there is no port.
    pub fn start_tls(
        config: Arc<rustls::ServerConfig>,
        answer: impl Fn(&Request, &mut dyn Write) -> bool + Send + Sync + 'static,
    ) -> Self {
        let arrivals = Arc::<Arrivals>::default();
        let kept = Arc::clone(&arrivals);
        let server = Self::raw(move |stream| {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).expect("a session");
            serve(rustls::StreamOwned::new(session, stream), &answer, &kept);
        });
        Self { arrivals, ..server }
    }

    /// Hands every connection to `handle`, on a thread of its own; keeps nothing.
    ///
    /// # Panics
    /// Where there is no port.
    pub fn raw(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&connections);
        accept(listener, move |stream| {
            counter.fetch_add(1, Ordering::SeqCst);
            handle(stream);
        });
        Self { address, connections, arrivals: Arc::default(), taken: AtomicUsize::new(0) }
    }

    /// The next request.
    ///
    /// # Panics
    /// Where none arrives in time.
    pub fn next(&self) -> Request {
        let mut requests = self.arrivals.requests.lock();
        let taken = self.taken.fetch_add(1, Ordering::SeqCst);
        let waiting = |requests: &mut Vec<Request>| requests.len() <= taken;
        self.arrivals.more.wait_while_for(&mut requests, waiting, PATIENCE);
        requests.get(taken).cloned().expect("a request arrives")
    }

    /// Whether [`next`](Self::next) gave all that arrived.
    pub fn is_idle(&self) -> bool {
        self.arrivals.requests.lock().len() <= self.taken.load(Ordering::SeqCst)
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Request> {
        self.arrivals.requests.lock().clone()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// A URL of it.
    pub fn url(&self) -> String {
        format!("http://{}/hook?a=b", self.address)
    }
}

fn serve(
    stream: impl Read + Write,
    answer: &impl Fn(&Request, &mut dyn Write) -> bool,
    arrivals: &Arrivals,
) {
    let mut stream = BufReader::new(stream);
    for number in 1.. {
        let Ok(Some(request)) = Request::read(&mut stream) else { return };
        let request = Request { number, ..request };
        arrivals.requests.lock().push(request.clone());
        arrivals.more.notify_all();
        let goes_on = answer(&request, stream.get_mut());
        let _ = stream.get_mut().flush();
        if !goes_on {
            return;
        }
    }
}

/// Writes a complete response.
pub fn respond(to: &mut dyn Write, status: &str, headers: &str, body: &[u8]) -> bool {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    to.write_all(head.as_bytes()).and_then(|()| to.write_all(body)).is_ok()
}
