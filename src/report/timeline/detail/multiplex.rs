//! What was said of a connection of many streams.

use crate::flow::event::Direction;
use crate::protocol::http::multiplex::{Blocked, GoAway, setting_name};
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::{units, words};
use crate::report::timeline::detail::line::Line;
use crate::time::TimeDelta;
use crate::trace::multiplex::{Multiplex, Settings};

/// The lines below a connection's row.
pub(super) fn lines(known: &Multiplex) -> Vec<Line> {
    let mut lines: Vec<Line> = known.settings.iter().map(settings).collect();
    for end in [Direction::ToServer, Direction::ToClient] {
        let count = known.round_trips.iter().filter(|known| known.by == end).count() as u64;
        if let Some(shortest) = known.shortest_round_trip(end) {
            let (sender, pings) = (words::sender(end), units::count(count, "PING", "PINGs"));
            let shortest = units::span(shortest);
            lines
                .push(Line::new(format!("{pings} of the {sender}: round trip {shortest} or more")));
        }
    }
    lines.extend(known.blocked.iter().take(SHOWN).map(blocked));
    if let Some(more) = known.blocked.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let more = units::count(more as u64, "time more", "times more");
        lines.push(Line::new(format!("no flow-control window: {more}")));
    }
    for note in known.notes.iter().take(SHOWN) {
        lines.push(Line::new(format!("the {} {}", words::sender(note.by), escape(&note.text))));
    }
    lines.extend(known.go_aways.iter().map(go_away));
    lines
}

fn settings(said: &Settings) -> Line {
    let values =
        said.values.iter().map(|(number, value)| match setting_name(said.version, *number) {
            Some(name) => format!("{name} {value}"),
            None => format!("setting {number} {value}"),
        });
    let values: Vec<String> = values.collect();
    let values = if values.is_empty() { "all as usual".to_owned() } else { values.join(", ") };
    Line::new(format!("settings of the {}: {values}", words::sender(said.by)))
}

fn blocked(blocked: &Blocked) -> Line {
    let whose = match blocked.stream {
        Some(stream) => format!("stream {stream}"),
        None => "the connection".to_owned(),
    };
    let sender = words::sender(blocked.way);
    let time = match blocked.to {
        Some(to) => {
            let took: TimeDelta = to.at.since(blocked.from.at).at_least_zero();
            format!("for {} (frames {}–{})", units::span(took), blocked.from.frame, to.frame)
        }
        None => format!("from frame {} to the end", blocked.from.frame),
    };
    Line::new(format!("no flow-control window for the {sender} on {whose} {time}"))
}

fn go_away(said: &GoAway) -> Line {
    let sender = words::sender(said.by);
    let text =
        if said.text.is_empty() { String::new() } else { format!(": {}", escape(&said.text)) };
    let code = said.code.map_or_else(String::new, |code| format!(", {code}"));
    let last = match said.last_stream {
        Some(last) => format!("last stream {last}"),
        None => "no stream".to_owned(),
    };
    let line = format!("GOAWAY of the {sender}{code}, {last}{text}");
    let tone = if said.code.is_none_or(|code| code.0 == 0) { Tone::Note } else { Tone::Bad };
    Line::new(line).in_tone(tone)
}

/// Times of one kind that are told one by one.
const SHOWN: usize = 8;
