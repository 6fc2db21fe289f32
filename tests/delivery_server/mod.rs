//! An endpoint that does what a test tells it to, over real sockets on the loopback address.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use webhooks::clock::SystemClock;
use webhooks::delivery::{Sender, Settings};
use webhooks::event::Event;
use webhooks::id::{DeliveryId, EventId};
use webhooks::store::{Attempt, Claim, WebhookKey};
use webhooks::webhook::Webhook;

/// Longest wait of a test for something that ought to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A request as the endpoint got it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The how-manieth on its connection, from 1.
    pub(crate) number: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Reads one; `None` where the client closed.
    pub(crate) fn read(from: &mut impl BufRead, number: usize) -> Option<Self> {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            from.read_line(&mut header).ok()?;
            match header.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
                None => break,
            }
        }
        let mut request =
            Self { line: line.trim_end().to_owned(), headers, body: Vec::new(), number };
        let length = request.header("content-length").map_or(0, |value| value.parse().unwrap());
        request.body.resize(length, 0);
        from.read_exact(&mut request.body).ok()?;
        Some(request)
    }
}

/// What a connection can be: plain, or TLS on top.
pub(crate) trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// A listening endpoint; what it got can be waited for.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    requests: mpsc::Receiver<Request>,
}

impl Server {
    /// Answers every request with what `answer` writes; the connection goes on while it returns
    /// true.
    pub(crate) fn start(
        answer: impl Fn(&Request, &mut dyn Write) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (tell, requests) = mpsc::channel();
        let mut server = Self::raw(move |stream| serve(stream, &answer, &tell));
        server.requests = requests;
        server
    }

    /// The same behind TLS.
    pub(crate) fn start_tls(
        config: Arc<rustls::ServerConfig>,
        answer: impl Fn(&Request, &mut dyn Write) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (tell, requests) = mpsc::channel();
        let mut server = Self::raw(move |stream| {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(rustls::StreamOwned::new(session, stream), &answer, &tell);
        });
        server.requests = requests;
        server
    }

    /// Hands every connection to `handle`, on a thread of its own.
    pub(crate) fn raw(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counter, handle) = (Arc::clone(&connections), Arc::new(handle));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                counter.fetch_add(1, Ordering::SeqCst);
                let handle = Arc::clone(&handle);
                std::thread::spawn(move || handle(stream));
            }
        });
        Self { address, connections, requests: mpsc::channel().1 }
    }

    /// The next request.
    pub(crate) fn next(&self) -> Request {
        self.requests.recv_timeout(PATIENCE).expect("a request arrives")
    }

    /// Whether nothing (more) arrived.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.try_recv().is_err()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?a=b", self.address)
    }
}

fn serve(
    stream: impl Stream,
    answer: &impl Fn(&Request, &mut dyn Write) -> bool,
    tell: &mpsc::Sender<Request>,
) {
    let mut stream = BufReader::new(stream);
    let mut number = 0;
    loop {
        number += 1;
        let Some(request) = Request::read(&mut stream, number) else { return };
        let go_on = answer(&request, stream.get_mut());
        let _ = stream.get_mut().flush();
        let _ = tell.send(request);
        if !go_on {
            return;
        }
    }
}

/// Writes a complete response.
pub(crate) fn respond(to: &mut dyn Write, status: &str, headers: &str, body: &[u8]) -> bool {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    to.write_all(head.as_bytes()).and_then(|()| to.write_all(body)).is_ok()
}

/// A webhook for `url`, changed by `more`.
pub(crate) fn webhook(url: &str, more: serde_json::Value) -> Webhook {
    let mut webhook = serde_json::json!({
        "id": "whk_1", "url": url, "events": ["*"], "secrets": [{"secret": SECRET}],
    });
    let serde_json::Value::Object(more) = more else { panic!("an object") };
    webhook.as_object_mut().unwrap().extend(more);
    serde_json::from_value(webhook).unwrap()
}

/// A payment whose data is `data`.
pub(crate) fn event_with(data: &str) -> Event {
    let id = EventId::at(1_763_632_800_123);
    let head = format!(
        r#"{{"id":"{id}","type":"payment_received","timestamp":"2025-11-20T10:00:00.123Z","network_id":1,"site":{{"id":3,"url":"https://three.example"}},"source":"woocommerce","data":"#
    );
    let data_range = head.len() as u32..(head.len() + data.len()) as u32;
    Event {
        id,
        timestamp: 1_763_632_800_123,
        source: "woocommerce".into(),
        body: format!("{head}{data}}}").into_bytes().into(),
        data: data_range,
        ..Event::example("{}")
    }
}

pub(crate) fn claim_of(event: Event) -> Claim {
    Claim {
        id: DeliveryId::at(1),
        webhook: WebhookKey(1),
        event: Arc::new(event),
        attempts: 0,
        due: 0,
        request_body: None,
    }
}

pub(crate) fn claim() -> Claim {
    claim_of(event_with(r#"{"payment_total":"10.00","url":"https://a.test/ä"}"#))
}

/// A sender that may reach the loopback address.
pub(crate) fn sender() -> Sender {
    Sender::new(&Settings { allow: vec!["127.0.0.1".into()], ..Settings::default() })
}

/// One attempt by a sender of its own.
pub(crate) fn attempt(webhook: &Webhook) -> Attempt {
    sender().send(webhook, &claim(), &SystemClock)
}

/// Phase and code of the failure.
pub(crate) fn failure(attempt: &Attempt) -> (&'static str, &str) {
    let failure = attempt.failure.as_ref().expect("the attempt fails");
    (failure.phase.as_str(), &failure.code)
}

/// An HTTP proxy that tunnels wherever it is told and tells what it was asked.
pub(crate) fn proxy() -> (Server, mpsc::Receiver<String>) {
    let (tell, asked) = mpsc::channel();
    let server = Server::raw(move |mut client| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if client.read(&mut byte).unwrap_or(0) == 0 {
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let target = head.split(' ').nth(1).unwrap().to_owned();
        tell.send(head).unwrap();
        let Ok(mut target) = TcpStream::connect(target) else {
            let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
            return;
        };
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let (mut up, mut down) = (client.try_clone().unwrap(), target.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut up, &mut down));
        let _ = std::io::copy(&mut target, &mut client);
    });
    (server, asked)
}
