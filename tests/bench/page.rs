//! `request_ratio`: a page of WordPress through nginx and php-fpm. One network has extension
//! and plugin, and its page dispatches an event; the other has neither. The endpoint is one that
//! verifies what it gets, afterwards, and meanwhile takes little of the machine, as elsewhere it
//! would take nothing of it.

use std::collections::HashSet;
use std::time::Instant;

use crate::http_client::Connection;
use crate::network::Network;
use crate::receiver::{Receiver, verify};
use crate::results::Results;
use crate::rounds::{abba, median, spread};
use crate::{Bench, Result};

/// Requests of a side that count, before the other's turn.
const REQUESTS: usize = 8;
/// Requests before these: the other side's pages have had processor and caches.
const FIRST: usize = 2;
/// Turns of a side after a start, before those that count.
const WARM: usize = 2;

pub(crate) fn run(bench: &Bench, results: &mut Results) -> Result {
    let with = Network::with(&bench.build)?;
    let without = Network::without(&bench.build)?;
    let rounds = rounds(bench);
    let pages = rounds * (2 + WARM) * (FIRST + REQUESTS);
    let receiver = Receiver::start(pages)?;
    let secret = with.subscribe(&receiver.url())?;
    let Pages { ratios, typical, events: [on, off] } = compare([&with, &without], rounds)?;
    if !off.is_empty() {
        return Err("the network without the plugin dispatched an event".into());
    }
    let arrived = verify(&receiver.take(pages)?, &secret, pages, &bench.data)?;
    if !on.iter().all(|event| arrived.contains_key(event)) {
        return Err("the endpoint has other events than the pages dispatched".into());
    }
    results.note(format!("the page takes {:.2} ms", typical * 1e3));
    results.add("request_ratio", ratios);
    Ok(())
}

/// Whether the ratio is one where both are the same: two networks, neither with the plugin.
pub(crate) fn control(bench: &Bench, results: &mut Results) -> Result {
    let networks = [Network::without(&bench.build)?, Network::without(&bench.build)?];
    let Pages { ratios, .. } = compare(networks.each_ref(), rounds(bench))?;
    let (low, high) = spread(&ratios);
    results.note(format!(
        "a page ÷ the same page: {:.4}, middle half {low:.3} – {high:.3}, {} rounds",
        median(&ratios),
        ratios.len()
    ));
    Ok(())
}

fn rounds(bench: &Bench) -> usize {
    bench.pick(96, 4)
}

/// What two networks' pages took.
struct Pages {
    /// The first's time ÷ the second's, round by round.
    ratios: Vec<f64>,
    /// Seconds, of the second.
    typical: f64,
    /// The events that each dispatched.
    events: [HashSet<String>; 2],
}

fn compare(networks: [&Network; 2], rounds: usize) -> Result<Pages> {
    let mut sides = [Side::of(networks[0])?, Side::of(networks[1])?];
    let (mut ratios, mut typical) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Where php-fpm comes to lie in memory is worth two per cent of a page either way, for as
        // long as it lives: the same for a round, another one for the next.
        networks.iter().try_for_each(|network| network.restart_php())?;
        for turn in 0..2 {
            let side = &mut sides[(round + turn) % 2];
            (0..WARM).try_for_each(|_| side.typical().map(drop))?;
        }
        let [one, other] = abba(round, |side| sides[side].typical())?;
        ratios.push(one / other);
        typical.push(other);
    }
    let events = sides.map(|side| side.events);
    Ok(Pages { ratios, typical: median(&typical), events })
}

struct Side {
    port: u16,
    request: String,
    /// Those that the pages dispatched.
    events: HashSet<String>,
}

impl Side {
    fn of(network: &Network) -> Result<Self> {
        let host = network.variable("WP_HOST")?;
        let port = host.rsplit_once(':').ok_or("no port")?.1.parse()?;
        let request = format!("GET /?bench=1 HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Ok(Self { port, request, events: HashSet::new() })
    }

    /// The middle one of some requests' times, in seconds.
    fn typical(&mut self) -> Result<f64> {
        // nginx closes one that has had a thousand requests.
        let mut connection = Connection::open(self.port)?;
        let mut times = Vec::new();
        for request in 0..FIRST + REQUESTS {
            let begun = Instant::now();
            let answer = connection.request(&self.request, b"")?;
            if request >= FIRST {
                times.push(begun.elapsed().as_secs_f64());
            }
            self.events.extend(answer.header("x-event").map(str::to_owned));
            if answer.status != 200 || !answer.body.ends_with(b"</html>\n") {
                return Err(
                    format!("the page: {}, {} bytes", answer.status, answer.body.len()).into()
                );
            }
        }
        Ok(median(&times))
    }
}
