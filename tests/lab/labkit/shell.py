"""Running other programs: one place that decides what counts as failure.

Every program of the lab runs inside a network namespace, so that its packets cannot leave the lab
and so that the namespace can name all the processes that still have to be ended.
"""

import os
import signal
import subprocess
import time


class LabError(Exception):
    """The lab could not do what it was asked; the message says what and why."""


def run(*command, check=True, timeout=60, **options):
    """Run a command to its end and return its standard output."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, **options)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(words)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def wait_until(condition, what, timeout=20.0, every=0.02):
    """Wait for a condition instead of for a time; say what was awaited when it never came."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout:g} s for {what}")
        time.sleep(every)


def raise_on_signals():
    """Turn the usual ending signals into an exception, so that `finally` blocks clean up."""

    def stop(number, _frame):
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)


def end(process, number=signal.SIGTERM, timeout=10.0):
    """Ask a child to stop, and insist when it does not."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def alive(pid):
    """Whether a process of that number exists."""
    return os.path.exists(f"/proc/{pid}")
