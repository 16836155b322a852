"""Capturing at the client, where a user of the tool would, with the tools a user would have."""

import re
import signal
import subprocess
import threading

from . import pcapng
from .shell import LabError, end, wait_until

TOOLS = {
    # name of a format: command, what it says when it captures, the ending of its file
    "pcap": (["tcpdump", "-Z", "root", "-n", "-U", "-s", "0", "-B", "8192"], "listening on", "pcap"),
    "pcap-nano": (["tcpdump", "-Z", "root", "-n", "-U", "-s", "0", "-B", "8192",
                   "--time-stamp-precision=nano"], "listening on", "pcap"),
    "pcapng": (["dumpcap", "-q", "-B", "8"], "File: ", "pcapng"),
}


class Capture:
    """A running capture program; `stop` tells how many packets it says it has taken."""

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

    def _listen(self):
        for line in self.program.stderr:
            self.said.append(line.strip())

    def _ready(self):
        if self.program.poll() is not None:
            raise LabError(f"capture ended at once: {self.said}")
        return any(self.ready_words in line for line in self.said)

    def stop(self):
        """End the capture as a user does, with an interrupt, and refuse one that lost packets."""
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
