"""Everything an operator can set, from LABMARK_* variables, and from DATABASE_URL and REDIS_URL.

Whatever an environment should not hold may lie in a file of the variable's name, in a folder of
LABMARK_SECRETS (several with a colon between them). A variable goes before a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from store.logs import LogFormat  # noqa: TC001 - pydantic reads it at run time

MIB = 1024 * 1024
# Whoever listens between us and the provider could say that they are anybody.
_HTTPS_OR_OWN_MACHINE = r"^(https://|http://(127\.0\.0\.1|localhost)(:\d+)?(/|$))[^\s?#]*$"


class Settings(BaseSettings):
    # An empty variable is one that is not set: compose files hand over whatever .env says, or nothing.
    model_config = SettingsConfigDict(
        env_prefix="LABMARK_", env_ignore_empty=True, populate_by_name=True, extra="ignore"
    )

    database_url: str = Field(
        default="sqlite:///var/labmark.sqlite3",
        validation_alias=AliasChoices("LABMARK_DATABASE_URL", "DATABASE_URL"),
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0", validation_alias=AliasChoices("LABMARK_REDIS_URL", "REDIS_URL")
    )
    data_dir: Path = Path("var")
    runner_socket: Path = Path("var/run/runner.sock")

    # A lease outlives three missed heartbeats, so one slow disk flush does not give the run away.
    lease_s: float = Field(default=60, gt=0)
    heartbeat_s: float = Field(default=15, gt=0)
    max_attempts: int = Field(default=3, ge=1)
    # How many repeats of one run train side by side; the runner has as many slots for all runs together.
    jails_at_once: int = Field(default=os.cpu_count() or 1, ge=1)
    # Longer than any sandbox limit plus its grace: Redis would hand a still running task out again.
    visibility_timeout_s: int = Field(default=6 * 3600, ge=60)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    # Behind TLS the cookie must not travel in the clear; a teacher's own machine has no TLS.
    secure_cookies: bool = False
    # As people reach it: https://labmark.example.org. For links that are given out; None: as it is asked.
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+(/[^\s]*)?$")
    # Signing in at an OpenID provider: all three, or none. docs/operations.md says the rest.
    oidc_issuer: str | None = Field(default=None, pattern=_HTTPS_OR_OWN_MACHINE)
    oidc_client_id: str | None = None
    oidc_client_secret_file: Path | None = None
    oidc_name: str = Field(default="OpenID", max_length=40)  # on the button
    # Whether the provider's word for an address is enough to be let into the account with it.
    oidc_link_by_email: bool = False
    oidc_create_accounts: bool = False
    max_upload_bytes: int = Field(default=MIB, ge=1024)
    # Of a notebook, the code; and the whole file with its outputs, mostly pictures, which go unread.
    max_notebook_bytes: int = Field(default=MIB, ge=1024)
    max_notebook_file_bytes: int = Field(default=8 * MIB, ge=1024)
    # Past this many runs that students wait for, a submission is answered 429 with Retry-After.
    max_queued_runs: int = Field(
        default=5000, ge=1, validation_alias=AliasChoices("LABMARK_MAX_QUEUED", "LABMARK_MAX_QUEUED_RUNS")
    )

    # Touched whenever a worker or beat has told Redis that it is there: health checks ask its age.
    alive_file: Path | None = None
    # How many requests one token may make at once, and then each second. A page asks every two seconds, a
    # command line that waits twice a second at most; a script of staff reads 20 reports a second with that.
    limit_requests: bool = True
    requests_burst: int = Field(default=600, ge=1)
    requests_per_s: float = Field(default=20, gt=0)
    # The same of an address, for whoever has not shown who they are: 300 students who sign in from one room
    # within a minute make three requests each until they have.
    stranger_requests_burst: int = Field(default=1500, ge=1)
    stranger_requests_per_s: float = Field(default=15, gt=0)

    # None: console at a terminal, else json.
    log_format: LogFormat | None = None
    # What whoever reads /metrics sends as its bearer token. None: nobody reads it.
    metrics_token: SecretStr | None = Field(default=None, min_length=16)

    # None keeps everything. Logs go that many days after their run, evidence only where no grade rests on it:
    # see store/retention.py.
    retain_logs_days: float | None = Field(default=None, gt=0)
    retain_evidence_days: float | None = Field(default=None, gt=0)

    # Where beat moves evidence to, out of the database: an fsspec URL, s3://bucket/folder. None: nowhere.
    # docs/operations.md says what the options are; those of the file win, and are where secrets belong.
    evidence_store: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9+.-]*://[^\s?#]+$")
    evidence_store_options: dict[str, Any] = Field(default_factory=dict)
    evidence_store_options_file: Path | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        folders = [Path(folder) for folder in os.environ.get("LABMARK_SECRETS", "").split(":") if folder]
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folders)

    @model_validator(mode="after")
    def _whole_provider(self) -> Settings:
        given = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret_file)
        if any(given) and not all(given):
            raise ValueError("LABMARK_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET_FILE belong together")
        return self
