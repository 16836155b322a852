//! Which hosts send most over HTTP, while you browse:
//! `cargo build --example live_top_hosts && sudo target/debug/examples/live_top_hosts eth0`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::cmp::Reverse;
use std::collections::BTreeMap;

use urltrace::capture::{live, privilege};
use urltrace::pipeline::{self, Settings, Watch};
use urltrace::protocol::http::url::Parts;
use urltrace::trace::EntityId;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = std::env::args().nth(1).ok_or("usage: live_top_hosts INTERFACE")?;
    let mut source = live::Live::open(&live::Settings::new(device))?;
    privilege::give_up_root()?;
    let mut hosts: BTreeMap<String, u64> = BTreeMap::new();
    let completed = |trace: &urltrace::trace::Trace, ids: &[EntityId]| {
        for id in ids {
            let EntityId::Exchange(id) = id else { continue };
            let Some(exchange) = trace.exchange(*id) else { continue };
            let host = exchange.url.as_deref().map(|url| Parts::of(url).host);
            let size = exchange.response_end.as_ref().map_or(0, |end| end.body.wire);
            *hosts.entry(host.unwrap_or("?").to_owned()).or_default() += size;
        }
        let mut sorted: Vec<_> = hosts.iter().collect();
        sorted.sort_by_key(|(_, bytes)| Reverse(**bytes));
        println!("\x1b[2J\x1b[H{:>12}  host", "bytes");
        sorted.iter().take(10).for_each(|(host, bytes)| println!("{bytes:>12}  {host}"));
        Ok(())
    };
    let watch = Watch { completed: Some(Box::new(completed)), ..Watch::default() };
    let settings = Settings::new(1);
    pipeline::run(&mut source, &settings, watch).error.map_or(Ok(()), |error| Err(error.into()))
}
