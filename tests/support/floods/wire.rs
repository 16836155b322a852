//! What floods are made of: packets without checksums (what is wrong with them hides nothing), and
//! conversations that each connection of a flood plays anew.

pub(super) const SYN: u8 = 2;
pub(super) const RST_ACK: u8 = 0x14;
pub(super) const SYN_ACK: u8 = 0x12;
pub(super) const PSH_ACK: u8 = 0x18;
pub(super) const SERVER: [u8; 4] = [192, 0, 2, 1];
pub(super) const CLIENT: [u8; 4] = [10, 0, 0, 1];

/// IPv4.
pub(super) fn ip(protocol: u8, from: [u8; 4], to: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, protocol, 0, 0];
    packet.extend(from);
    packet.extend(to);
    packet.extend(payload);
    packet
}

pub(super) fn tcp(ports: (u16, u16), seq: u32, ack: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + payload.len());
    segment.extend(ports.0.to_be_bytes());
    segment.extend(ports.1.to_be_bytes());
    segment.extend(seq.to_be_bytes());
    segment.extend(ack.to_be_bytes());
    segment.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(payload);
    segment
}

pub(super) fn datagram(ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let words = [ports.0, ports.1, length, 0];
    let mut datagram: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    datagram.extend(payload);
    datagram
}

/// An address of its own for each number.
pub(super) fn host(nth: u32) -> [u8; 4] {
    let [_, a, b, c] = nth.to_be_bytes();
    [11, a, b, c]
}

/// Who says something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Client,
    Server,
}

/// What a client and a server say, each part in packets of its own.
pub(super) struct Script {
    port: u16,
    parts: Vec<Part>,
}

struct Part {
    from: From,
    seq: u32,
    ack: u32,
    bytes: Vec<u8>,
}

/// More of a part than a packet can hold is cut.
const MOST: usize = 60_000;

impl Script {
    pub(super) fn new(port: u16, said: Vec<(From, Vec<u8>)>) -> Self {
        let (mut client, mut server) = (2u32, 2u32);
        let mut parts = Vec::new();
        for (from, bytes) in said {
            for piece in bytes.chunks(MOST) {
                let (own, other) = match from {
                    From::Client => (&mut client, server),
                    From::Server => (&mut server, client),
                };
                parts.push(Part { from, seq: *own, ack: other, bytes: piece.to_vec() });
                *own += u32::try_from(piece.len()).unwrap();
            }
        }
        Self { port, parts }
    }

    /// The `nth` packet of clients that play it one after the other, each from its SYN on.
    pub(super) fn packet(&self, nth: u32) -> Vec<u8> {
        let turns = u32::try_from(self.parts.len()).unwrap() + 2;
        let client = host(nth / turns);
        match nth % turns {
            0 => ip(6, client, SERVER, &tcp((40_000, self.port), 1, 0, SYN, b"")),
            1 => ip(6, SERVER, client, &tcp((self.port, 40_000), 1, 2, SYN_ACK, b"")),
            turn => {
                let Part { from, seq, ack, bytes } = &self.parts[turn as usize - 2];
                match from {
                    From::Client => {
                        ip(6, client, SERVER, &tcp((40_000, self.port), *seq, *ack, PSH_ACK, bytes))
                    }
                    From::Server => {
                        ip(6, SERVER, client, &tcp((self.port, 40_000), *seq, *ack, PSH_ACK, bytes))
                    }
                }
            }
        }
    }
}
