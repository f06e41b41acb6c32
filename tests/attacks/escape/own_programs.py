# Run a program that I brought along: from the scratch folder, through the loader, or from memory alone.
import ctypes
import mmap
import os
import shutil
import struct
import subprocess
import sys

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
MEMFD_CREATE, EXECVEAT, MPROTECT = 319, 322, 10
AT_EMPTY_PATH = 0x1000
# A whole program: write(1, ...), exit(0).
TEXT = b"uid=mine\n"
CODE = bytes.fromhex("b801000000 bf01000000 488d3510000000 ba") + len(TEXT).to_bytes(4, "little") + bytes.fromhex("0f05 b83c000000 31ff 0f05") + TEXT
PROGRAM = (b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
           + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120 + len(CODE), 120 + len(CODE), 4096) + CODE)  # fmt: skip


def attempt(what, action):
    try:
        print("DONE", what, action(), flush=True)
    except (OSError, subprocess.SubprocessError) as error:
        print("REFUSED", what, error, flush=True)


def run(*command, **options):
    """Whose exit status says that it really ran."""
    ran = subprocess.run(command, capture_output=True, timeout=3, check=True, **options)
    return ran.stdout[:40]


def in_child(call):
    """Fork, and become the program: b"uid=..." on the pipe if that works."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 1)
        call()
        os._exit(77)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    if not said:
        raise OSError(f"ended with {status}")
    return said[:40]


def executable_mapping(path):
    with open(path, "rb") as stream:
        mmap.mmap(stream.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
    return "mapped"


def made_executable(path):
    with open(path, "rb") as stream:
        page = mmap.mmap(stream.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    if libc.syscall(MPROTECT, ctypes.c_long(address), ctypes.c_long(4096), 5) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "executable"


def train(lab):
    with open("mine", "wb") as out:
        out.write(PROGRAM.ljust(8192, b"\0"))
    shutil.copy(torch._C.__file__, "mine.so")
    with open("script", "w") as out:
        out.write("#!/proc/self/exe\nprint('uid=script')\n")
    for name in ("mine", "mine.so", "script"):
        os.chmod(name, 0o755)
    attempt("a program in the scratch folder", lambda: run("/scratch/mine"))
    attempt("the same by a link of /proc", lambda: run("/proc/self/cwd/mine"))
    attempt("a script in the scratch folder", lambda: run("/scratch/script"))
    for loader in ("/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"):
        attempt("a library through the loader", lambda: run(loader, "/scratch/mine.so"))
    attempt("a library of mine", lambda: ctypes.CDLL("/scratch/mine.so"))
    attempt("map a file to be executed", lambda: executable_mapping("mine"))
    attempt("make a mapped file executable", lambda: made_executable("mine"))
    attempt("preload into another program", _preloaded)
    for what, flags in (("memory", 0), ("memory that may be executed", 0x10)):
        descriptor = libc.syscall(MEMFD_CREATE, b"mine", flags)
        if descriptor == -1:
            print("REFUSED", f"a file in {what}", os.strerror(ctypes.get_errno()))
            continue
        os.write(descriptor, PROGRAM)
        arguments = (ctypes.c_char_p * 2)(b"mine", None)
        attempt(f"a program in {what}", lambda: in_child(lambda: libc.syscall(EXECVEAT, descriptor, b"", arguments, None, AT_EMPTY_PATH)))
        attempt(f"a program in {what} by its link", lambda: in_child(lambda: os.execv(f"/proc/self/fd/{descriptor}", ["mine"])))
        attempt(f"a program in {what}, fexecve", lambda: in_child(lambda: libc.fexecve(descriptor, arguments, (ctypes.c_char_p * 1)(None))))
    return torch.nn.Linear(4, 3)


def _preloaded():
    """The loader complains, and goes on, where it may not map the library."""
    ran = subprocess.run([sys.executable, "-c", "0"], env={"LD_PRELOAD": "/scratch/mine.so"}, capture_output=True, timeout=3, check=True)
    if b"cannot be preloaded" in ran.stderr or b"mapped" in ran.stderr:
        raise OSError(ran.stderr.decode().strip())
    return ran.stdout[:40]
