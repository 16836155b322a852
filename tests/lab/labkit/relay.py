"""A cable with delay and faults: carries frames between two interfaces of its namespace.

Run as a program.  It does what the kernel's netem would do, because many kernels come without
netem, and because here the faults come from a seeded generator for each direction: the n-th frame
of a direction meets the same fate in every run.  One frame can be named that is lost for certain,
or that others overtake, or a UDP port that nothing comes through to.
"""

import argparse
import heapq
import random
import select
import socket
import time

ALL_PROTOCOLS = 0x0003
PACKET_OUTGOING = 4
LARGEST_FRAME = 65600
ARP = b"\x08\x06"
LARGE = 1400                            # bytes: a frame with a full segment has more
IPV4, UDP = b"\x08\x00", 17
OVERTAKEN_BY = 2                        # large frames: a third would make a sender repeat it


class Direction:
    """One way through the cable: frames wait in a heap until they are due."""

    def __init__(self, source, target, options, seed, kbit, lose_large=0, late_large=0):
        self.source, self.target, self.options = source, target, options
        self.lose_large, self.late_large, self.large = lose_large, late_large, 0
        self.held, self.to_pass = None, 0
        self.bytes_a_second, self.free_at = kbit * 125, 0.0
        self.chance = random.Random(seed)
        self.waiting = []
        self.count = 0

    def take(self):
        """Take what has arrived and decide when, and how often, it leaves."""
        while True:
            try:
                frame, origin = self.source.recvfrom(LARGEST_FRAME)
            except OSError:
                return                      # nothing more, or the interface is going down
            if origin[2] != PACKET_OUTGOING:
                self._plan(frame, time.monotonic())

    def _plan(self, frame, now):
        options = self.options
        lost, late, twice = (self.chance.random() for _ in range(3))
        if frame[12:14] == ARP:
            lost = late = twice = 1.0       # a lost ARP stalls a whole second and shows nothing new
        large = len(frame) > options.large
        self.large += large
        if lost < options.loss or large and self.large == self.lose_large:
            return
        if options.lose_udp and udp_port(frame) == options.lose_udp:
            return
        if self.bytes_a_second:             # what came before has to be through
            now = self.free_at = max(now, self.free_at) + len(frame) / self.bytes_a_second
        due = now + options.delay_ms / 1000
        if large and self.large == self.late_large:
            self.held, self.to_pass = frame, OVERTAKEN_BY
            return
        if late < options.reorder:
            due += options.reorder_ms / 1000
        self._queue(due, frame)
        if twice < options.duplicate:
            self._queue(due + 0.0005, frame)
        if self.held is not None and large:
            self.to_pass -= 1
            if self.to_pass == 0:
                self._queue(due, self.held)
                self.held = None

    def _queue(self, due, frame):
        self.count += 1
        heapq.heappush(self.waiting, (due, self.count, frame))

    def give(self):
        """Send what is due."""
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            frame = heapq.heappop(self.waiting)[2]
            try:
                self.target.send(frame)
            except OSError:
                pass                        # the other end is going down: a cable does not care


def udp_port(frame):
    """The port that a datagram over IPv4 goes to, or None for other frames."""
    if frame[12:14] != IPV4 or frame[23] != UDP:
        return None
    start = 14 + 4 * (frame[14] & 15)
    return int.from_bytes(frame[start + 2:start + 4], "big")


def open_device(name):
    device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    device.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    device.bind((name, ALL_PROTOCOLS))
    device.setblocking(False)
    return device


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("left")
    parser.add_argument("right")
    parser.add_argument("--delay-ms", type=float, default=10.0)
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--reorder", type=float, default=0.0)
    parser.add_argument("--reorder-ms", type=float, default=8.0)
    parser.add_argument("--duplicate", type=float, default=0.0)
    parser.add_argument("--large", type=int, default=LARGE, metavar="BYTES",
                        help="a frame with more bytes is a large one")
    parser.add_argument("--lose-udp", type=int, default=0, metavar="PORT",
                        help="lose every datagram to that port")
    parser.add_argument("--lose-large", type=int, default=0, metavar="N",
                        help="lose the N-th large frame from right to left, and no other")
    parser.add_argument("--late-large", type=int, default=0, metavar="N",
                        help="let two large frames overtake the N-th one from right to left")
    parser.add_argument("--up-kbit", type=float, default=0.0, metavar="KBIT",
                        help="let no more through from left to right in a second; 0: no limit")
    parser.add_argument("--down-kbit", type=float, default=0.0, metavar="KBIT")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    left, right = open_device(options.left), open_device(options.right)
    ways = {
        left: Direction(left, right, options, options.seed, options.up_kbit),
        right: Direction(right, left, options, options.seed + 1, options.down_kbit,
                         options.lose_large, options.late_large),
    }
    print("ready", flush=True)
    while True:
        due = [way.waiting[0][0] for way in ways.values() if way.waiting]
        pause = max(0.0, min(due) - time.monotonic()) if due else None
        readable, _, _ = select.select(list(ways), [], [], pause)
        for device in readable:
            ways[device].take()
        for way in ways.values():
            way.give()


if __name__ == "__main__":
    main()
