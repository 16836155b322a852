//! A network device through libpcap.
//!
//! Takes the name of a device and how to listen; gives its packets as they come, [`Record::Idle`]
//! where none come, and the kernel's drop counters. A thread of its own empties the kernel's
//! buffer in batches: it is the only place of the capture layer with a clock and a thread.

mod shared;
mod tap;

pub use shared::Stop;

use std::net::IpAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::vec;

use bytes::BytesMut;
use pcap::{Active, Capture};

use crate::capture::filter;
use crate::capture::live::shared::{Counted, PRECISION, lock, words};
use crate::capture::live::tap::Tap;
use crate::capture::source::{
    About, CaptureError, CaptureSummary, Damage, FileInfo, InterfaceInfo, LinkType, Packet,
    PacketSource, Record,
};
use crate::limits::Limits;
use crate::time::{FrameNo, Timestamp};

/// How to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The device, such as `eth0`; `any` is all of them on Linux.
    pub device: String,
    /// Bytes kept of each packet.
    pub snaplen: u32,
    /// Bytes that the kernel holds for us while we are busy. At 2 MiB a burst of 200,000 packets
    /// lost up to 1 %, at 64 MiB none.
    pub buffer: u32,
    /// Also packets that are not for this machine.
    pub promiscuous: bool,
    /// Only packets that match, in libpcap's language.
    pub filter: Option<String>,
    /// End after so many packets.
    pub count: Option<u64>,
}

impl Settings {
    /// Whole packets, everything on the wire, until stopped.
    pub fn new(device: impl Into<String>) -> Self {
        Self {
            device: device.into(),
            snaplen: Limits::CAPTURED_PACKET,
            buffer: 64 << 20,
            promiscuous: true,
            filter: None,
            count: None,
        }
    }
}

/// A device that packets can come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name, to be used in [`Settings`].
    pub name: String,
    /// What the system says it is.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Up and able to carry packets.
    pub running: bool,
    /// Within this machine.
    pub loopback: bool,
    /// Without a cable.
    pub wireless: bool,
}

/// The devices that can be named, best first as libpcap orders them.
pub fn devices() -> Result<Vec<Device>, CaptureError> {
    let list = pcap::Device::list().map_err(|error| refused("the devices", &error))?;
    Ok(list
        .into_iter()
        .map(|device| Device {
            running: device.flags.is_up() && device.flags.is_running(),
            loopback: device.flags.is_loopback(),
            wireless: device.flags.is_wireless(),
            addresses: device.addresses.iter().map(|address| address.addr).collect(),
            name: device.name,
            description: device.desc,
        })
        .collect())
}

/// Packets of a device.
pub struct Live {
    state: State,
    device: String,
    stop: Stop,
    /// Packets of the batch at hand.
    batch: vec::IntoIter<Packet>,
    /// Packets still wanted.
    left: Option<u64>,
    frame: u64,
    counted: Arc<Mutex<Counted>>,
    interface: InterfaceInfo,
    damage: Option<Damage>,
}

/// The device is open from the start; its thread begins with the first packet that is asked for,
/// so that root can be given up while the program is still one thread.
enum State {
    Open(Capture<Active>),
    Running(Receiver<Vec<Packet>>, JoinHandle<()>),
    Ended,
}

impl Live {
    /// Opens the device, which is what needs rights. No packet is lost between this and the first
    /// call of `next_record`: the kernel keeps them.
    pub fn open(settings: &Settings) -> Result<Self, CaptureError> {
        let device = settings.device.as_str();
        let failed = |error: pcap::Error| refused(device, &error);
        let mut capture = Capture::from_device(device)
            .map_err(failed)?
            .snaplen(i32::try_from(settings.snaplen).unwrap_or(i32::MAX))
            .buffer_size(i32::try_from(settings.buffer).unwrap_or(i32::MAX))
            // `any` cannot be, and some versions take the wish for an error
            .promisc(settings.promiscuous && device != "any")
            .precision(PRECISION)
            // how long the kernel collects packets before it wakes us
            .timeout(i32::try_from(FLUSH.as_millis()).unwrap_or(i32::MAX))
            // immediate mode selects a slower ring and lost half of a burst
            .immediate_mode(false)
            .open()
            .map_err(failed)?;
        if let Some(filter) = &settings.filter {
            capture.filter(filter, true).map_err(|error| filter::refused(filter, &error))?;
        }
        let link = LinkType::from_dlt(u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX));
        let wake = Arc::new(capture.breakloop_handle());
        Ok(Self {
            state: State::Open(capture),
            device: device.to_owned(),
            stop: Stop { asked: Arc::default(), wake },
            batch: Vec::new().into_iter(),
            left: settings.count,
            frame: 0,
            counted: Arc::default(),
            interface: InterfaceInfo {
                name: Some(device.to_owned()),
                link,
                snaplen: settings.snaplen,
                received: None,
                dropped: None,
                described: Vec::new(),
            },
            damage: None,
        })
    }

    /// What ends this capture, for other threads.
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// The next packet of the batch at hand, numbered.
    fn take(&mut self) -> Option<Packet> {
        if self.left == Some(0) {
            return None;
        }
        let mut packet = self.batch.next()?;
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.frame = self.frame.saturating_add(1);
        packet.frame = FrameNo(self.frame);
        Some(packet)
    }

    fn start(&mut self, capture: Capture<Active>) -> State {
        let (sender, receiver) = mpsc::sync_channel(BATCHES);
        let tap = Tap {
            sender,
            stop: self.stop.clone(),
            counted: Arc::clone(&self.counted),
            link: self.interface.link,
            memory: BytesMut::new(),
            batch: Vec::new(),
            until: Timestamp::MAX,
            deaf: false,
        };
        let started =
            thread::Builder::new().name("capture".to_owned()).spawn(move || tap.run(capture));
        match started {
            Ok(thread) => State::Running(receiver, thread),
            Err(error) => {
                self.note_failure(error.to_string());
                State::Ended
            }
        }
    }

    /// Ends the thread and takes over what it reported last.
    fn end(&mut self) {
        self.stop.stop();
        if let State::Running(batches, thread) = std::mem::replace(&mut self.state, State::Ended) {
            drop(batches); // a thread that waits for room in the channel gives up
            if thread.join().is_err() {
                self.note_failure("the capture thread failed".to_owned());
            }
        }
        let failure = lock(&self.counted).failure.take();
        if let Some(failure) = failure {
            self.note_failure(failure);
        }
    }

    fn note_failure(&mut self, what: String) {
        self.damage = Some(Damage {
            file: self.device.clone(),
            offset: 0,
            after_frame: FrameNo(self.frame),
            what,
            fatal: true,
        });
    }
}

impl PacketSource for Live {
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        loop {
            if let Some(packet) = self.take() {
                return Ok(Some(Record::Packet(packet)));
            }
            if self.left == Some(0) {
                self.end();
                return Ok(None);
            }
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Open(capture) => self.state = self.start(capture),
                State::Running(batches, thread) => {
                    let received = batches.recv_timeout(FLUSH);
                    self.state = State::Running(batches, thread);
                    match received {
                        Ok(batch) => self.batch = batch.into_iter(),
                        Err(RecvTimeoutError::Timeout) => return Ok(Some(Record::Idle)),
                        Err(RecvTimeoutError::Disconnected) => self.end(),
                    }
                }
                State::Ended => return Ok(None),
            }
        }
    }

    fn about(&self, _: &Packet) -> About<'_> {
        About { interface: Some(&self.device), comments: Vec::new() }
    }

    fn summary(&self) -> CaptureSummary {
        let counted = lock(&self.counted);
        let file = FileInfo { name: self.device.clone(), format: "live".to_owned(), bytes: None };
        let interface = InterfaceInfo {
            received: counted.received,
            dropped: counted.dropped,
            ..self.interface.clone()
        };
        CaptureSummary {
            files: vec![file],
            interfaces: vec![interface],
            damage: self.damage.iter().cloned().collect(),
            ..Default::default()
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end();
    }
}

/// Why a device cannot be listened to, and what to run instead.
fn refused(device: &str, error: &pcap::Error) -> CaptureError {
    let reason = words(error);
    let program = std::env::current_exe()
        .map_or_else(|_| "urltrace".to_owned(), |path| quoted(&path.display().to_string()));
    let advice = if reason.contains("ermi") {
        // "permission", "Permission", "not permitted"
        format!(
            "Give the program the right to capture, once:\n    \
             sudo setcap cap_net_raw,cap_net_admin=eip {program}\n\
             or run it as root:\n    sudo {program} --iface {}",
            quoted(device)
        )
    } else if reason.contains("No such device") {
        let names = devices().unwrap_or_default();
        let running = names.iter().filter(|device| device.running);
        let names: Vec<_> = running.map(|device| device.name.as_str()).collect();
        format!("The devices that are up: {}", names.join(", "))
    } else if reason.contains("not up") {
        format!("Bring it up:\n    sudo ip link set dev {} up", quoted(device))
    } else {
        format!("The devices that can be captured on:\n    {program} --list-interfaces")
    };
    CaptureError::Device { device: device.to_owned(), reason, advice }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Batches on their way; when they are full the kernel's buffer fills, and then it counts drops.
const BATCHES: usize = 64;

/// How long a packet may lie before it is shown.
const FLUSH: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests;
