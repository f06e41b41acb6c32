"""`labmark-server evidence`: where it lies, whether all of it can be had, and moving it now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from store import repository
from store.engine import make_engine, reading
from store.evidence import EvidenceError, ObjectStore, bytes_of
from store.evidence_mover import Mover
from store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


def evidence_command(
    move: Annotated[bool, typer.Option("--move", help="Move now what beat would move.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read all that was moved and compare its hashes.")
    ] = False,
) -> None:
    """Tell how much evidence lies in the database and in the evidence store; status 1 when some is lost."""
    settings = Settings()
    objects = ObjectStore.of(settings)
    engine = make_engine(settings.database_url)
    try:
        if move:
            _move(engine, objects)
        with reading(engine) as session:
            totals = repository.evidence_totals(session)
        print(f"In the database: {totals.here_runs:,} runs, {totals.here_bytes / 1024**2:,.1f} MiB.")
        where = objects.url if objects else "an evidence store (LABMARK_EVIDENCE_STORE is not set)"
        print(f"In {where}: {totals.moved_runs:,} runs, {totals.moved_bytes / 1024**2:,.1f} MiB.")
        if verify:
            _verify(engine, objects)
    except EvidenceError as error:
        print(error)
        raise typer.Exit(1) from error
    finally:
        engine.dispose()


def _move(engine: Engine, objects: ObjectStore | None) -> None:
    if objects is None:
        print("Nowhere to move it to: LABMARK_EVIDENCE_STORE is not set.")
        raise typer.Exit(1)
    print(f"Moved: {Mover(engine, objects).move_all():,} runs.")


def _verify(engine: Engine, objects: ObjectStore | None) -> None:
    read = faults = 0
    for stored in _moved(engine):
        read += 1
        try:
            bytes_of(stored, objects)
        except EvidenceError as error:
            faults += 1
            print(error)
    print(f"Verified: {read - faults:,} of {read:,} are there and have the right hashes.")
    if faults:
        raise typer.Exit(1)


def _moved(engine: Engine) -> Iterator[repository.StoredEvidence]:
    after = ""
    while True:
        with reading(engine) as session:
            found = repository.moved_evidence(session, after=after)
        if not found:
            return
        yield from found
        after = found[-1].run_id
