//! One line for each page of a capture: `cargo run --example list_visits -- visit.pcapng`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use urltrace::capture;
use urltrace::pipeline::{self, Settings, Watch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: list_visits FILE")?;
    let mut source = capture::open(path)?;
    let settings = Settings::new(2);
    let outcome = pipeline::run(&mut source, &settings, Watch::default());
    let trace = outcome.trace;
    for visit in &trace.visits {
        let lasted = visit.ended.at.since(visit.started.at).as_millis_f64();
        let requests = visit.exchanges.len();
        println!("{}  {requests} requests in {lasted:.1} ms", visit.url);
        for exchange in visit.exchanges.iter().filter_map(|id| trace.exchange(*id)) {
            let status =
                exchange.status().map_or_else(|| "-".to_owned(), |status| status.to_string());
            let total = exchange.timings.total().as_millis_f64();
            println!("  {status:>3} {total:8.1} ms  {}", exchange.url.as_deref().unwrap_or("?"));
        }
    }
    // What was read before an error is in the trace; the error comes with it.
    outcome.error.map_or(Ok(()), |error| Err(error.into()))
}
