//! Both ends of a connection, which seal what they send.

use crate::flow::event::{Direction, PerDirection};
use crate::fuzzing::analyzer::Step;
use crate::protocol::quic::Kind;
use crate::protocol::quic::sealer::{Number, Sealer};
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::{Label, Secret, Secrets};
use crate::protocol::tls::vectors::{self, bytes};

const CLIENT: &[u8] = &[0xc1; 8];
const SERVER: &[u8] = &[0x51; 8];

/// Both ends: their keys, and the numbers of their packets in each space.
pub(super) struct Ends {
    numbers: PerDirection<[u64; 3]>,
    traffic: PerDirection<Option<Sealer>>,
}

impl Ends {
    /// Behind the hellos.
    pub(super) fn new() -> Self {
        let of = |label| Sealer::aes(Version::V1, &secret(label));
        Self {
            numbers: PerDirection { to_server: [1, 0, 0], to_client: [1, 0, 0] },
            traffic: PerDirection {
                to_server: of(Label::ClientTraffic),
                to_client: of(Label::ServerTraffic),
            },
        }
    }

    pub(super) const fn number(&mut self, way: Direction, kind: Kind) -> &mut u64 {
        let [initial, handshake, application] = self.numbers.of_mut(way);
        match kind {
            Kind::Initial => initial,
            Kind::Handshake => handshake,
            Kind::ZeroRtt | Kind::OneRtt => application,
        }
    }

    /// The next packet of a kind.
    pub(super) fn next(&mut self, way: Direction, kind: Kind, payload: &[u8]) -> Option<Vec<u8>> {
        let number = self.number(way, kind);
        let whole = *number;
        *number += 1;
        let number = Number { whole, length: 2 };
        let ends = if way == Direction::ToServer { (SERVER, CLIENT) } else { (CLIENT, SERVER) };
        match kind {
            Kind::OneRtt => self.traffic.of(way).as_ref()?.short(ends.0, false, number, payload),
            Kind::Initial => {
                let sealer = Sealer::initial(Version::V1, SERVER, way)?;
                sealer.long(kind, ends, number, payload)
            }
            Kind::ZeroRtt | Kind::Handshake => {
                let label = match way {
                    Direction::ToServer => Label::ClientHandshake,
                    Direction::ToClient => Label::ServerHandshake,
                };
                let sealer = Sealer::aes(Version::V1, &secret(label))?;
                sealer.long(Kind::Handshake, ends, number, payload)
            }
        }
    }

    pub(super) fn update(&mut self, way: Direction) {
        let sealer = self.traffic.of_mut(way);
        *sealer = sealer.take().and_then(Sealer::update);
    }
}

/// The hellos of both ends.
pub(super) fn messages() -> PerDirection<Vec<u8>> {
    PerDirection {
        to_server: bytes(vectors::CLIENT_HELLO),
        to_client: bytes(vectors::SERVER_HELLO),
    }
}

/// Both hellos; the server has spoken last.
pub(super) fn hellos() -> Vec<Step> {
    let hellos = messages();
    let mut ends = Ends::new();
    ends.numbers = PerDirection::default();
    let mut all = Vec::new();
    for way in [Direction::ToServer, Direction::ToClient] {
        let hello = ends.next(way, Kind::Initial, &crypto_frame(0, hellos.of(way)));
        all.extend(hello.map(Step::Say));
        all.push(Step::Turn);
    }
    all.pop();
    all
}

/// A piece of the handshake.
pub(super) fn crypto_frame(offset: usize, piece: &[u8]) -> Vec<u8> {
    let of = |number: usize| (0x4000 | u16::try_from(number).unwrap_or(0)).to_be_bytes();
    [&[0x06][..], &of(offset), &of(piece.len()), piece].concat()
}

const fn secret(label: Label) -> [u8; 32] {
    [label as u8 + 1; 32]
}

/// What opens all but early data.
pub(super) fn secrets() -> Secrets {
    let hello = bytes(vectors::CLIENT_HELLO);
    let random = hello.get(6..38).and_then(|random| random.try_into().ok()).unwrap_or_default();
    let mut secrets = Secrets::default();
    for label in
        [Label::ClientHandshake, Label::ServerHandshake, Label::ClientTraffic, Label::ServerTraffic]
    {
        if let Some(secret) = Secret::new(&secret(label)) {
            secrets.add(random, label, secret);
        }
    }
    secrets
}
