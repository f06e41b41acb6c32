"""A supervisor in a process of its own, which can be killed. Its arguments: the settings as JSON, and whether the broker
is its own. It prints the process ids of its parts once all are up.
"""

from __future__ import annotations

import json
import signal
import sys
import threading

from fault_place import quickened

from server.supervisor import Supervisor
from store.settings import Settings

supervisor = Supervisor(
    Settings.model_validate_json(sys.argv[1]), workers=2, embedded_queue=sys.argv[2] == "embedded"
)
quickened(supervisor)
asked_to_end = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: asked_to_end.set())
try:
    supervisor.start()
    print(json.dumps({part.name: part.process.pid for part in supervisor.parts}), flush=True)
    while not asked_to_end.wait(0.2):
        pass
finally:
    supervisor.stop()
