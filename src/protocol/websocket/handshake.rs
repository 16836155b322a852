//! The opening handshake: what a client offers and what is agreed on (RFC 6455 §4, RFC 7692 §7.1).
//!
//! Takes the fields of the two heads that HTTP/1.1 or HTTP/2 (RFC 8441) has read.

use data_encoding::BASE64;
use sha1::{Digest, Sha1};

use crate::anomaly::Anomaly;
use crate::flow::event::PerDirection;
use crate::protocol::http::fields::Fields;
use crate::protocol::websocket::faults;

/// What a client offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// What the server has to answer, in `Sec-WebSocket-Accept`; none where the client sent no key,
    /// as over HTTP/2.
    accept: Option<Box<str>>,
    /// The names of its extensions.
    extensions: Vec<Box<str>>,
}

/// What client and server agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// permessage-deflate: whether each direction keeps its window from message to message; none
    /// where messages are not compressed.
    pub(super) deflate: Option<PerDirection<bool>>,
    /// Some other extension, which may use the reserved bits as it likes.
    pub(super) has_unknown: bool,
}

impl Offer {
    /// The offer of a request.
    pub fn of(request: &Fields) -> Self {
        let extensions = extensions(request).take(EXTENSIONS).map(|(name, _)| name.into());
        Self {
            accept: request.get("sec-websocket-key").map(|key| accept(key).into()),
            extensions: extensions.collect(),
        }
    }
}

impl Agreed {
    /// What a response agrees to, of what was offered where that is known; and what is wrong with
    /// it.
    pub fn on(offer: Option<&Offer>, response: &Fields, mut say: impl FnMut(Anomaly)) -> Self {
        if let Some(wanted) = offer.and_then(|offer| offer.accept.as_deref()) {
            let given = response.get("sec-websocket-accept").map(str::trim);
            if given != Some(wanted) {
                say(faults::accept(given.is_some()));
            }
        }
        let mut agreed = Self::default();
        for (name, parameters) in extensions(response).take(EXTENSIONS) {
            let is_it = |offered: &str| offered.eq_ignore_ascii_case(name);
            if offer.is_some_and(|offer| !offer.extensions.iter().any(|offered| is_it(offered))) {
                say(faults::not_offered(name));
            }
            if !name.eq_ignore_ascii_case("permessage-deflate") || agreed.deflate.is_some() {
                agreed.has_unknown = true;
                continue;
            }
            let mut keeps = PerDirection { to_server: true, to_client: true };
            for parameter in parameters.split(';').map(str::trim) {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                match name.trim().to_ascii_lowercase().as_str() {
                    "client_no_context_takeover" => keeps.to_server = false,
                    "server_no_context_takeover" => keeps.to_client = false,
                    // A window of 15 bits reads what was written with a smaller one.
                    "client_max_window_bits" | "server_max_window_bits" if is_bits(value) => {}
                    "" => {}
                    _ => say(faults::parameter(parameter)),
                }
            }
            agreed.deflate = Some(keeps);
        }
        agreed
    }
}

/// 8 to 15, in quotes or not (RFC 7692 §7.1.2).
fn is_bits(value: &str) -> bool {
    matches!(value.trim().trim_matches('"'), "8" | "9" | "10" | "11" | "12" | "13" | "14" | "15")
}

/// The extensions that fields list: their names, and their parameters as written. No registered
/// one has a parameter with a comma in quotes.
fn extensions(fields: &Fields) -> impl Iterator<Item = (&str, &str)> {
    let listed = fields.all("sec-websocket-extensions").flat_map(|value| value.split(','));
    let named = listed.map(|one| one.split_once(';').unwrap_or((one, "")));
    named.map(|(name, parameters)| (name.trim(), parameters)).filter(|(name, _)| !name.is_empty())
}

/// What answers a key (RFC 6455 §4.2.2): the hash of it and a number of the protocol's own.
fn accept(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.trim().as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64.encode(&hash.finalize())
}

/// Extensions of one head that are looked at; two are registered.
const EXTENSIONS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Fields {
        fields.iter().copied().collect()
    }

    fn agree(offered: &str, accepted: &str) -> (Agreed, Vec<&'static str>) {
        let offer = Offer::of(&fields(&[("Sec-WebSocket-Extensions", offered)]));
        let mut said = Vec::new();
        let response = fields(&[("Sec-WebSocket-Extensions", accepted)]);
        let agreed = Agreed::on(Some(&offer), &response, |anomaly| said.push(anomaly.id));
        (agreed, said)
    }

    const DEFLATE: &str = "permessage-deflate; client_max_window_bits";

    #[test]
    fn the_key_is_answered_as_in_the_rfc() {
        // RFC 6455 §1.3
        let request = fields(&[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]);
        let offer = Offer::of(&request);
        let right = ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for (response, wanted) in
            [(vec![right], 0), (vec![], 1), (vec![("Sec-WebSocket-Accept", "AAAA")], 1)]
        {
            let mut said = Vec::new();
            Agreed::on(Some(&offer), &fields(&response), |anomaly| said.push(anomaly.id));
            assert_eq!(said, vec!["websocket.accept"; wanted]);
        }
        // The request was not captured, or came over HTTP/2: nothing to compare with.
        Agreed::on(None, &fields(&[right]), |anomaly| panic!("{anomaly:?}"));
        Agreed::on(Some(&Offer::default()), &fields(&[]), |anomaly| panic!("{anomaly:?}"));
    }

    #[test]
    fn windows_are_kept_unless_it_is_agreed_otherwise() {
        let keeps = |to_server, to_client| Some(PerDirection { to_server, to_client });
        for (accepted, deflate) in [
            ("permessage-deflate", keeps(true, true)),
            ("Permessage-Deflate; client_no_context_takeover", keeps(false, true)),
            (
                "permessage-deflate;server_no_context_takeover ;client_max_window_bits=\"9\"",
                keeps(true, false),
            ),
            ("", None),
        ] {
            let (agreed, said) = agree(DEFLATE, accepted);
            assert_eq!(
                (agreed.deflate, agreed.has_unknown, said),
                (deflate, false, vec![]),
                "{accepted}"
            );
        }
    }

    #[test]
    fn what_was_not_offered_cannot_be_agreed_on() {
        let (agreed, said) = agree("", "permessage-deflate");
        assert!(agreed.deflate.is_some());
        assert_eq!(said, ["websocket.extension"]);
        let (agreed, said) = agree("x-other", "x-other");
        assert_eq!((agreed.deflate, agreed.has_unknown, said), (None, true, vec![]));
        let (_, said) = agree(DEFLATE, "permessage-deflate; server_max_window_bits=16; x");
        assert_eq!(said, ["websocket.extension"; 2]);
    }
}
