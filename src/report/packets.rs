//! The packets view: one line for each packet, its layers as a tree, its bytes as they stand.
//!
//! Takes packets one by one in capture order, writes text. What the packets before say of one is
//! told with it; what comes later never is, so that the view can follow a capture that goes on.

mod datagrams;
mod past;
mod records;
mod veil;

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::ops::Range;

use jiff::tz::TimeZone;

use crate::capture::source::{About, Packet};
use crate::flow::fragment::Whole;
use crate::packet::describe::{LayerText, escape, hexdump, layers, line};
use crate::packet::{Decoded, decode};
use crate::protocol::http::credentials::Credentials;
use crate::protocol::http::passwords::BLANK;
use crate::report::application;
use crate::report::packets::datagrams::Datagrams;
use crate::report::packets::past::{Past, Told};
use crate::report::packets::records::Records;
use crate::report::packets::veil::Veil;
use crate::report::text::escape::to_ascii;
use crate::report::text::units;
use crate::time::{Stamp, TimeDelta, Timestamp};

/// Writes packets as they come.
pub struct PacketsView {
    detail: Detail,
    ascii: bool,
    zone: TimeZone,
    /// The times of the first packet and of the last one.
    times: Option<(Timestamp, Timestamp)>,
    past: Past,
    records: Records,
    datagrams: Datagrams,
    /// None where credentials are shown.
    veil: Option<Veil>,
}

/// How much is said of each packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// One line.
    #[default]
    Line,
    /// The line, and every layer with its fields.
    Layers,
    /// That, and a hex dump.
    Bytes,
}

impl PacketsView {
    /// A view of this detail; `ascii` does without arrows and lines from Unicode, `zone` is for
    /// the absolute time of a packet. It shows no credentials.
    pub fn new(detail: Detail, ascii: bool, zone: TimeZone) -> Self {
        let past = Past::new(detail >= Detail::Layers);
        let (records, datagrams) = (Records::default(), Datagrams::default());
        let veil = Some(Veil::default());
        Self { detail, ascii, zone, times: None, past, records, datagrams, veil }
    }

    /// The same view, that shows credentials or does not.
    #[must_use]
    pub fn with(mut self, credentials: Credentials) -> Self {
        self.veil = (credentials == Credentials::Blanked).then(Veil::default);
        self.past.set(credentials);
        self
    }

    /// Writes one packet.
    ///
    /// # Errors
    ///
    /// What writing to `out` gives.
    pub fn packet(&mut self, packet: &Packet, out: &mut dyn Write) -> io::Result<()> {
        self.packet_telling(packet, &About::default(), out)
    }

    /// Writes one packet, with what the capture says about it.
    ///
    /// # Errors
    ///
    /// What writing to `out` gives.
    pub fn packet_telling(
        &mut self,
        packet: &Packet,
        about: &About<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut text = String::with_capacity(160);
        self.compose(packet, about, &mut text).map_err(io::Error::other)?;
        let text = if self.ascii { to_ascii(&text) } else { text.into() };
        out.write_all(text.as_bytes())
    }

    fn compose(&mut self, packet: &Packet, about: &About<'_>, text: &mut String) -> fmt::Result {
        let decoded = decode(packet);
        let (mut texts, hidden) = self.opened(packet, &decoded);
        let mut told = self.past.packet(packet, &decoded, &mut texts);
        let line = line(&decoded, &texts);
        texts.append(&mut told.layers);
        if let Some(whole) = told.whole.take() {
            let inner = self.put_together(packet, &whole, &mut told);
            texts.extend(inner);
        }
        let (first, last) = self.times.unwrap_or((packet.at, packet.at));
        self.times = Some((first, packet.at));
        write!(text, "{:>5}  {:>10}", packet.frame.0, seconds(packet.at.since(first)))?;
        if !line.destination.is_empty() {
            write!(text, "  {} → {}", line.source, line.destination)?;
        } else if !line.source.is_empty() {
            write!(text, "  {}", line.source)?;
        }
        write!(text, "  {}  {}", line.protocol, line.info)?;
        match &told.short {
            Some(short) => writeln!(text, "  ({short})")?,
            None => writeln!(text)?,
        }
        if self.detail >= Detail::Layers {
            self.frame((packet, about), packet.at.since(last), &told, text)?;
            tree(&texts, text)?;
        }
        if self.detail >= Detail::Bytes {
            writeln!(text)?;
            text.push_str(&hexdump(&packet.data, &hidden));
            if !hidden.is_empty() {
                writeln!(text, "** is a byte of a credential; --keep-credentials shows it")?;
            }
        }
        if self.detail >= Detail::Layers {
            writeln!(text)?;
        }
        Ok(())
    }

    /// The layers of a packet in words, and where credentials are in its bytes.
    fn opened(
        &mut self,
        packet: &Packet,
        decoded: &Decoded<'_>,
    ) -> (Vec<LayerText>, Vec<Range<usize>>) {
        let hidden = self.veil.as_mut().map(|veil| veil.hidden(packet, decoded));
        let shown = if hidden.is_some() { Credentials::Blanked } else { Credentials::Kept };
        let hidden = hidden.unwrap_or_default();
        let told = match self.records.layer(decoded) {
            Some(records) => vec![records],
            None => application::layers(decoded, Stamp::new(packet.at, packet.frame), shown),
        };
        let told = match self.datagrams.layer(decoded).filter(|_| told.is_empty()) {
            Some(packets) => vec![packets],
            None => told,
        };
        let told = Some(told.as_slice()).filter(|told| !told.is_empty());
        let mut texts = layers(decoded, packet.orig_len, told);
        if !hidden.is_empty() {
            without_line(&mut texts);
        }
        (texts, hidden)
    }

    /// The layers of the packet that came in fragments, of which `last` was the last to come.
    fn put_together(&mut self, last: &Packet, whole: &Whole, told: &mut Told) -> Vec<LayerText> {
        let captured = u32::try_from(whole.payload.len()).unwrap_or(u32::MAX);
        let packet = Packet {
            data: whole.payload.clone(),
            orig_len: captured.saturating_add(whole.missing),
            ..last.clone()
        };
        let (mut texts, _) = self.opened(&packet, &whole.decode());
        let mut inner = self.past.whole(whole, &mut texts);
        texts.append(&mut inner.layers);
        (told.short, told.copy) = (inner.short, inner.copy);
        texts
    }

    /// What the capture says of a packet.
    fn frame(
        &self,
        (packet, about): (&Packet, &About<'_>),
        since_last: TimeDelta,
        told: &Told,
        text: &mut String,
    ) -> fmt::Result {
        let (captured, on_wire) = (packet.data.len(), packet.orig_len);
        write!(text, "  frame of {on_wire} bytes")?;
        if u32::try_from(captured).is_ok_and(|captured| captured < on_wire) {
            write!(text, ", {captured} of them captured")?;
        }
        if let Some(interface) = about.interface {
            write!(text, " on {}", escape(interface))?;
        }
        write!(text, ", {}", self.time(packet.at))?;
        if packet.frame.0 > 1 {
            write!(text, ", {} after the last", units::span(since_last))?;
        }
        writeln!(text)?;
        if let Some(copy) = &told.copy {
            writeln!(text, "  │ {copy}")?;
        }
        for comment in &about.comments {
            writeln!(text, "  │ comment  {}", escape(comment))?;
        }
        Ok(())
    }

    fn time(&self, at: Timestamp) -> String {
        match jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos())) {
            Ok(time) => {
                time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.9f %:z").to_string()
            }
            Err(_) => format!("{} ns since 1970", at.as_nanos()),
        }
    }
}

/// The layers, each within the one before it.
fn tree(texts: &[LayerText], text: &mut String) -> fmt::Result {
    let mut indent = "  ".to_owned();
    for layer in texts {
        let summary = escape(&layer.summary);
        writeln!(text, "{indent}└ {}: {}{summary}", layer.name, sizes(layer))?;
        indent.push_str("  ");
        let widest = layer.fields.iter().map(|field| field.0.len()).max().unwrap_or(0);
        for (name, value) in &layer.fields {
            writeln!(text, "{indent}│ {name:<widest$}  {}", escape(value))?;
        }
    }
    Ok(())
}

/// A payload's first line may be one of a credential.
fn without_line(texts: &mut [LayerText]) {
    let payload = texts.last_mut().filter(|last| last.name == "payload");
    if let Some((payload, end)) = payload.and_then(|p| p.summary.find(": ").map(|at| (p, at))) {
        payload.summary.truncate(end);
        payload.summary.push_str(": ");
        payload.summary.push_str(BLANK);
    }
}

/// Header length and bytes left of a layer that has a header.
fn sizes(layer: &LayerText) -> String {
    match (layer.header_len, layer.left) {
        (0, _) => String::new(),
        (header, 0) => format!("header {header}, nothing left; "),
        (header, left) => format!("header {header}, {left} left; "),
    }
}

/// Seconds with six digits; what is less than a microsecond is cut off.
fn seconds(since: TimeDelta) -> String {
    let nanos = since.as_nanos();
    let micros = nanos.unsigned_abs() / 1000;
    let sign = if nanos < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests;
