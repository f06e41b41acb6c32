# Die as a library does that has lost its mind, with a dump of everything.
import faulthandler
import os
import resource


def train(lab):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print("DONE core limit")
    except (OSError, ValueError) as error:
        print("REFUSED core limit", error, flush=True)
    faulthandler.enable(all_threads=True)
    os.abort()
