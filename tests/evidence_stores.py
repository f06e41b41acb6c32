"""Evidence stores for tests: a folder, and a bucket behind moto's server, which speaks S3 over HTTP."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from pathlib import Path

from moto.server import ThreadedMotoServer

from server.demo import free_port
from store.evidence_objects import ObjectStore
from store.settings import Settings

KINDS = ("file", "s3")
# Every request is a line of its log.
logging.getLogger("werkzeug").setLevel(logging.WARNING)
BUCKET = "labmark-evidence"


class Folder:
    def __init__(self, folder):
        self.folder = Path(folder) / "evidence"
        self.folder.mkdir()
        self.url, self.options = f"file://{self.folder}", {}

    @contextmanager
    def away(self):
        """As a share that is not mounted."""
        hidden = self.folder.with_name("hidden")
        self.folder.rename(hidden)
        yield
        hidden.rename(self.folder)


class Bucket:
    """Below a prefix of a bucket. A store that is away refuses connections."""

    def __init__(self):
        self.port = free_port()
        self.url = f"s3://{BUCKET}/lab/one"
        self.options = {
            "key": "a-key",
            "secret": "a-secret",
            "endpoint_url": f"http://127.0.0.1:{self.port}",
            "client_kwargs": {"region_name": "eu-central-1"},
            "config_kwargs": {"connect_timeout": 2, "read_timeout": 5, "retries": {"max_attempts": 1}},
        }
        self._start()
        files = self.store()._fs
        if files.exists(BUCKET):
            # The buckets of one process are those of all of its servers.
            files.rm(BUCKET, recursive=True)
        files.mkdir(BUCKET)

    def _start(self):
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()

    def stop(self):
        self._server.stop()
        self._server._server.server_close()

    @contextmanager
    def away(self):
        self.stop()
        yield
        self._start()


class Store:
    """What both have: the places, and harm."""

    def store(self):
        return ObjectStore.of(self.settings())

    def settings(self, **more):
        return Settings(evidence_store=self.url, evidence_store_options=self.options, **more)

    def environment(self, folder):
        """As an operator sets it: the secrets in a file."""
        file = Path(folder) / "evidence-options.json"
        file.write_text(json.dumps(self.options))
        return {"LABMARK_EVIDENCE_STORE": self.url, "LABMARK_EVIDENCE_STORE_OPTIONS_FILE": str(file)}

    def places(self):
        store = self.store()
        root = store._opened[1]
        return sorted(path[len(root) + 1 :] for path in store._fs.find(root))

    def damage(self, place):
        store = self.store()
        whole = store.get(place)
        store._fs.pipe_file(store._path(place), whole[:-1] + bytes([whole[-1] ^ 1]))

    def lose(self, place):
        self.store().remove(place)


class FolderStore(Folder, Store): ...


class BucketStore(Bucket, Store): ...


@contextmanager
def evidence_store(kind, folder):
    if kind == "file":
        yield FolderStore(folder)
        return
    store = BucketStore()
    try:
        yield store
    finally:
        store.stop()
