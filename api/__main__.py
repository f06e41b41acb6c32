"""`python -m api`: the api process, set up by the environment."""

from __future__ import annotations

import gc
import logging
import sys

import uvicorn

from api.app import create_app
from api.dashboard.assets import MissingAssetsError
from store.logs import set_up_logs
from store.settings import Settings


def main() -> None:
    settings = Settings()
    set_up_logs(settings.log_format)
    # Of uvicorn: what it says of starting and ending.
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    try:
        app = create_app(settings)
    except MissingAssetsError as error:
        sys.exit(str(error))
    # What is here now stays to the end: a page of a thousand rows need not have it looked through again.
    gc.collect()
    gc.freeze()
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False, log_config=None)


if __name__ == "__main__":
    main()
