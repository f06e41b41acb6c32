# Memory that belongs to no process alone: mapped shared in children, who give the mapping on and die.
import mmap
import os

MIB = 1024 * 1024


def train(lab):
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 32 * MIB, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS))
        child = os.fork()
        if child == 0:
            for start in range(0, 32 * MIB, 4096):
                kept[-1][start] = 1
            os._exit(0)
        os.waitpid(child, 0)
