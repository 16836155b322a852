//! DNS messages for captures made by hand.

/// A query for the addresses of a name.
pub(crate) fn query(id: u16, name: &str) -> Vec<u8> {
    let mut message = header(id, 0x0100, 0);
    message.extend(question(name, 1));
    message
}

/// A resolver's answer with IPv4 addresses.
pub(crate) fn answer(id: u16, name: &str, addresses: &[[u8; 4]]) -> Vec<u8> {
    let mut message = header(id, 0x8180, u16::try_from(addresses.len()).unwrap());
    message.extend(question(name, 1));
    for address in addresses {
        // the name of the question, type A, class IN, five minutes, four bytes
        message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4]);
        message.extend(address);
    }
    message
}

fn header(id: u16, flags: u16, answers: u16) -> Vec<u8> {
    [id, flags, 1, answers, 0, 0].iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn question(name: &str, kind: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, kind, 0, 1]);
    bytes
}
