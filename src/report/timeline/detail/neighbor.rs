//! Every request and reply of a question for a hardware address.

use crate::report::text::ink::Tone;
use crate::report::text::units;
use crate::report::timeline::detail::line::Line;
use crate::trace::neighbor::Neighbor;

/// The lines below its row.
pub(super) fn lines(neighbor: &Neighbor) -> Vec<Line> {
    let mut lines = Vec::new();
    let target = neighbor.target;
    let first = neighbor.requests.first().copied();
    for (i, request) in neighbor.requests.iter().enumerate() {
        let asker = neighbor.asker.map_or_else(String::new, |(ip, mac)| {
            mac.map_or_else(|| format!(" by {ip}"), |mac| format!(" by {ip} ({mac})"))
        });
        let again = match first {
            Some(first) if i > 0 => {
                format!(", again after {}", units::span(request.at.since(first.at)))
            }
            _ => String::new(),
        };
        lines.push(Line::new(format!("frame {}: {target} asked for{asker}{again}", request.frame)));
    }
    let replies = neighbor.reply.iter().chain(&neighbor.more_replies);
    for (i, (at, mac)) in replies.enumerate() {
        let after = first.map_or_else(String::new, |first| {
            format!(" after {}", units::span(at.at.since(first.at)))
        });
        let owner = neighbor.reply.map(|(_, owner)| owner);
        let line = Line::new(format!("frame {}: {target} is at {mac}{after}", at.frame));
        let conflict = i > 0 && owner != Some(*mac);
        lines.push(if conflict { line.in_tone(Tone::Bad) } else { line });
    }
    if neighbor.router == Some(true) {
        lines.push(Line::new("it says that it is a router"));
    }
    if neighbor.gateway {
        lines
            .push(Line::new("the gateway: packets for other networks go to this hardware address"));
    }
    lines
}
