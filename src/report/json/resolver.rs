//! A resolver at the other end of a connection, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::trace::Trace;
use crate::trace::connection::Connection;
use crate::trace::resolver::{self as model, Over};

/// A resolver that is asked over TLS or QUIC: its lookups are in `lookups` where keys open them.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Resolver {
    /// How it is asked.
    pub transport: ResolverTransport,
    /// Who runs it; null where its name is not known.
    pub operator: Option<&'static str>,
}

/// How a resolver is asked.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolverTransport {
    /// DNS over TLS (RFC 7858), by its port or its protocol identifier.
    Tls,
    /// DNS over QUIC (RFC 9250), likewise.
    Quic,
    /// DNS over HTTPS (RFC 8484), by the resolver's name.
    Https,
}

impl Resolver {
    /// The one that a connection leads to; none where it leads to none that is known.
    pub fn of(trace: &Trace, connection: &Connection) -> Option<Self> {
        let model::Resolver { over, operator } = model::Resolver::of(trace, connection)?;
        let transport = match over {
            Over::Tls => ResolverTransport::Tls,
            Over::Quic => ResolverTransport::Quic,
            Over::Https => ResolverTransport::Https,
        };
        Some(Self { transport, operator })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::protocol::tls::message::Body;
    use crate::report::fixture::secured;
    use crate::report::format::{Options, Reporter};
    use crate::report::json::{Json, json_schema};

    #[test]
    fn a_resolver_is_told_as_the_schema_says() {
        let mut trace = secured();
        let tls = trace.connections[4].tls.as_mut().unwrap();
        let Body::ClientHello(hello) = &mut tls.messages[0].body else { panic!("a hello") };
        hello.server_name = Some("chrome.cloudflare-dns.com".into());
        let mut out = Vec::new();
        Json.write(&trace, &Options::default(), &mut out).unwrap();
        let document: Value = serde_json::from_slice(&out).unwrap();
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        jsonschema::validate(&schema, &document).unwrap();
        let resolver = |nth: usize| &document["connections"][nth]["resolver"];
        assert_eq!(*resolver(0), Value::Null);
        assert_eq!(*resolver(4), json!({"transport": "https", "operator": "Cloudflare"}));
    }
}
