//! Data that a client sends before the server has answered (RFC 8446 §2.3): taken, or not.

use crate::protocol::secrets::{Label, Secrets};
use crate::protocol::tls::connection::tests::play::Act::{self, Down, Up};
use crate::protocol::tls::connection::tests::play::play;
use crate::protocol::tls::connection::tests::wire::{
    self, ALL, CHANGE, FINISHED, REQUEST, RESPONSE, Sealer, log, plain, server_hello,
};

/// A server's flight up to its Finished.
fn flight(hello: &[u8], extensions: &[u8]) -> Act {
    let mut server = Sealer::of(Label::ServerHandshake);
    let sealed = server.seal(22, &[extensions, &FINISHED].concat(), 0);
    Down([plain(22, hello), CHANGE.to_vec(), sealed].concat())
}

/// A client that sends a request early, what the server says to it, what the client does then, and
/// a response.
fn early(flight: Act, then: Vec<Act>) -> Vec<Act> {
    let request = Sealer::of(Label::ClientEarly).seal(23, REQUEST, 0);
    let response = Sealer::of(Label::ServerTraffic).seal(23, RESPONSE, 0);
    let hello = plain(22, &wire::early_hello());
    let mut acts = vec![Up(hello), Up([&CHANGE[..], &request].concat()), flight];
    acts.extend(then);
    acts.push(Down(response));
    acts
}

fn early_log() -> Secrets {
    log(&[&ALL[..], &[Label::ClientEarly]].concat())
}

#[test]
fn early_data_that_is_taken_is_read_with_its_own_key() {
    let mut late = Sealer::of(Label::ClientEarly);
    late.number = 1;
    let rest = Up(late.seal(23, b"GET /late HTTP/1.1\r\n\r\n", 0));
    let end = Up(late.seal(22, &wire::END_OF_EARLY_DATA, 0));
    let finished = Up(Sealer::of(Label::ClientHandshake).seal(22, &FINISHED, 0));
    let flight = flight(&wire::resuming_server_hello(0x1301), &wire::TAKEN);
    let acts = early(flight, vec![rest, end, finished]);
    for piece in [1, 7, 1000] {
        let said = play(early_log(), &acts, piece);
        let place = |line: &str| {
            said.iter().position(|it| it == line).unwrap_or_else(|| panic!("{line}: {said:?}"))
        };
        assert!(place("data ToServer early") < place("/a https"), "{said:?}");
        assert!(place("/a https") < place("/late https"), "{said:?}");
        assert!(place("encrypted End of Early Data") < place("finished ToServer"), "{said:?}");
        assert_eq!(said.last().unwrap(), "Some(200)");
    }
}

#[test]
fn early_data_that_nobody_takes_is_no_request() {
    let refused = wire::extensions("http/1.1");
    let finished = Up(Sealer::of(Label::ClientHandshake).seal(22, &FINISHED, 0));
    let again = Up(Sealer::of(Label::ClientTraffic).seal(23, REQUEST, 0));
    let mut late = Sealer::of(Label::ClientEarly);
    late.number = 1;
    let late = Up(late.seal(23, b"GET /late HTTP/1.1\r\n\r\n", 0));
    let taken = wire::resuming_server_hello(0x1301);
    // in the EncryptedExtensions, and before by not going on with the session
    for (hello, refused) in [(taken, &refused[..]), (server_hello(0x1301), &refused[..])] {
        let then = vec![late.clone(), finished.clone(), again.clone()];
        let acts = early(flight(&hello, refused), then);
        // with the secret of early data and without it
        for secrets in [early_log(), log(&ALL)] {
            for piece in [1, 7, 1000] {
                let said = play(secrets.clone(), &acts, piece);
                let requests = said.iter().filter(|line| line.ends_with(" https")).count();
                assert_eq!(requests, 1, "{said:?}");
                assert!(said.contains(&"data ToServer early".to_owned()), "{said:?}");
                let end = ["finished ToServer", "data ToServer", "/a https", "data ToClient"];
                assert_eq!(said[said.len() - 5..said.len() - 1], end, "{said:?}");
                assert_eq!(said.last().unwrap(), "Some(200)");
            }
        }
    }
}

#[test]
fn early_data_is_read_though_it_cannot_be_read_whether_it_is_taken() {
    let finished = Up(Sealer::of(Label::ClientHandshake).seal(22, &FINISHED, 0));
    let flight = flight(&wire::resuming_server_hello(0x1301), &wire::TAKEN);
    let mut end = Sealer::of(Label::ClientEarly);
    end.number = 1;
    let end = Up(end.seal(22, &wire::END_OF_EARLY_DATA, 0));
    let acts = early(flight, vec![end, finished]);
    let labels = [Label::ClientEarly, Label::ClientHandshake, Label::ClientTraffic];
    let said = play(log(&labels), &acts, 1000);
    assert!(said.contains(&"/a https".to_owned()), "{said:?}");
}
