//! What opens TLS: the secrets that clients log (`SSLKEYLOGFILE`, RFC 9850), by client random.
//!
//! Takes the text of key logs, from files and from pcapng Decryption Secrets Blocks alike. Gives
//! secrets to whoever has seen the client random. They are wiped when dropped and never printed.
//!
//! A capture may bring a block for each connection, and after each all shards are told: what was
//! shared once is not copied for that.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;
use zeroize::Zeroizing;

use crate::limits::Limits;

/// The 32 bytes by which a ClientHello is known.
pub type ClientRandom = [u8; 32];

/// What a secret is for. Labels of RFC 9850 §2.1 and §2.2 that decrypt something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// `CLIENT_RANDOM`: the master secret of TLS 1.2 and older.
    Master,
    /// `CLIENT_EARLY_TRAFFIC_SECRET`: 0-RTT.
    ClientEarly,
    /// `CLIENT_HANDSHAKE_TRAFFIC_SECRET`.
    ClientHandshake,
    /// `SERVER_HANDSHAKE_TRAFFIC_SECRET`.
    ServerHandshake,
    /// `CLIENT_TRAFFIC_SECRET_0`.
    ClientTraffic,
    /// `SERVER_TRAFFIC_SECRET_0`.
    ServerTraffic,
}

impl Label {
    const ALL: [(&'static str, Self); OfConnection::LABELS] = [
        ("CLIENT_RANDOM", Self::Master),
        ("CLIENT_EARLY_TRAFFIC_SECRET", Self::ClientEarly),
        ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", Self::ClientHandshake),
        ("SERVER_HANDSHAKE_TRAFFIC_SECRET", Self::ServerHandshake),
        ("CLIENT_TRAFFIC_SECRET_0", Self::ClientTraffic),
        ("SERVER_TRAFFIC_SECRET_0", Self::ServerTraffic),
    ];

    /// As key logs write it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, label)| *label == self).map_or("", |(name, _)| name)
    }

    fn named(name: &[u8]) -> Option<Self> {
        let named = Self::ALL.iter().find(|(text, _)| text.as_bytes() == name);
        named.map(|(_, label)| *label)
    }
}

/// One secret: 32 or 48 bytes, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    bytes: Zeroizing<[u8; LONGEST]>,
    len: u8,
}

/// A SHA-384 digest, and the master secret, have 48 bytes; no cipher suite has a longer hash.
const LONGEST: usize = 48;

impl Secret {
    /// A secret of 32 or 48 bytes, as SHA-256 and SHA-384 have; none of another length.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let len = u8::try_from(bytes.len()).ok().filter(|len| matches!(len, 32 | 48))?;
        let mut room = Zeroizing::new([0; LONGEST]);
        room.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { bytes: room, len })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secret bytes", self.len)
    }
}

/// The secrets of one connection. Each has its place and stays there: what moves leaves copies
/// behind that nobody wipes.
#[derive(Clone, Debug, Default)]
pub struct OfConnection([Option<Secret>; Self::LABELS]);

impl OfConnection {
    const LABELS: usize = 6;

    /// The secret for a purpose.
    pub fn get(&self, label: Label) -> Option<&Secret> {
        self.0.get(label as usize)?.as_ref()
    }

    /// Each secret, and what it is for.
    fn each(&self) -> impl Iterator<Item = (Label, &Secret)> {
        Label::ALL.iter().filter_map(|(_, label)| Some((*label, self.get(*label)?)))
    }

    fn set(&mut self, label: Label, secret: Secret) {
        if let Some(place) = self.0.get_mut(label as usize) {
            *place = Some(secret);
        }
    }
}

/// What was read from key logs, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Secrets that decrypt something.
    pub secrets: u64,
    /// Lines that repeat one.
    pub duplicates: u64,
    /// Lines with another secret for the same purpose: the first one counts.
    pub conflicting: u64,
    /// Lines with labels that nothing here is decrypted with, such as `EXPORTER_SECRET`.
    pub unused: u64,
    /// Lines that are no key log, or broken.
    pub broken: u64,
    /// Secrets beyond [`Limits::SECRETS`].
    pub dropped: u64,
}

/// The secrets of all connections.
///
/// Invariant: each part of `shared` has more than twice as many as the next, so that there are few
/// to look through, and each secret was copied few times.
#[derive(Clone, Default)]
pub struct Secrets {
    /// What was shared, the latest part last; of a connection in several the last one counts.
    shared: Vec<Arc<ByRandom>>,
    /// What came since.
    new: ByRandom,
    connections: usize,
    counted: Counted,
    more_may_come: bool,
}

type ByRandom = HashMap<ClientRandom, Arc<OfConnection>>;

impl Secrets {
    /// Says that more may come, so that what is locked is worth keeping for a while.
    pub const fn expect_more(&mut self) {
        self.more_may_come = true;
    }

    /// True where more may come.
    pub const fn more_may_come(&self) -> bool {
        self.more_may_come
    }

    /// A copy for others, which costs little however many there are.
    #[must_use]
    pub fn share(&mut self) -> Self {
        let mut last = std::mem::take(&mut self.new);
        if !last.is_empty() {
            while let Some(before) = self.shared.pop_if(|before| before.len() <= 2 * last.len()) {
                let mut both = Arc::unwrap_or_clone(before);
                both.extend(last);
                last = both;
            }
            self.shared.push(Arc::new(last));
        }
        self.clone()
    }

    /// Those of a connection.
    pub fn of(&self, random: &ClientRandom) -> Option<&OfConnection> {
        self.known(random).map(|known| &**known)
    }

    fn known(&self, random: &ClientRandom) -> Option<&Arc<OfConnection>> {
        let mut parts =
            std::iter::once(&self.new).chain(self.shared.iter().rev().map(|part| &**part));
        parts.find_map(|part| part.get(random))
    }

    /// The connections that there are secrets of, in no order; one may come again.
    pub fn randoms(&self) -> impl Iterator<Item = ClientRandom> {
        let shared = self.shared.iter().flat_map(|part| part.keys());
        self.new.keys().chain(shared).copied()
    }

    /// How many connections that are.
    pub fn connections(&self) -> usize {
        self.connections
    }

    /// True where there are none.
    pub const fn is_empty(&self) -> bool {
        self.connections == 0
    }

    /// What was read, in numbers.
    pub const fn counted(&self) -> Counted {
        self.counted
    }

    /// Reads the lines of a key log. True where there is a secret that was not known.
    ///
    /// Empty lines and those that begin with `#` say nothing (RFC 9850 §2); all others that are
    /// no secrets are counted.
    pub fn read(&mut self, text: &[u8]) -> bool {
        let before = self.counted.secrets;
        for line in text.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = line.trim_ascii();
            if !line.is_empty() && !line.starts_with(b"#") {
                self.line(line);
            }
        }
        self.counted.secrets > before
    }

    fn line(&mut self, line: &[u8]) {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let (label, random, secret) = (words.next(), words.next(), words.next());
        let (Some(label), Some(random), Some(secret), None) = (label, random, secret, words.next())
        else {
            self.counted.broken += 1;
            return;
        };
        let Some(label) = Label::named(label) else {
            let looks_like_one =
                label.iter().all(|b| b.is_ascii_uppercase() || b"_0123456789".contains(b));
            let counter =
                if looks_like_one { &mut self.counted.unused } else { &mut self.counted.broken };
            *counter += 1;
            return;
        };
        let mut id = [0; 32];
        let mut room = Zeroizing::new([0; LONGEST]);
        let secret = unhex(random, &mut id)
            .filter(|length| *length == id.len())
            .and_then(|_| unhex(secret, &mut *room))
            .and_then(|length| Secret::new(room.get(..length)?));
        match secret {
            Some(secret) => self.add(id, label, secret),
            None => self.counted.broken += 1,
        }
    }

    /// Adds one secret.
    pub fn add(&mut self, random: ClientRandom, label: Label, secret: Secret) {
        let known = self.known(&random);
        match known.and_then(|known| known.get(label)) {
            Some(first) if *first == secret => self.counted.duplicates += 1,
            Some(_) => self.counted.conflicting += 1,
            None if known.is_none() && self.connections >= Limits::SECRETS => {
                self.counted.dropped += 1;
            }
            None => {
                let known = known.map(Arc::clone);
                self.connections += usize::from(known.is_none());
                let known = self.new.entry(random).or_insert(known.unwrap_or_default());
                Arc::make_mut(known).set(label, secret);
                self.counted.secrets += 1;
            }
        }
    }

    /// The secrets of some connections as a key log, in the order of the client randoms.
    pub fn write(&self, of: &[ClientRandom]) -> Zeroizing<String> {
        let known = |random| self.of(random).into_iter().flat_map(OfConnection::each);
        let lines = || of.iter().flat_map(|random| known(random).map(move |it| (random, it)));
        let length = |(label, secret): (Label, &Secret)| {
            label.name().len() + 2 * (size_of::<ClientRandom>() + secret.bytes().len()) + 3
        };
        // with room for all: what a text leaves behind as it grows nobody wipes
        let room = lines().map(|(_, line)| length(line)).sum();
        let mut text = Zeroizing::new(String::with_capacity(room));
        for (random, (label, secret)) in lines() {
            text.push_str(label.name());
            text.push(' ');
            push_hex(&mut text, random);
            text.push(' ');
            push_hex(&mut text, secret.bytes());
            text.push('\n');
        }
        text
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secrets of {} connections", self.connections)
    }
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
}

/// Reads hexadecimal digits into the front of `room`; how many bytes.
fn unhex(digits: &[u8], room: &mut [u8]) -> Option<usize> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, odd) = digits.as_chunks::<2>();
    if !odd.is_empty() || pairs.len() > room.len() {
        return None;
    }
    for (&[high, low], byte) in pairs.iter().zip(room) {
        *byte = (value(high)? << 4) | value(low)?;
    }
    Some(pairs.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, random: u8, secret: u8, length: usize) -> String {
        format!(
            "{label} {} {}\n",
            format!("{random:02x}").repeat(32),
            format!("{secret:02x}").repeat(length)
        )
    }

    #[test]
    fn lines_are_read_and_what_is_none_is_counted() {
        let mut secrets = Secrets::default();
        let mut text = "# a comment\n\n".to_owned();
        text += &line("CLIENT_RANDOM", 1, 2, 48);
        text += &line("SERVER_TRAFFIC_SECRET_0", 1, 3, 32).to_uppercase().replace('\n', "\r\n");
        text += &line("SERVER_TRAFFIC_SECRET_0", 1, 3, 32);
        text += &line("SERVER_TRAFFIC_SECRET_0", 1, 4, 32);
        text += &line("EXPORTER_SECRET", 1, 4, 32);
        text += &line("CLIENT_RANDOM", 2, 2, 49);
        text += "CLIENT_RANDOM 12 34\nwhat is this\nCLIENT_RANDOM\n";
        text += &line("CLIENT_RANDOM", 5, 2, 48)[..90];
        assert!(secrets.read(text.as_bytes()));
        let counted =
            Counted { secrets: 2, duplicates: 1, conflicting: 1, unused: 1, broken: 5, dropped: 0 };
        assert_eq!(secrets.counted(), counted);
        let known = secrets.of(&[1; 32]).unwrap();
        assert_eq!(known.get(Label::Master).unwrap().bytes(), [2; 48]);
        assert_eq!(known.get(Label::ServerTraffic).unwrap().bytes(), [3; 32]);
        assert!(known.get(Label::ClientEarly).is_none() && secrets.of(&[2; 32]).is_none());
        assert!(!secrets.read(text.as_bytes()), "nothing new");
    }

    #[test]
    fn what_is_written_can_be_read_and_is_not_printed() {
        let mut secrets = Secrets::default();
        secrets.read(line("CLIENT_RANDOM", 1, 0xab, 48).as_bytes());
        secrets.read(line("CLIENT_TRAFFIC_SECRET_0", 7, 0xcd, 32).as_bytes());
        let written = secrets.write(&[[7; 32], [9; 32]]);
        assert_eq!(*written, line("CLIENT_TRAFFIC_SECRET_0", 7, 0xcd, 32));
        assert_eq!(written.capacity(), written.len(), "it never grew");
        let printed = format!("{secrets:?} {:?}", secrets.of(&[1; 32]));
        assert!(!printed.contains("ab") && !printed.contains("171"), "{printed}");
    }

    #[test]
    fn what_was_shared_stays_as_it_was_and_is_not_copied_again() {
        let mut secrets = Secrets::default();
        let mut copies = Vec::new();
        for nth in 0..=255 {
            secrets.read(line("CLIENT_TRAFFIC_SECRET_0", nth, 1, 32).as_bytes());
            secrets.read(line("SERVER_TRAFFIC_SECRET_0", nth / 2, 2, 32).as_bytes());
            copies.push(secrets.share());
        }
        let both = |secrets: &Secrets, random| {
            let known = secrets.of(&[random; 32]);
            let has = |label| known.is_some_and(|known| known.get(label).is_some());
            (has(Label::ClientTraffic), has(Label::ServerTraffic))
        };
        for (nth, copy) in (0..=255).zip(&copies) {
            assert_eq!(both(copy, nth), (true, nth == 0), "{nth}");
            assert_eq!(both(copy, nth / 2), (true, true), "{nth}");
            assert_eq!(both(copy, nth.saturating_add(1)), (nth == 255, false), "{nth}");
            assert!(copy.shared.len() <= 9, "{}", copy.shared.len());
        }
        assert_eq!((secrets.connections, secrets.counted().secrets), (256, 384));
        assert_eq!(secrets.counted().duplicates, 128);
    }
}
