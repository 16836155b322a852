//! scratch
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let mut s = urltrace::capture::open(&path).unwrap();
    let set = urltrace::pipeline::Settings { threads: 2, limits: Default::default() };
    let o = urltrace::pipeline::run(&mut s, &set, Default::default());
    let t = &o.trace;
    println!("{:?} {:?}", o.error, t.capture);
    for p in &t.protocols {
        println!("{:?}", p);
    }
    for n in &t.neighbors {
        println!(
            "N {:?} {:?} gw={} {:?}",
            n.target,
            n.reply.map(|r| r.1.to_string()),
            n.gateway,
            n.duration().map(|d| d.as_millis_f64())
        );
    }
    for n in &t.lookups {
        println!(
            "L {} {} {:?} {:?} attempts={} {:?}",
            n.name,
            n.rtype,
            n.outcome(),
            n.source(),
            n.attempts.len(),
            n.duration().map(|d| d.as_millis_f64())
        );
    }
    for c in &t.connections {
        if c.transport == urltrace::flow::event::Transport::Tcp {
            println!(
                "C {} -> {} {:?} {:?} close={:?} {:?} segs={} {:?}",
                c.client,
                c.server,
                c.protocol,
                c.connect().map(|(a, b)| b.at.since(a.at).as_millis_f64()),
                c.first_close,
                c.end,
                c.segments.len(),
                c.counters.to_client
            );
        }
    }
    for e in &t.exchanges {
        println!(
            "E {:?} {:?} {:?} {:?} {:?} {:?}",
            e.url,
            e.status(),
            e.state(),
            e.timings,
            e.visit,
            e.link
        );
    }
    for e in &t.exchanges {
        if e.opens_connection {
            let c = t.connection(e.connection).unwrap();
            if let (Some((syn, ack)), Some(r)) = (c.connect(), &e.request) {
                let res = c.resolution.and_then(|r| t.resolution(r));
                let ans = res.and_then(|r| {
                    r.lookups
                        .iter()
                        .filter_map(|l| t.lookup(*l)?.finished())
                        .filter(|a| a.at <= syn.at)
                        .max()
                });
                println!(
                    "G {} {:.3} {:.3} {:.6}",
                    e.url.as_deref().unwrap_or(""),
                    (r.span.first.at - ack.at).as_millis_f64(),
                    ans.map_or(-1.0, |a| (syn.at - a.at).as_millis_f64()),
                    r.span.first.at.as_nanos() as f64 / 1e9
                );
            }
        }
    }
    for v in &t.visits {
        println!("V {:?} {}", v.url, v.exchanges.len());
    }
    for a in &t.anomalies {
        println!("A {:?}", a);
    }
}
