//! scratch
use urltrace::report::format::Options;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut s = urltrace::capture::open(&args[1]).unwrap();
    let set = urltrace::pipeline::Settings { threads: 2, limits: Default::default() };
    let view = args.get(2).cloned().unwrap_or("timeline".into());
    let mut o = Options::default();
    o.width = args.get(3).and_then(|w| w.parse().ok());
    let flags = args.get(4).cloned().unwrap_or_default();
    o.color = flags.contains('c');
    o.ascii = flags.contains('a');
    o.verbosity = flags.matches('v').count() as u8;
    o.host = args.get(5).cloned().filter(|h| !h.is_empty());
    o.visit = args.get(6).map(|v| urltrace::trace::VisitId(v.parse::<u32>().unwrap() - 1));
    let live = flags.contains('l');
    let mut watch = urltrace::pipeline::Watch::default();
    let o2 = o.clone();
    if live {
        watch.completed = Some(Box::new(move |t, ids| {
            for id in ids {
                if let Some(row) = urltrace::report::timeline::live_row(t, *id, &o2) {
                    println!("{row}");
                }
            }
            Ok(())
        }));
    }
    let out = urltrace::pipeline::run(&mut s, &set, watch);
    if live {
        return;
    }
    let f = urltrace::report::FORMATS.iter().find(|f| f.name == view).unwrap();
    let mut w = Vec::new();
    f.reporter.write(&out.trace, &o, &mut w).unwrap();
    print!("{}", String::from_utf8(w).unwrap());
}
