//! What stands between a web server and the database's nodes: a port for each server that leads to its
//! own node, and to another one while that does not take part, as HAProxy with a check does it.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mysql::prelude::Queryable as _;
use mysql::{Conn, OptsBuilder};
use parking_lot::Mutex;

use crate::nodes::{is_ready, port};

/// How often a node is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long its answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the database is for server `number`.
pub(crate) const fn port_of(number: usize) -> u16 {
    3300 + number as u16
}

struct Checked {
    port: u16,
    is_up: AtomicBool,
    /// Connections that lead to it.
    streams: Mutex<Vec<TcpStream>>,
}

/// See the module. What it started ends with it.
pub(crate) struct Gateways {
    nodes: Arc<Vec<Checked>>,
    is_over: Arc<AtomicBool>,
}

impl Gateways {
    /// Opens a way for each of `servers`, to nodes with these sockets.
    pub(crate) fn open(servers: usize, sockets: Vec<PathBuf>) -> io::Result<Self> {
        let is_cluster = sockets.len() > 1;
        let node = |number: usize| Checked {
            port: port(number),
            is_up: AtomicBool::new(true),
            streams: Mutex::default(),
        };
        let nodes: Arc<Vec<_>> = Arc::new((1..=sockets.len()).map(node).collect());
        let is_over = Arc::<AtomicBool>::default();
        for (at, socket) in sockets.into_iter().enumerate() {
            let (nodes, is_over) = (Arc::clone(&nodes), Arc::clone(&is_over));
            std::thread::spawn(move || look(&nodes[at], &socket, is_cluster, &is_over));
        }
        for server in 1..=servers {
            let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port_of(server));
            let listener = TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let (nodes, is_over) = (Arc::clone(&nodes), Arc::clone(&is_over));
            std::thread::spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    match listener.accept() {
                        Ok((stream, _)) => lead(stream, &nodes, server - 1),
                        Err(_) => std::thread::sleep(Duration::from_millis(2)),
                    }
                }
            });
        }
        Ok(Self { nodes, is_over })
    }
}

impl Drop for Gateways {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.nodes.iter().for_each(Checked::cut);
    }
}

impl Checked {
    /// Ends all connections to it.
    fn cut(&self) {
        for stream in self.streams.lock().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Looks at a node until all is over.
fn look(node: &Checked, socket: &std::path::Path, is_cluster: bool, is_over: &AtomicBool) {
    let mut connection = None;
    while !is_over.load(Ordering::SeqCst) {
        let is_up = is_usable(&mut connection, socket, is_cluster);
        if !is_up {
            connection = None;
        }
        if node.is_up.swap(is_up, Ordering::SeqCst) && !is_up {
            node.cut();
        }
        std::thread::sleep(LOOK);
    }
}

fn is_usable(connection: &mut Option<Conn>, socket: &std::path::Path, is_cluster: bool) -> bool {
    let options = || {
        OptsBuilder::new()
            .socket(Some(socket.display().to_string()))
            .prefer_socket(false)
            .user(Some("root"))
            .read_timeout(Some(PATIENCE))
            .write_timeout(Some(PATIENCE))
    };
    let root = match connection {
        Some(root) => root,
        None => match Conn::new(options()) {
            Ok(root) => connection.insert(root),
            Err(_) => return false,
        },
    };
    // Alone it is used all the same: there is no other.
    let is_writable = !is_cluster
        || root.query_first::<u8, _>("SELECT @@read_only").is_ok_and(|it| it == Some(0));
    is_writable && is_ready(root, is_cluster)
}

/// Leads a connection to the server's own node, or to the next one that is up.
fn lead(client: TcpStream, nodes: &Arc<Vec<Checked>>, own: usize) {
    let nodes = Arc::clone(nodes);
    std::thread::spawn(move || {
        let all = nodes.iter().cycle().skip(own % nodes.len()).take(nodes.len());
        for node in all.filter(|node| node.is_up.load(Ordering::SeqCst)) {
            let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, node.port);
            let Ok(database) = TcpStream::connect_timeout(&address.into(), PATIENCE) else {
                continue;
            };
            if client.set_nonblocking(false).is_err() || connect(client, database, node).is_err() {
                return;
            }
            return;
        }
    });
}

/// Copies both ways until either end closes.
fn connect(client: TcpStream, database: TcpStream, node: &Checked) -> io::Result<()> {
    client.set_nodelay(true)?;
    database.set_nodelay(true)?;
    {
        let mut streams = node.streams.lock();
        // Those that are closed already say no more who is at their other end.
        streams.retain(|stream| stream.peer_addr().is_ok());
        streams.extend([client.try_clone()?, database.try_clone()?]);
    }
    let (mut to_database, mut from_client) = (database.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_database);
        let _ = to_database.shutdown(Shutdown::Both);
        let _ = from_client.shutdown(Shutdown::Both);
    });
    let (mut from_database, mut to_client) = (database, client);
    let copied = io::copy(&mut from_database, &mut to_client);
    let _ = to_client.shutdown(Shutdown::Both);
    let _ = from_database.shutdown(Shutdown::Both);
    copied.map(drop)
}
