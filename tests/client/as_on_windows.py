"""`python as_on_windows.py ARGUMENTS`: the command line where nothing is that only POSIX systems have.

Not Windows: the modules and functions that it lacks are taken away, `os.name` and `sys.platform` stay.
"""

from __future__ import annotations

import importlib.abc
import os
import signal
import sys

LACKING = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty", "syslog", "curses", "readline"}
FUNCTIONS = ("fork", "forkpty", "geteuid", "getuid", "getgid", "getegid", "killpg", "setsid", "chown", "mkfifo", "uname")
SIGNALS = ("SIGKILL", "SIGALRM", "SIGHUP", "SIGUSR1", "SIGWINCH", "SIGPIPE", "alarm", "pause")


class Lacks(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in LACKING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main():
    # What Python itself has loaded at its start stays; what comes now is asked for anew.
    for name in LACKING - {"posix"}:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Lacks())
    for name in FUNCTIONS:
        vars(os).pop(name, None)
    for name in SIGNALS:
        vars(signal).pop(name, None)
    from client.cli import run

    run()


main()
