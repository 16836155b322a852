use std::net::UdpSocket;
use std::time::Duration;

use super::*;

#[test]
fn refusals_say_what_to_run() {
    let text =
        |words: &str| refused("eth 0", &pcap::Error::PcapError(words.to_owned())).to_string();
    let denied = text("You don't have permission to perform this capture on that device");
    assert!(denied.starts_with("cannot capture on eth 0: You don't have permission"), "{denied}");
    let program = std::env::current_exe().unwrap().display().to_string();
    assert!(
        denied.contains(&format!("sudo setcap cap_net_raw,cap_net_admin=eip {program}\n")),
        "{denied}"
    );
    assert!(denied.ends_with(&format!("sudo {program} --iface 'eth 0'")), "{denied}");
    assert!(text("eth0: That device is not up").contains("ip link set dev 'eth 0' up"));
    assert!(text("something else").contains("--list-interfaces"));
    assert_eq!(quoted("it's"), r"'it'\''s'");
}

#[test]
fn a_device_that_is_not_there() {
    let Err(error) = Live::open(&Settings::new("nosuchdevice0")) else { panic!("opened") };
    let text = error.to_string();
    assert!(text.starts_with("cannot capture on nosuchdevice0: "), "{text}");
    assert!(text.contains("The devices that are up: ") || text.contains("setcap"), "{text}");
}

/// Listens to the loopback device; where that is not allowed, the refusal is what is tested.
fn listen(settings: &Settings) -> Option<Live> {
    match Live::open(settings) {
        Ok(live) => Some(live),
        Err(error) => {
            assert!(error.to_string().contains("sudo setcap"), "{error}");
            println!("not allowed to capture on lo: only the refusal was tested");
            None
        }
    }
}

fn loopback(filter: String) -> Settings {
    Settings { filter: Some(filter), ..Settings::new("lo") }
}

#[test]
fn packets_of_the_loopback_come_in_order_until_the_stop() {
    let to = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = to.local_addr().unwrap().port();
    let Some(mut live) = listen(&loopback(format!("udp port {port}"))) else { return };
    assert!(matches!(live.next_record(), Ok(Some(Record::Idle))), "a quiet link wakes us up");
    let from = UdpSocket::bind("127.0.0.1:0").unwrap();
    let stop = live.stop_handle();
    let sender = thread::spawn(move || {
        for n in 0..1000u16 {
            from.send_to(&n.to_be_bytes(), to.local_addr().unwrap()).unwrap();
        }
        // at once: the last packets still lie in the kernel's buffer
        stop.stop();
    });
    let mut seen = Vec::new();
    while let Some(record) = live.next_record().unwrap() {
        if let Record::Packet(packet) = record {
            assert_eq!(packet.link, LinkType::ETHERNET);
            assert_eq!(packet.frame.0, seen.len() as u64 + 1);
            let [.., high, low] = packet.data[..] else { panic!("no payload") };
            seen.push(u16::from_be_bytes([high, low]));
        }
    }
    sender.join().unwrap();
    let all: Vec<u16> = (0..1000).collect();
    assert_eq!(seen, all);
    assert!(matches!(live.next_record(), Ok(None)), "the end is the end");
    let summary = live.summary();
    assert_eq!(summary.damage, []);
    assert_eq!(summary.interfaces[0].dropped, Some(0));
    assert!(summary.interfaces[0].received >= Some(1000));
}

#[test]
fn so_many_packets_and_no_more() {
    let to = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = to.local_addr().unwrap().port();
    let settings = Settings { count: Some(3), ..loopback(format!("udp port {port}")) };
    let Some(mut live) = listen(&settings) else { return };
    for _ in 0..10 {
        to.send_to(b"x", to.local_addr().unwrap()).unwrap();
    }
    let mut packets = 0;
    while let Some(record) = live.next_record().unwrap() {
        packets += u32::from(matches!(record, Record::Packet(_)));
    }
    assert_eq!(packets, 3);
}

#[test]
fn a_capture_that_is_dropped_leaves_no_thread() {
    let Some(mut live) = listen(&loopback("udp".to_owned())) else { return };
    assert!(live.next_record().is_ok());
    let stop = live.stop_handle();
    drop(live);
    stop.stop();
    thread::sleep(Duration::from_millis(1));
}

#[test]
fn a_bad_filter_is_the_filters_fault() {
    let Err(error) = Live::open(&loopback("port htp".to_owned())) else { panic!("opened") };
    let text = error.to_string();
    assert!(text.starts_with("filter `port htp`") || text.contains("setcap"), "{text}");
}
