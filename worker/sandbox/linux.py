"""The few system calls that Python does not offer, by number (x86-64) and with checked results."""

from __future__ import annotations

import ctypes
import os
import struct

_LIBC = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x20000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 4, 38, 24
_SYS_CAPSET, _SYS_PIVOT_ROOT, _SYS_SECCOMP = 126, 155, 317
_SYS_MOUNT_SETATTR, _AT_RECURSIVE = 442, 0x8000
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4
_SYS_LANDLOCK_CREATE, _SYS_LANDLOCK_ADD, _SYS_LANDLOCK_RESTRICT = 444, 445, 446
_M_ARENA_MAX = -8
_CAPABILITY_VERSION_3 = 0x20080522


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int) -> int:
    return _checked(_LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl({option})")


def bound_arenas(most: int) -> None:
    """Pools that malloc keeps for threads: glibc makes up to eight for each processor, and keeps them."""
    _LIBC.mallopt(_M_ARENA_MAX, most)


def unshare(flags: int) -> None:
    _checked(_LIBC.unshare(flags), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    encoded = [None if text is None else text.encode() for text in (source, target, kind, options)]
    result = _LIBC.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])
    _checked(result, f"mount {source or kind} on {target}")


def mount_read_only(target: str) -> None:
    """Make `target` and every mount below it read-only, without set-uid programs and device nodes."""
    attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV, 0, 0, 0)
    result = _LIBC.syscall(
        _SYS_MOUNT_SETATTR, -1, target.encode(), _AT_RECURSIVE, attributes, ctypes.c_size_t(len(attributes))
    )
    _checked(result, f"mount_setattr {target}")


def unmount(target: str, flags: int) -> None:
    _checked(_LIBC.umount2(target.encode(), flags), f"umount {target}")


def pivot_root(new_root: str, put_old: str) -> None:
    _checked(_LIBC.syscall(_SYS_PIVOT_ROOT, new_root.encode(), put_old.encode()), "pivot_root")


def drop_all_capabilities() -> None:
    """Empty the bounding set first: dropping from it needs the effective CAP_SETPCAP that capset removes."""
    for capability in range(64):
        if _LIBC.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_LIBC.syscall(_SYS_CAPSET, header, bytes(24)), "capset")


def landlock_abi() -> int:
    """Version of Landlock in this kernel; 0 where there is none."""
    return max(0, int(_LIBC.syscall(_SYS_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)))


# Access rights of Landlock ABI 6: file system bits 0-15, network bits 0-1, scopes bits 0-1.
_FS_ALL, _NET_ALL, _SCOPE_ALL = (1 << 16) - 1, 3, 3
_FS_READ = (1 << 0) | (1 << 2) | (1 << 3)  # execute, read file, read directory
_FS_REWRITE = (1 << 1) | (1 << 14)  # write to a file that is there, truncate it


def landlock(*, read_only: list[str], writable: list[str], rewritable: tuple[str, ...] = ()) -> None:
    """Forbid every file, TCP port, abstract socket and outside signal but these trees.

    `writable` holds for device nodes and their ioctls too. Of `rewritable`, files that are there may be
    written; to be read they must be in `read_only` as well.

    Raises OSError where the kernel lacks any of it (ABI 6, Linux 6.12): the jail fails closed.
    """
    attributes = struct.pack("QQQ", _FS_ALL, _NET_ALL, _SCOPE_ALL)
    ruleset = _checked(
        _LIBC.syscall(_SYS_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0),
        "landlock_create",
    )
    for paths, access in ((read_only, _FS_READ), (writable, _FS_ALL), (rewritable, _FS_REWRITE)):
        for path in paths:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = struct.pack("<Qi", access, descriptor)
            _checked(_LIBC.syscall(_SYS_LANDLOCK_ADD, ruleset, 1, rule, 0), f"landlock rule for {path}")
            os.close(descriptor)
    _checked(_LIBC.syscall(_SYS_LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict")
    os.close(ruleset)


def load_seccomp(program: bytes) -> None:
    """Install a compiled filter (an array of struct sock_filter) on this thread and all that follow."""
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    _checked(_LIBC.syscall(_SYS_SECCOMP, 1, 0, header), "seccomp")
