//! The thread that empties the kernel's buffer: no packet waits for what is done with it.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use pcap::{Active, Capture, Precision};

use crate::capture::live::shared::{Counted, PRECISION, Stop, lock, words};
use crate::capture::source::{LinkType, Packet};
use crate::time::{FrameNo, Timestamp};

/// The thread's side: what empties the kernel's buffer.
pub(super) struct Tap {
    pub(super) sender: SyncSender<Vec<Packet>>,
    pub(super) stop: Stop,
    pub(super) counted: Arc<Mutex<Counted>>,
    pub(super) link: LinkType,
    /// Where packets are copied to, many to an allocation: the kernel wants its buffer back.
    pub(super) memory: BytesMut,
    pub(super) batch: Vec<Packet>,
    /// Packets after this moment are not wanted.
    pub(super) until: Timestamp,
    /// Nobody listens any more.
    pub(super) deaf: bool,
}

impl Tap {
    pub(super) fn run(mut self, mut capture: Capture<Active>) {
        while !self.stop.is_asked() && !self.deaf {
            match capture.dispatch(None, |packet| self.push(&packet)) {
                Ok(_) => {}
                // how a break from outside ends a dispatch
                Err(pcap::Error::PcapError(text)) if text.is_empty() => {}
                Err(_) if self.stop.is_asked() => {}
                Err(error) => {
                    let mut counted = lock(&self.counted);
                    counted.failure = Some(format!("the device is lost: {}", words(&error)));
                    drop(counted);
                    self.send();
                    return;
                }
            }
            self.send();
            self.count(&mut capture);
        }
        self.drain(capture);
    }

    /// Takes what came before the stop and still lies in the kernel's buffer, which it hands over
    /// a block at a time.
    fn drain(&mut self, capture: Capture<Active>) {
        self.until = now();
        let Ok(mut capture) = capture.setnonblock() else { return };
        for _ in 0..DRAIN_ROUNDS {
            if self.deaf {
                break;
            }
            thread::sleep(DRAIN_PAUSE);
            let before = self.until;
            // an error here is the break that was asked for, or the end
            drop(capture.dispatch(None, |packet| self.push(&packet)));
            self.send();
            if self.until < before {
                break;
            }
        }
        self.count(&mut capture);
    }

    fn push(&mut self, packet: &pcap::Packet<'_>) {
        let fraction = packet.header.ts.tv_usec;
        let nanos =
            if PRECISION == Precision::Nano { fraction } else { fraction.saturating_mul(1000) };
        let at = Timestamp::from_parts(packet.header.ts.tv_sec, u32::try_from(nanos).unwrap_or(0));
        if at > self.until {
            // everything behind it is later still; the drain has seen what it waited for
            self.until = Timestamp::MIN;
            return;
        }
        if self.memory.capacity() < packet.data.len() {
            self.memory = BytesMut::with_capacity(MEMORY_LEN.max(packet.data.len()));
        }
        self.memory.extend_from_slice(packet.data);
        let captured = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        self.batch.push(Packet {
            frame: FrameNo(0), // numbered when handed out
            at,
            link: self.link,
            interface: 0,
            orig_len: packet.header.len.max(captured),
            data: self.memory.split().freeze(),
        });
        if self.batch.len() >= BATCH_LEN {
            self.send();
        }
    }

    fn send(&mut self) {
        if !self.batch.is_empty() && !self.deaf {
            self.deaf = self.sender.send(std::mem::take(&mut self.batch)).is_err();
        }
    }

    fn count(&self, capture: &mut Capture<Active>) {
        if let Ok(stat) = capture.stats() {
            let mut counted = lock(&self.counted);
            counted.received = Some(stat.received.into());
            counted.dropped = Some(u64::from(stat.dropped).saturating_add(stat.if_dropped.into()));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the moment of the stop, on the kernel's own clock")]
fn now() -> Timestamp {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// After a stop the kernel's buffer is looked into for 150 ms: one and a half times what it may
/// hold a packet back for.
const DRAIN_ROUNDS: u32 = 10;
const DRAIN_PAUSE: Duration = Duration::from_millis(15);

/// Packets handed to the other thread at once.
const BATCH_LEN: usize = 256;

/// Bytes allocated at once for packets.
const MEMORY_LEN: usize = 256 << 10;
