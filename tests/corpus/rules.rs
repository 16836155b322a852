//! Differences that a rule explains, each with who is right and a test on the numbers of both
//! sides: what tshark's heuristics and ours must see differently, where both are as documented.

use std::collections::BTreeMap;

use crate::corpus::tcp::Talk;
use crate::corpus::verdict::Right;

/// A kind of difference between two counts of one conversation.
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// The classes that it may explain.
    classes: &'static [&'static str],
    pub(super) right: Right,
    pub(super) why: &'static str,
    holds: fn(&Case<'_>) -> bool,
}

/// One count of one conversation that differs.
pub(super) struct Case<'a> {
    pub(super) ours: u64,
    pub(super) theirs: u64,
    pub(super) our_talk: &'a Talk,
    pub(super) their_talk: &'a Talk,
}

/// How many values each rule explains.
pub(super) type Ruled = BTreeMap<&'static str, u64>;

/// A rule for whole conversations, which `tcp.rs` applies.
pub(super) const CUT_BY_SILENCE: Rule = Rule {
    name: "cut by silence or by an end",
    classes: &[],
    right: Right::Ours,
    why: "what comes after 15 minutes without a packet, or 15 s after both ends closed, is a \
          connection of its own (the clock of some captures jumps by years); tshark keeps one \
          stream for the same ends until another SYN comes. The pieces add up to its stream",
    holds: |_| false,
};

/// A rule for the hellos of whole conversations, which `hellos.rs` applies.
pub(super) const BEHIND_ANOTHER: Rule = Rule {
    name: "TLS behind another protocol",
    classes: &[],
    right: Right::Tshark,
    why: "mail, FTP, LDAP, databases and others begin in the clear and change to TLS when asked \
          (STARTTLS), or put a line of a proxy before it: no browser does, and we look for TLS \
          where a connection begins. Left out of the comparison",
    holds: |_| false,
};

/// The first that holds counts.
const RULES: &[Rule] = &[
    CUT_BY_SILENCE,
    BEHIND_ANOTHER,
    Rule {
        name: "the first packet is not counted",
        classes: &["tcp-completeness"],
        right: Right::Ours,
        why: "tshark begins to note what a conversation had with its second packet, where the first \
              found no conversation, or one that another protocol had announced (FTP): its value \
              has no bit that ours has not, and lacks what the first packet brought",
        holds: |case| {
            let first = if case.our_talk.has_syn_first() { 1 } else { !0 };
            case.theirs & !case.ours == 0 && case.ours & !case.theirs & !first == 0
        },
    },
    Rule {
        name: "captured twice",
        classes: &[
            "tcp-retransmission",
            "tcp-fast-retransmission",
            "tcp-spurious-retransmission",
            "tcp-out-of-order",
            "tcp-duplicate-ack",
            "tcp-keep-alive",
            "tcp-keep-alive-ack",
            "tcp-ack-lost-segment",
        ],
        right: Right::Ours,
        why: "the same packet, with the same IP identification, is in the capture twice within \
              5 ms (a mirror port, the `any` device): it was sent once. The difference is no more \
              than the copies that we counted",
        holds: |case| case.theirs > case.ours && case.theirs - case.ours <= case.our_talk.copies,
    },
    Rule {
        name: "sequence numbers that stand still",
        classes: &[
            "tcp-retransmission",
            "tcp-keep-alive",
            "tcp-out-of-order",
            "tcp-duplicate-ack",
            "tcp-ack-lost-segment",
        ],
        right: Right::Undecided,
        why: "a script wrote the packets and gave all of them one sequence number: the SYN's and \
              that of the ACK are the same. What each side makes of that is no fact about TCP",
        holds: |case| case.our_talk.stands_still,
    },
    Rule {
        name: "late or sent again",
        classes: &["tcp-retransmission", "tcp-out-of-order"],
        right: Right::Undecided,
        why: "both name the same number of segments, and differ in which of them were overtaken and \
              which were sent again: tshark asks 3 ms or the first round trip, we ask the sender's \
              clock and count of packets, then three quarters of the round trip",
        holds: |case| case.our_talk.again_or_late() == case.their_talk.again_or_late(),
    },
    Rule {
        name: "only one direction",
        classes: &["tcp-ack-lost-segment"],
        right: Right::Ours,
        why: "nothing of the other direction was captured: we say so once, tshark never does",
        holds: |case| case.our_talk.packets.contains(&0) && case.ours == 1 && case.theirs == 0,
    },
    Rule {
        name: "acknowledged, and not captured",
        classes: &["tcp-ack-lost-segment"],
        right: Right::Undecided,
        why: "both say that bytes were acknowledged that the capture does not have; we say it of each \
              acknowledgment that covers more of them, tshark of some",
        holds: |case| case.ours > 0 && case.theirs > 0,
    },
    Rule {
        name: "the first acknowledgment of a flow met midway",
        classes: &["tcp-ack-lost-segment"],
        right: Right::Ours,
        why: "where the beginning is not captured, the first acknowledgment tells where the bytes \
              begin that could be captured; often it answers a keep-alive",
        holds: |case| case.ours == 0 && case.theirs == 1 && !case.our_talk.has_syn_first(),
    },
    Rule {
        name: "acknowledged before it was captured",
        classes: &["tcp-retransmission", "tcp-spurious-retransmission"],
        right: Right::Ours,
        why: "a segment that stands behind its own acknowledgment, and that was not there before, was \
              not sent again: the capture has them in the wrong order (several queues or devices)",
        holds: |case| {
            let more = |kind| case.their_talk.count(kind).checked_sub(case.our_talk.count(kind));
            let again = more("retransmission");
            case.our_talk.count("ack_lost_segment") > 0
                && again.is_some_and(|more| more > 0)
                && again == more("spurious_retransmission")
        },
    },
    Rule {
        name: "behind a RST",
        classes: &["tcp-retransmission"],
        right: Right::Ours,
        why: "after a RST that its receiver believes there is no connection: what still comes is left \
              over, and is counted but not judged",
        holds: |case| case.theirs > case.ours && case.our_talk.is_reset,
    },
    Rule {
        name: "a FIN that was acknowledged",
        classes: &["tcp-spurious-retransmission"],
        right: Right::Ours,
        why: "a FIN that is sent again after it was acknowledged is needless as bytes would be; tshark \
              calls only bytes so. Both call it a retransmission",
        holds: |case| {
            case.theirs < case.ours
                && case.our_talk.count("retransmission") == case.their_talk.count("retransmission")
                && case.our_talk.has_fin()
        },
    },
    Rule {
        name: "found needless later",
        classes: &["tcp-spurious-retransmission"],
        right: Right::Ours,
        why: "the receiver reported bytes that it had twice (DSACK, RFC 2883), or an acknowledgment \
              echoed a clock from before the retransmission (RFC 3522): it was needless, which \
              tshark does not conclude. There are no more of them than such acknowledgments",
        holds: |case| {
            case.ours > case.theirs && case.ours - case.theirs <= case.our_talk.found_needless
        },
    },
    Rule {
        name: "fast by the receiver's word",
        classes: &["tcp-fast-retransmission"],
        right: Right::Ours,
        why: "tshark asks for two duplicate acknowledgments within 20 ms before; we also take what \
              the receiver reported beyond the hole (SACK), at any distance that a round trip \
              explains, and all that is repaired in the same go (RFC 6675). All are retransmissions \
              to both",
        holds: |case| case.ours > case.theirs && case.ours <= case.our_talk.count("retransmission"),
    },
];

/// The rule that explains a difference.
pub(super) fn explains(class: &str, case: &Case<'_>) -> Option<&'static Rule> {
    let mut rules = RULES.iter().filter(|rule| rule.classes.contains(&class));
    rules.find(|rule| (rule.holds)(case))
}

/// What the rules explain, one line each.
pub(super) fn table(ruled: &Ruled) -> String {
    let lines = RULES.iter().map(|rule| {
        let count = ruled.get(rule.name).copied().unwrap_or(0);
        let right = rule.right.word();
        format!("{count:>6} by the rule \"{}\" (right: {right}): {}", rule.name, rule.why)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Fails on a rule that explains nothing.
pub(super) fn all_needed(ruled: &Ruled) {
    let idle: Vec<&str> =
        RULES.iter().map(|rule| rule.name).filter(|name| !ruled.contains_key(name)).collect();
    assert!(idle.is_empty(), "rules that explain nothing any more: {idle:?}");
}
