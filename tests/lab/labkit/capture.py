"""Capturing at the client, where a user of the tool would, with the tools a user would have."""

import re
import signal
import subprocess
import threading

from . import pcapng
from .shell import LabError, end, run, wait_until

TOOLS = {
    # name of a format: command, what it says when it captures, the ending of its file
    "pcap": (["tcpdump", "-Z", "root", "-n", "--immediate-mode", "-U"], "listening on", "pcap"),
    "pcap-nano": (["tcpdump", "-Z", "root", "-n", "--immediate-mode", "-U",
                   "--time-stamp-precision=nano"], "listening on", "pcap"),
    # for hundreds of megabytes, which need a larger buffer before the disk
    "pcap-bulk": (["tcpdump", "-Z", "root", "-n", "-U", "-B", "131072"], "listening on", "pcap"),
    "pcapng": (["dumpcap", "-q"], "File: ", "pcapng"),
}


class Capture:
    """A running capture program."""

    def __init__(self, network, form, folder):
        command, self.ready_words, ending = TOOLS[form]
        self.path = folder / f"capture.{ending}"
        self.said = []
        self.program = network.start(
            "client", *command, "-i", network.client_device, "-w", self.path,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        wait_until(self._ready, f"{command[0]} to capture")
        self.network = network
        self.before = self._passed()

    def _listen(self):
        for line in self.program.stderr:
            self.said.append(line.strip())

    def _ready(self):
        if self.program.poll() is not None:
            raise LabError(f"capture ended at once: {self.said}")
        return any(self.ready_words in line for line in self.said)

    def _passed(self):
        """How many packets the device says have passed it."""
        names = ("rx_packets", "tx_packets")
        folder = f"/sys/class/net/{self.network.client_device}/statistics"
        text = self.network.run("client", "cat", *(f"{folder}/{name}" for name in names))
        return sum(int(number) for number in text.split())

    def _complete(self):
        """Whether the file holds every packet that has passed the device."""
        text = run("capinfos", "-rTcM", self.path, check=False)
        found = re.search(r"\t(\d+)\s*$", text)
        return found and int(found.group(1)) >= self._passed() - self.before

    def stop(self):
        """End the capture as a user does, with an interrupt, and refuse one that lost packets."""
        # The kernel hands packets over in blocks; an interrupt loses the one that is not full.
        wait_until(self._complete, "the last packets to be written", every=0.2)
        end(self.program, signal.SIGINT)
        self.listener.join(5)
        text = "\n".join(self.said)
        dropped = re.search(r"(\d+) packets dropped by kernel", text)
        if dropped is None:
            dropped = re.search(r"received/dropped on interface .*: \d+/(\d+)", text)
        if dropped is None or int(dropped.group(1)) != 0:
            raise LabError(f"the capture is not complete: {self.said}")
        if self.path.suffix == ".pcapng":
            pcapng.strip(self.path)
        return self.path
