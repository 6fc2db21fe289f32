//! What PHP has otherwise: `vs_nonblocking_post`, `vs_insert`, `vs_insert_nosync`. All in one
//! process of WordPress, each in turn with webhooks_dispatch().

use serde_json::json;

use crate::network::Network;
use crate::nginx::Nginx;
use crate::results::Results;
use crate::script::number;
use crate::{Bench, Result};

pub(crate) fn run(bench: &Bench, results: &mut Results) -> Result {
    let network = Network::with(&bench.build)?;
    let endpoint = Nginx::start()?;
    network.subscribe(&endpoint.url())?;
    let mut script = network.script("peers.php")?;
    for (key, peer) in
        [("vs_nonblocking_post", "post"), ("vs_insert", "insert"), ("vs_insert_nosync", "nosync")]
    {
        let command = json!({"peer": peer, "count": 100, "url": endpoint.url()});
        script.ask(&command)?;
        let mut ratios = Vec::new();
        let mut last = json!(null);
        for _ in 0..bench.pick(21, 5) {
            last = script.ask(&command)?;
            ratios.push(number(&last, "peer")? / number(&last, "dispatch")?);
        }
        results.note(format!("{peer} {} ns, dispatch {} ns", last["peer"], last["dispatch"]));
        results.add(key, ratios);
    }
    script.end()
}
