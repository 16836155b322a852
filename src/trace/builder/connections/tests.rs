use super::*;
use crate::flow::event::{Closed, Counters, EndReason, FlowKey, Role};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::report::fixture::{at, end_of};

/// The connections that these events make, each of a flow, and those who are refused afterwards.
fn played(events: Vec<(u64, ConnectionEvent)>, refused: &[u16]) -> Trace {
    let limits = Limits::default();
    let (mut trace, mut bounds, mut all) =
        (Trace::default(), Bounds::new(&limits), Connections::default());
    let known = (Lookups::default(), Configurations::default());
    let mut completed = Vec::new();
    for (flow, event) in events {
        let flow = FlowId(FrameNo(flow));
        let place = Place { at: at(1_000, flow.0.0), flow, completed: &mut completed };
        all.event(&mut trace, &mut bounds, (&known.0, &known.1), place, event);
    }
    for port in refused {
        let about = Quoted {
            protocol: 17,
            source: end_of("192.0.2.1", *port),
            destination: end_of("192.0.2.2", 443),
            has_ports: true,
        };
        let refusal = Refusal {
            at: at(2_000, 90),
            from: [192, 0, 2, 2].into(),
            reason: format!("of port {port}"),
            mtu: None,
        };
        let flow = FlowId(at(2_000, 90).frame);
        let place = Place { at: at(2_000, 90), flow, completed: &mut completed };
        all.refused(&mut trace, &mut bounds, place, &about, &refusal);
    }
    trace
}

fn opened(port: u16) -> ConnectionEvent {
    let (client, server) = (end_of("192.0.2.1", port), end_of("192.0.2.2", 443));
    let key = FlowKey::between(Transport::Udp, Encapsulation::default(), client, server);
    ConnectionEvent::Opened(Box::new(Opened {
        key,
        client,
        server,
        role: Role::Port,
        macs: None,
        first_to_server: true,
        ttl: 64,
    }))
}

fn closed() -> ConnectionEvent {
    ConnectionEvent::Closed(Box::new(Closed {
        reason: EndReason::Idle,
        first_close: None,
        states: None,
        measures: None,
        last: at(1_500, 80),
        counters: PerDirection::default(),
        frames: Frames::default(),
    }))
}

fn refusals(trace: &Trace) -> Vec<&str> {
    let all = trace.connections.iter().flat_map(|connection| &connection.refusals);
    all.map(|refusal| refusal.reason.as_str()).collect()
}

#[test]
fn a_flow_that_joins_a_connection_is_none_of_its_own_and_its_refusals_are_that_ones() {
    let to = FlowId(FrameNo(1));
    let events = || {
        vec![
            (1, opened(50_001)),
            (1, ConnectionEvent::Protocol("quic")),
            (9, opened(50_002)),
            (9, ConnectionEvent::Joined(to)),
        ]
    };
    let trace = played(events(), &[50_002, 50_001, 50_003]);
    assert_eq!(trace.connections.len(), 1);
    assert_eq!(refusals(&trace), ["of port 50002", "of port 50001"]);
    let over = [events(), vec![(1, closed())]].concat();
    let trace = played(over, &[50_002, 50_001]);
    assert!(refusals(&trace).is_empty(), "the connection is over");
}

#[test]
fn what_came_on_all_ways_is_of_the_connection() {
    let to = FlowId(FrameNo(1));
    let over = |last: u64, up: u64, down: u64| {
        let counted = |packets| Counters { packets, bytes: 100 * packets, ..Counters::default() };
        let ConnectionEvent::Closed(mut closed) = closed() else { panic!("it is over") };
        closed.last = at(1_000 + last.cast_signed(), last);
        closed.counters = PerDirection { to_server: counted(up), to_client: counted(down) };
        closed.frames = [FrameNo(last - 1), FrameNo(last)].into_iter().collect();
        ConnectionEvent::Closed(closed)
    };
    // the server is the first to send on the second way
    let turned = |event| match event {
        ConnectionEvent::Opened(mut opened) => {
            (opened.client, opened.server) = (opened.server, opened.client);
            ConnectionEvent::Opened(opened)
        }
        other => other,
    };
    let trace = played(
        vec![
            (1, opened(50_001)),
            (1, ConnectionEvent::Protocol("quic")),
            (9, opened(50_002)),
            (9, ConnectionEvent::Joined(to)),
            (20, turned(opened(50_003))),
            (20, ConnectionEvent::Joined(to)),
            (9, over(30, 3, 4)),
            (20, over(25, 60, 50)),
            (1, over(8, 1, 2)),
        ],
        &[],
    );
    let [connection] = trace.connections.as_slice() else { panic!("one connection") };
    let PerDirection { to_server, to_client } = &connection.counters;
    assert_eq!((to_server.packets, to_client.packets), (1 + 3 + 50, 2 + 4 + 60));
    assert_eq!((to_server.bytes, to_client.bytes), (5_400, 6_600));
    let frames: Vec<u64> = connection.frames.iter().map(|frame| frame.0).collect();
    assert_eq!(frames, [7, 8, 24, 25, 29, 30]);
    assert_eq!(connection.last.frame.0, 30);
}

#[test]
fn a_flow_that_joins_what_is_not_there_is_forgotten() {
    let to = FlowId(FrameNo(7));
    let events = vec![(9, opened(50_002)), (9, ConnectionEvent::Joined(to)), (9, closed())];
    let trace = played(events, &[50_002]);
    assert!(trace.connections.is_empty());
}
