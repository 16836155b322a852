//! The packets behind a part of a trace, as a capture of their own with comments that Wireshark
//! shows.
//!
//! Takes a trace, what of it is asked for, and the same packets once more; writes those of the
//! part. Which they are is told by the keys of its flows, not by a list of frames: a part of any
//! length takes the memory of its model.

mod comments;
mod members;
mod quic;
mod resent;

use std::io::Write;
use std::net::IpAddr;

use bytes::Bytes;
use hashbrown::HashMap;

use crate::capture::source::{CaptureError, CaptureSummary, Packet, PacketSource, Record, Secrets};
use crate::capture::write::Writer;
use crate::packet::decode;
use crate::protocol::secrets;
use crate::protocol::tls::event::Keys;
use crate::report::format::Options;
use crate::report::slice::comments::{Comment, Comments};
use crate::report::slice::members::Members;
use crate::report::slice::resent::Resent;
use crate::report::text::escape::escape;
use crate::report::text::words;
use crate::time::FrameNo;
use crate::trace::Trace;

/// What of a capture is written.
pub struct Slice<'t> {
    trace: &'t Trace,
    /// What is asked for, in words; none where all is.
    about: Option<String>,
    members: Members,
    comments: Comments,
    resent: Resent,
    written: u64,
    /// Secrets to put before the packets, instead of those of the source.
    secrets: Option<Secrets>,
    /// Addresses that have a name in the capture, and whether a packet of theirs was written.
    named: HashMap<IpAddr, bool>,
}

impl<'t> Slice<'t> {
    /// What the options ask for.
    pub fn of(trace: &'t Trace, options: &Options) -> Self {
        let members = Members::of(trace, options);
        let (comments, resent) = (Comments::of(trace, &members), Resent::of(trace, &members));
        let about = options.selects().then(|| about(trace, options));
        let named = trace.capture.source.names.iter().map(|(ip, _)| (*ip, false)).collect();
        Self { trace, about, members, comments, resent, written: 0, secrets: None, named }
    }

    /// With those of `known` that opened something of it, before its packets, where every reader
    /// looks for them.
    #[must_use]
    pub fn with_secrets(mut self, known: &secrets::Secrets) -> Self {
        let members = &self.members;
        let connections = self.trace.connections.iter().filter(|c| members.connection(c.id));
        let opened = connections.filter_map(|connection| connection.tls.as_ref());
        let opened = opened.filter(|tls| tls.keys == Some(Keys::Found));
        let mut randoms: Vec<_> = opened.flat_map(|tls| tls.client_randoms()).collect();
        randoms.sort_unstable();
        randoms.dedup();
        let data = Bytes::copy_from_slice(known.write(&randoms).as_bytes());
        self.secrets = Some(Secrets { kind: Secrets::TLS_KEY_LOG, data });
        self
    }

    /// Writes the packets of `source` that are in, which must be those that the trace is of, in
    /// the same order and with the same frame numbers. Gives how many they were.
    ///
    /// # Errors
    ///
    /// Where `out` cannot be written. That `source` fails where it failed before is no error.
    pub fn write<W: Write>(
        mut self,
        source: &mut dyn PacketSource,
        out: W,
        file: &str,
    ) -> Result<u64, CaptureError> {
        let kept = self.trace.capture.source.comments.iter();
        let kept = kept.filter(|(frame, _)| frame.is_none()).map(|(_, text)| text.as_str());
        let mut writer = Writer::commented(out, file, kept.chain(self.about.as_deref()))?;
        if let Some(secrets) = self.secrets.as_ref().filter(|secrets| !secrets.data.is_empty()) {
            writer.secrets(secrets)?;
        }
        let mut left = self.trace.capture.packets;
        // secrets may stand behind the last packet
        loop {
            match source.next_record() {
                Ok(Some(Record::Packet(_))) if left == 0 => break,
                Ok(Some(Record::Packet(packet))) => {
                    left -= 1;
                    self.packet(&packet, source, &mut writer)?;
                }
                Ok(Some(Record::Secrets(secrets))) if self.secrets.is_none() => {
                    writer.secrets(&secrets)?;
                }
                Ok(Some(Record::Secrets(_) | Record::Idle)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        writer.finish(&self.summary(source))?;
        Ok(self.written)
    }

    fn packet<W: Write>(
        &mut self,
        packet: &Packet,
        source: &dyn PacketSource,
        writer: &mut Writer<W>,
    ) -> Result<(), CaptureError> {
        let decoded = decode(packet);
        if !self.members.has(packet, &decoded) {
            return Ok(());
        }
        self.written += 1;
        let place = FrameNo(self.written);
        let before = self.resent.first_sent(&decoded, place);
        let mut texts = self.comments.take(packet.frame);
        for text in &mut texts {
            if let Comment::SentAgain(why) = text {
                *text = Comment::Words(match before {
                    Some(before) => format!("{why} of frame {before}"),
                    None => format!("{why}; the first time is not in this file"),
                });
            }
        }
        if packet.frame != place && !texts.is_empty() {
            texts.push(Comment::Words(format!("frame {} of the whole capture", packet.frame)));
        }
        if !writer.knows(packet) {
            writer.describe(&source.summary().interfaces);
        }
        for ip in decoded.network.iter().flat_map(|it| [it.source, it.destination]) {
            if let Some(is_in) = self.named.get_mut(&ip) {
                *is_in = true;
            }
        }
        writer.packet(packet, texts.iter().map(Comment::text))
    }

    /// What the file says of itself: names only of those who are in it.
    fn summary(&self, source: &dyn PacketSource) -> CaptureSummary {
        let mut summary = source.summary();
        if self.about.is_some() {
            summary.names.retain(|(ip, _)| self.named.get(ip) == Some(&true));
        }
        summary
    }
}

/// What the file is a part of.
fn about(trace: &Trace, options: &Options) -> String {
    let visit = options.visit.map(|id| {
        let url = trace.visit(id).map(|visit| format!(" ({})", escape(&visit.url)));
        format!("visit {}{}", words::visit_number(id), url.unwrap_or_default())
    });
    let connection =
        options.connection.map(|id| format!("connection {}", words::connection_number(id)));
    let host = options.host.as_deref().map(|host| format!("host {}", escape(host)));
    let parts: Vec<String> = visit.into_iter().chain(connection).chain(host).collect();
    let files = trace.capture.source.files.iter();
    let files: Vec<_> = files.map(|file| escape(&file.name)).collect();
    format!(
        "The packets of {} in {}, with comments by urltrace {}. Requests, connections and lookups \
         have the numbers of the whole, frames those of this file.",
        parts.join(", "),
        if files.is_empty() { "a capture".to_owned() } else { files.join(", ") },
        env!("CARGO_PKG_VERSION"),
    )
}
