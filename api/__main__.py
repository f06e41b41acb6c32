"""`python -m api`: the api process, set up by the environment."""

from __future__ import annotations

import sys

import uvicorn

from api.app import create_app
from api.dashboard.assets import MissingAssetsError
from store.logs import set_up_logs
from store.settings import Settings


def main() -> None:
    set_up_logs()
    settings = Settings()
    try:
        app = create_app(settings)
    except MissingAssetsError as error:
        sys.exit(str(error))
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False)


if __name__ == "__main__":
    main()
