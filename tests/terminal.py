"""A command in a pseudo-terminal: what a person sees while it runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")


class Terminal:
    """`shown`: all that was ever written; `text`: that without what moves the cursor and colours."""

    def __init__(self, command, *, environment, folder, columns=100, rows=40):
        self.shown = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def text(self):
        return _SEQUENCES.sub("", self.shown.decode("utf-8", "replace")).replace("\r\n", "\n")

    def wait_for(self, words, seconds=30):
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < deadline, f"{words!r} was never shown:\n{self.text}"
            assert self._read(0.1) or words in self.text, f"it ended without {words!r}:\n{self.text}"

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self, seconds=30):
        """Its exit status, when it has ended by itself."""
        deadline = time.monotonic() + seconds
        while self._read(0.1):
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError(f"it did not end:\n{self.text}")
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.master)
        return status

    def _read(self, seconds):
        """False: nothing more will come."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            with contextlib.suppress(OSError):  # Linux says so when the last writer is gone
                data = os.read(self.master, 65536)
                self.shown += data
                return bool(data)
            return False
        return True
