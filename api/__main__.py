"""`python -m api`: the api process, set up by the environment."""

from __future__ import annotations

import uvicorn

from api.app import create_app
from store.settings import Settings


def main() -> None:
    settings = Settings()
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, access_log=False)


if __name__ == "__main__":
    main()
