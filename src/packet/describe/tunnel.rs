//! Tunnels in words: PPP, PPPoE, MPLS, GRE, ERSPAN, VXLAN, GENEVE, GTP-U, Teredo, L2TP.

use crate::packet::describe::link::ether_type;
use crate::packet::describe::text::{Words, bytes};
use crate::packet::erspan::Erspan;
use crate::packet::geneve::Geneve;
use crate::packet::gre::Gre;
use crate::packet::gtp::Gtp;
use crate::packet::l2tp::L2tp;
use crate::packet::mpls::Mpls;
use crate::packet::ppp::Ppp;
use crate::packet::pppoe::Pppoe;
use crate::packet::teredo::Teredo;
use crate::packet::vxlan::Vxlan;

pub(super) fn ppp(header: Ppp<'_>) -> Words {
    let mut words = Words::new("PPP");
    let name = match header.protocol_name().1 {
        "" => "unknown",
        name => name,
    };
    words.summary(name);
    words.field("protocol", format_args!("{:#06x} {name}", header.protocol()));
    words
}

pub(super) fn pppoe(header: Pppoe<'_>) -> Words {
    let mut words = Words::new(if header.is_session() { "PPPoE" } else { "PPPoE discovery" });
    let session = header.session();
    words.summary(format!("{}, session {session:#06x}", header.code_name()));
    words.field("code", format_args!("{:#04x} {}", header.code(), header.code_name()));
    words.field("session", format_args!("{session:#06x}"));
    words.field("length", header.length());
    words
}

pub(super) fn mpls(stack: Mpls<'_>) -> Words {
    let mut words = Words::new("MPLS");
    let labels: Vec<String> = stack.labels().map(|label| label.value.to_string()).collect();
    let noun = if labels.len() == 1 { "label" } else { "labels" };
    words.summary(format!("{noun} {}", labels.join(", ")));
    for label in stack.labels() {
        let name = match label.value {
            0 => " (IPv4 explicit null)",
            1 => " (router alert)",
            2 => " (IPv6 explicit null)",
            3 => " (implicit null)",
            7 => " (entropy label indicator)",
            _ => "",
        };
        let text = format!("{}{name}, class {}, TTL {}", label.value, label.class, label.ttl);
        words.field("label", text);
    }
    words
}

pub(super) fn gre(header: Gre<'_>) -> Words {
    let mut words = Words::new("GRE");
    let kind = header.protocol();
    let key = header.key().map(|key| format!(", key {key}")).unwrap_or_default();
    words.summary(format!("{}{key}", carried(kind)));
    words.field("version", header.version());
    words.field("protocol", format_args!("{kind:#06x} {}", carried(kind)));
    if let Some(key) = header.key() {
        words.field("key", key);
    }
    if let Some(number) = header.sequence() {
        words.field("sequence number", number);
    }
    words
}

/// What GRE's number stands for.
fn carried(number: u16) -> &'static str {
    match number {
        0x22eb | 0x88be => "ERSPAN",
        0x2001 => "NHRP",
        0x883e => "WCCP",
        0 => "keep-alive",
        number => ether_type(number),
    }
}

pub(super) fn erspan(header: Erspan<'_>) -> Words {
    let mut words = Words::new("ERSPAN");
    let kind = match header.kind() {
        1 => "type I",
        2 => "type II",
        3 => "type III",
        _ => "unknown type",
    };
    let session = header.session().map(|number| format!(", session {number}")).unwrap_or_default();
    let cut = if header.is_cut() { ", mirrored frame cut" } else { "" };
    words.summary(format!("{kind}{session}{cut}"));
    words.field("type", kind);
    if let (Some(session), Some(vlan)) = (header.session(), header.vlan()) {
        words.field("session", session);
        words.field("VLAN", vlan);
    }
    words
}

pub(super) fn vxlan(header: Vxlan<'_>) -> Words {
    let mut words = Words::new("VXLAN");
    words.summary(format!("network {}", header.network()));
    words.field("network identifier", header.network());
    words
}

pub(super) fn geneve(header: Geneve<'_>) -> Words {
    let mut words = Words::new("GENEVE");
    let kind = header.protocol();
    words.summary(format!("network {}, {}", header.network(), ether_type(kind)));
    words.field("network identifier", header.network());
    words.field("protocol", format_args!("{kind:#06x} {}", ether_type(kind)));
    words.field("options", bytes(header.options()));
    if header.is_control() {
        words.field("control", "yes: between the tunnel's ends");
    }
    words
}

pub(super) fn gtp(header: Gtp<'_>) -> Words {
    let mut words = Words::new("GTP-U");
    words.summary(format!("endpoint {:#010x}", header.teid()));
    words.field("tunnel endpoint identifier", format_args!("{:#010x}", header.teid()));
    words.field("length", header.length());
    if let Some(number) = header.sequence() {
        words.field("sequence number", number);
    }
    if let Some((flow, is_up)) = header.session() {
        let way = if is_up { "to the network" } else { "from the network" };
        words.field("session", format_args!("flow {flow}, {way}"));
    }
    words
}

pub(super) fn teredo(header: Teredo<'_>) -> Words {
    let mut words = Words::new("Teredo");
    match header.origin() {
        Some((port, address)) => {
            words.summary(format!("seen from {address}:{port}"));
            words.field("origin", format_args!("{address}:{port}"));
        }
        None => words.summary("IPv6 in UDP"),
    }
    words
}

pub(super) fn l2tp(header: L2tp<'_>) -> Words {
    let mut words = Words::new("L2TP");
    let (tunnel, session) = (header.tunnel(), header.session());
    words.summary(format!("tunnel {tunnel}, session {session}"));
    words.field("tunnel", tunnel);
    words.field("session", session);
    words
}
