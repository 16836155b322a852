//! Both ends of a connection, for tests: what they send, protected as they would protect it.

use crate::flow::event::{Direction, PerDirection};
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::sealer::{Number, Sealer};
use crate::protocol::quic::testing;
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::{Label, Secret, Secrets};
use crate::protocol::tls::vectors;

pub(super) use Direction::{ToClient as DOWN, ToServer as UP};

/// The connection IDs of both ends, and the one that the client makes up for the server.
pub(super) const CLIENT: &[u8] = &[0xc1; 8];
pub(super) const SERVER: &[u8] = &[0x51; 8];
pub(super) const ORIGINAL: &[u8] = &[0x0d; 8];
/// What a server ends its packets with that knows nothing any more.
pub(super) const RESET: [u8; 16] = [0xee; 16];

/// The secret of a purpose, as long as the hash of a cipher suite: its bytes are all the same.
fn secret(label: Label, suite: u16) -> Vec<u8> {
    vec![label as u8 + 1; if suite == AES_256 { 48 } else { 32 }]
}

/// Cipher suites of TLS 1.3.
pub(super) const AES_128: u16 = 0x1301;
pub(super) const AES_256: u16 = 0x1302;
pub(super) const CHACHA: u16 = 0x1303;

/// A key log with some of the secrets.
pub(super) fn log(labels: &[Label]) -> Secrets {
    log_of(labels, AES_128)
}

/// Likewise, of a cipher suite.
pub(super) fn log_of(labels: &[Label], suite: u16) -> Secrets {
    let mut secrets = Secrets::default();
    for (nth, label) in [0, 1].iter().flat_map(|nth| labels.iter().map(move |label| (nth, label))) {
        let random = client_hello(*nth, false)[6..38].try_into().unwrap();
        secrets.add(random, *label, Secret::new(&secret(*label, suite)).unwrap());
    }
    secrets
}

/// Likewise; others may follow.
pub(super) fn more(labels: &[Label]) -> Secrets {
    let mut secrets = log(labels);
    secrets.expect_more();
    secrets
}

/// All secrets but that of early data.
pub(super) const ALL: [Label; 4] =
    [Label::ClientHandshake, Label::ServerHandshake, Label::ClientTraffic, Label::ServerTraffic];

/// A message of the handshake with one more extension: `at` is where their length stands.
fn extended(mut message: Vec<u8>, at: usize, kind: u16, body: &[u8]) -> Vec<u8> {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    message.extend(body);
    let of_message = u16::try_from(message.len() - 4).unwrap();
    message[2..4].copy_from_slice(&of_message.to_be_bytes());
    let of_extensions = u16::try_from(message.len() - at - 2).unwrap();
    message[at..at + 2].copy_from_slice(&of_extensions.to_be_bytes());
    message
}

/// The ClientHello of the first connection or another, which offers what is inside; early data may
/// follow.
pub(super) fn client_hello(nth: u8, early: bool) -> Vec<u8> {
    let mut parameters = Vec::new();
    testing::parameter(0x0f, CLIENT, &mut parameters);
    let mut hello = vectors::bytes(vectors::CLIENT_HELLO);
    hello[6] ^= nth;
    let hello = extended(hello, 49, 16, b"\0\x07\x06inside");
    let hello = extended(hello, 49, 57, &parameters);
    if early { extended(hello, 49, 42, &[]) } else { hello }
}

/// The ServerHello; it may go on with the client's pre-shared key.
pub(super) fn server_hello(suite: u16, resumes: bool) -> Vec<u8> {
    let mut hello = vectors::bytes(vectors::SERVER_HELLO);
    hello[39..41].copy_from_slice(&suite.to_be_bytes());
    if resumes { extended(hello, 42, 41, &[0, 0]) } else { hello }
}

/// EncryptedExtensions that choose what is inside, and may take early data.
pub(super) fn extensions(early: bool) -> Vec<u8> {
    preferring(early, &[])
}

/// Likewise, from a server that would like to be reached elsewhere under an ID.
fn preferring(early: bool, id: &[u8]) -> Vec<u8> {
    let message = extended(vec![8, 0, 0, 0, 0, 0], 4, 16, b"\0\x07\x06inside");
    let mut parameters = Vec::new();
    testing::parameter(0x00, ORIGINAL, &mut parameters);
    testing::parameter(0x02, &RESET, &mut parameters);
    testing::parameter(0x0f, SERVER, &mut parameters);
    if !id.is_empty() {
        let address = [
            &[192, 0, 2, 9, 1, 187][..],
            &[0; 18],
            &[u8::try_from(id.len()).unwrap()],
            id,
            &[0xed; 16],
        ];
        testing::parameter(0x0d, &address.concat(), &mut parameters);
    }
    let message = extended(message, 4, 57, &parameters);
    if early { extended(message, 4, 42, &[]) } else { message }
}

/// A Finished.
pub(super) fn finished() -> Vec<u8> {
    [&[20, 0, 0, 32][..], &[7; 32]].concat()
}

/// Frames written one behind the other.
pub(super) fn frames(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

/// A piece of the handshake.
pub(super) fn crypto(offset: u64, bytes: &[u8]) -> Vec<u8> {
    frames(|out| testing::crypto(offset, bytes, out))
}

/// A piece of a stream.
pub(super) fn data(id: u64, offset: u64, text: &str) -> Vec<u8> {
    frames(|out| testing::stream(id, offset, false, text.as_bytes(), out))
}

/// The last piece of a stream.
pub(super) fn last(id: u64, offset: u64, text: &str) -> Vec<u8> {
    frames(|out| testing::stream(id, offset, true, text.as_bytes(), out))
}

/// Packets up to one have come, from `first` on.
pub(super) fn ack(largest: u64, first: u64) -> Vec<u8> {
    frames(|out| testing::ack(largest, 0, largest - first, &[], None, out))
}

pub(super) const PING: &[u8] = &[1];

fn sealer(version: Version, suite: u16, label: Label) -> Option<Sealer> {
    let secret = secret(label, suite);
    if suite == CHACHA { Sealer::chacha(version, &secret) } else { Sealer::aes(version, &secret) }
}

/// Two ends: packets that they number and protect.
pub(super) struct Wire {
    pub(super) version: Version,
    suite: u16,
    /// The first of its client's connections, or another.
    pub(super) nth: u8,
    /// What the keys of Initial packets are made of.
    pub(super) original: Vec<u8>,
    pub(super) client: Vec<u8>,
    pub(super) server: Vec<u8>,
    /// Under which the server would like to be reached elsewhere, if it would.
    pub(super) preferred: Vec<u8>,
    /// The next number of each space.
    pub(super) next: PerDirection<[u64; 3]>,
    /// Keys of 1-RTT packets.
    pub(super) traffic: PerDirection<Option<Sealer>>,
}

impl Wire {
    pub(super) fn new(version: Version) -> Self {
        Self::with(version, AES_128)
    }

    /// Likewise, with a cipher suite.
    pub(super) fn with(version: Version, suite: u16) -> Self {
        let sealer = |label| sealer(version, suite, label);
        Self {
            version,
            suite,
            nth: 0,
            original: ORIGINAL.to_vec(),
            client: CLIENT.to_vec(),
            server: SERVER.to_vec(),
            preferred: Vec::new(),
            next: PerDirection::default(),
            traffic: PerDirection {
                to_server: sealer(Label::ClientTraffic),
                to_client: sealer(Label::ServerTraffic),
            },
        }
    }

    /// The next packet of a kind.
    pub(super) fn packet(&mut self, way: Direction, kind: Kind, payload: &[u8]) -> Vec<u8> {
        let space = match kind {
            Kind::Initial => 0,
            Kind::Handshake => 1,
            Kind::ZeroRtt | Kind::OneRtt => 2,
        };
        let next = &mut self.next.of_mut(way)[space];
        let number = Number { whole: *next, length: 2 };
        *next += 1;
        self.numbered(way, kind, number, payload)
    }

    /// A packet with this number.
    pub(super) fn numbered(
        &self,
        way: Direction,
        kind: Kind,
        number: Number,
        payload: &[u8],
    ) -> Vec<u8> {
        let (destination, source) = match way {
            // before the server has answered, its ID is the one that was made up for it
            UP if matches!(kind, Kind::Initial | Kind::ZeroRtt) => (&self.original, &self.client),
            UP => (&self.server, &self.client),
            DOWN => (&self.client, &self.server),
        };
        let label = match (kind, way) {
            (Kind::OneRtt, _) => {
                let sealer = self.traffic.of(way).as_ref().unwrap();
                return sealer.short(destination, false, number, payload).unwrap();
            }
            (Kind::Initial, _) => {
                let sealer = Sealer::initial(self.version, &self.original, way).unwrap();
                return sealer.long(kind, (destination, source), number, payload).unwrap();
            }
            (Kind::ZeroRtt, _) => Label::ClientEarly,
            (Kind::Handshake, UP) => Label::ClientHandshake,
            (Kind::Handshake, DOWN) => Label::ServerHandshake,
        };
        let sealer = sealer(self.version, self.suite, label).unwrap();
        sealer.long(kind, (destination, source), number, payload).unwrap()
    }

    pub(super) fn one(&mut self, way: Direction, payload: &[u8]) -> Vec<u8> {
        self.packet(way, Kind::OneRtt, payload)
    }

    /// One end goes on with the next keys.
    pub(super) fn update(&mut self, way: Direction) {
        let sealer = self.traffic.of_mut(way);
        *sealer = sealer.take().unwrap().update();
    }

    /// The client's first datagram, filled up.
    pub(super) fn hello(&mut self) -> Vec<u8> {
        let mut payload = crypto(0, &client_hello(self.nth, false));
        payload.resize(1150, 0);
        self.packet(UP, Kind::Initial, &payload)
    }

    /// The server's answer in one datagram: Initial and Handshake.
    pub(super) fn answer(&mut self) -> Vec<u8> {
        let hello = [ack(0, 0), crypto(0, &server_hello(self.suite, false))].concat();
        let rest = [preferring(false, &self.preferred), finished()].concat();
        let hello = self.packet(DOWN, Kind::Initial, &hello);
        [hello, self.packet(DOWN, Kind::Handshake, &crypto(0, &rest))].concat()
    }

    /// The client is done too.
    pub(super) fn done(&mut self) -> Vec<u8> {
        let finished = [ack(0, 0), crypto(0, &finished())].concat();
        self.packet(UP, Kind::Handshake, &finished)
    }

    /// A whole handshake, datagram by datagram.
    pub(super) fn handshake(&mut self) -> Vec<(Direction, Vec<u8>)> {
        vec![(UP, self.hello()), (DOWN, self.answer()), (UP, self.done())]
    }
}
