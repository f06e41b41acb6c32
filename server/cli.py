"""`labmark-server`: what an operator types."""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from server import parts
from server.accounts import create_admin, people, reset_password
from server.admin import courses, users
from server.assets import fetch_assets
from server.assignments import assignments
from server.backup import backup_command, restore_command
from server.demo import run_demo
from server.doctor.command import doctor
from server.evidence import evidence_command
from server.retention import retention_command
from server.runs import runs
from server.schema import SchemaError, wait_for_schema
from server.secret_files import secret_files
from server.supervisor import StartError, Supervisor
from store.logs import set_up_logs
from store.migrate import upgrade
from store.queue import QUEUES
from store.settings import Settings
from worker.datasets.fetch import fetch
from worker.harness.warm import FAMILY_OF
from worker.sandbox import client, pool, selftest

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Run and look after a Labmark service.")
datasets = typer.Typer(no_args_is_help=True, help="The data sets that labs are graded on.")
sandbox = typer.Typer(no_args_is_help=True, help="The jail that student code runs in.")
app.add_typer(datasets, name="datasets")
app.add_typer(sandbox, name="sandbox")
app.add_typer(courses, name="course")
app.add_typer(users, name="user")
app.add_typer(assignments, name="assignment")
app.add_typer(runs, name="runs")
app.add_typer(people, name="people")
app.command("create-admin")(create_admin)
app.command("reset-password")(reset_password)
app.command("doctor")(doctor)
app.command("backup")(backup_command)
app.command("restore")(restore_command)
app.command("retention")(retention_command)
app.command("secrets")(secret_files)
app.command("evidence")(evidence_command)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"labmark-server {metadata.version('labmark')}")
        raise typer.Exit


@app.callback()
def _before_every_command(
    version: Annotated[  # noqa: ARG001 - told before anything else is done
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Run and look after a Labmark service."""
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            print(f"{name if '_URL' in name else f'LABMARK_{name}'}: {fault['msg']}", file=sys.stderr)
        raise typer.Exit(2) from error
    # On stderr: what a command prints on stdout may be read by a program.
    set_up_logs(settings.log_format)


def _wait_for_signal() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(0.5):
        pass


@app.command()
def up(
    workers: Annotated[int, typer.Option(help="How many runs at once.")] = os.cpu_count() or 1,
    gpu: Annotated[bool, typer.Option("--gpu", help="Take runs that ask for a GPU too.")] = False,
) -> None:
    """Start api, worker, runner and queue, and keep them running until interrupted."""
    settings = Settings()
    fetch_assets(progress=print)
    # A Redis that was named is used; else the service brings its own.
    own_queue = "redis_url" not in settings.model_fields_set
    devices: tuple[parts.Device, ...] = ("cpu", "gpu") if gpu else ("cpu",)
    supervisor = Supervisor(settings, workers=workers, embedded_queue=own_queue, devices=devices)
    try:
        supervisor.start()
        address = f"http://{settings.host}:{settings.port}"
        print(f"Labmark is up at {address} (logs in {supervisor.log_dir}). Ctrl-C stops it.")
        _wait_for_signal()
    except StartError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    finally:
        print("Stopping.")
        supervisor.stop()


def _become(command: list[str], environment: dict[str, str]) -> None:
    """Run `command` in place of this process, so that signals reach it and its status is ours."""
    os.execve(command[0], command, environment)  # noqa: S606 - a literal list of arguments


@app.command()
def api() -> None:
    """Become the api process: REST and dashboard."""
    _become(parts.api(), dict(os.environ))


@app.command()
def beat() -> None:
    """Become the beat process: expired leases and lost doorbells. One is enough, two do no harm."""
    _become(parts.beat(), dict(os.environ))


@app.command()
def worker(
    concurrency: Annotated[
        int, typer.Option(min=0, help="How many runs at once; 0: one for each processor.")
    ] = 0,
    queue: Annotated[
        list[str] | None, typer.Option(help="cpu or gpu: whose runs it takes; may be given twice. [cpu]")
    ] = None,
) -> None:
    """Become a worker process. It needs a runner at LABMARK_RUNNER_SOCKET."""
    queues = queue or ["cpu"]
    for name in queues:
        if name not in QUEUES:
            raise typer.BadParameter(f"queue {name!r} is none of {', '.join(QUEUES)}")
    at_once = concurrency or len(os.sched_getaffinity(0))
    command = parts.worker(concurrency=at_once, devices=queues)  # type: ignore[arg-type]
    _become(command, {**os.environ, **parts.WORKER_ENVIRONMENT})


@app.command()
def runner(
    slots: Annotated[int, typer.Option(min=1, help="How many jails at once.")] = os.cpu_count() or 1,
) -> None:
    """Become the runner daemon, at LABMARK_RUNNER_SOCKET."""
    socket = Settings().runner_socket.resolve()
    socket.parent.mkdir(parents=True, exist_ok=True)
    _become(parts.runner(socket=socket, slots=slots), parts.runner_environment())


@app.command()
def migrate(
    wait_s: Annotated[
        float | None,
        typer.Option("--wait", help="Only wait, so many seconds at most, until somebody else has done it."),
    ] = None,
) -> None:
    """Bring the database to the newest schema."""
    url = Settings().database_url
    try:
        if wait_s is None:
            upgrade(url)
        else:
            wait_for_schema(url, patience_s=wait_s)
    except OperationalError as error:
        where = make_url(url).render_as_string(hide_password=True)
        print(f"The database at {where} does not answer: {error.orig}", file=sys.stderr)
        raise typer.Exit(1) from error
    except SchemaError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    print("The database has the newest schema.")


@app.command()
def assets() -> None:
    """Fetch the scripts that the dashboard's pages load."""
    fetch_assets(progress=print)
    print("The dashboard's scripts are there.")


@app.command()
def demo(
    examples: Annotated[Path, typer.Option(help="Folder of example submissions.")] = Path("examples"),
    exit_after: Annotated[
        bool, typer.Option("--exit", help="End after the table; status 0 only if all is as expected.")
    ] = False,
) -> None:
    """Start a service of its own, submit every example over HTTP, and show what became of each."""
    raise typer.Exit(run_demo(examples, exit_after=exit_after, wait=_wait_for_signal))


@datasets.command("fetch")
def fetch_datasets(
    source: Annotated[str | None, typer.Option(help="A folder, file or URL that holds MNIST.")] = None,
) -> None:
    """Fetch MNIST and check it by its content. Iris comes with scikit-learn."""
    fetch(Settings().data_dir, source, progress=print)


@sandbox.command("check")
def check_sandbox() -> None:
    """Show every layer of each running sandbox; status 1 when one is missing."""
    path = Settings().runner_socket
    runners = pool.sockets(path) or [path]
    try:
        refusing = [socket for socket in runners if not _check_one_sandbox(socket, alone=len(runners) == 1)]
    except client.SandboxUnavailableError as error:
        print(f"{error}\nStart the service first: labmark-server up")
        raise typer.Exit(1) from error
    raise typer.Exit(1 if refusing else 0)


def _check_one_sandbox(path: Path, *, alone: bool) -> bool:
    """Whether all layers hold but those that are accepted. Raises SandboxUnavailableError."""
    status = client.status(path)
    there = next(name for name, family in FAMILY_OF.items() if family not in status["frameworks_missing"])
    checks = selftest.check(path, status, there)
    accepted = status["accepted"]
    if not alone:
        print(f"{path.name}:")
    print(selftest.table(checks, accepted), selftest.verdict(checks, accepted), sep="\n")
    for family, why in status["frameworks_missing"].items():
        print(f"  MISSING {family}: {why}")
    for gpu in status["gpus"]["found"]:
        print(f"  GPU {gpu['index']}    {gpu['name']}, driver {gpu['driver']}")
    return not {c.layer for c in checks if not c.present} - set(accepted)


if __name__ == "__main__":
    app()
