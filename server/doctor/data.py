"""The data sets that assignments ask for: there, and what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.doctor.finding import Part
from store import repository
from store.dataset_files import BUILT_IN_FACTS
from store.dataset_npz import from_archive
from store.engine import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.doctor.finding import Finding, Patient

_PART = Part("data sets")


def check_data_sets(patient: Patient) -> Iterator[Finding]:
    if not patient.database_up:
        yield _PART.note("needed", "not checked without the database")
        return
    with reading(patient.engine) as session:
        needed: dict[str, list[str]] = {}
        for assignment in repository.every_assignment(session):
            needed.setdefault(assignment.spec.dataset, []).append(assignment.slug)
    if not needed:
        yield _PART.ok("needed", "no assignment asks for any")
    yield from _built_in(patient, {name: needed[name] for name in BUILT_IN_FACTS if name in needed})
    yield from _own(patient, {name: used for name, used in needed.items() if name not in BUILT_IN_FACTS})


def _built_in(patient: Patient, needed: dict[str, list[str]]) -> Iterator[Finding]:
    try:
        # Not installed where only the api runs.
        from worker.datasets.registry import DATASETS  # noqa: PLC0415
    except ImportError:
        what = f"{', '.join(needed)} cannot be checked here"
        remedy = "run doctor beside a worker: docker compose exec worker-cpu labmark-server doctor"
        yield _PART.note("built in", what, remedy)
        return
    for name, used in needed.items():
        try:
            DATASETS[name](patient.settings.data_dir)
        except Exception as error:  # noqa: BLE001 - a broken file breaks its reader in many ways; it is told
            what = f"{name}, for {_some(used)}: {error}"
            remedy = "labmark-server datasets fetch, with the data folder of the workers"
            yield _PART.wrong("built in", what, remedy)
        else:
            what = f"{name} is there and has the right hashes"
            yield _PART.ok("built in", what)


def _own(patient: Patient, needed: dict[str, list[str]]) -> Iterator[Finding]:
    """One at a time: each may be a quarter of a gigabyte."""
    for name, used in needed.items():
        with reading(patient.engine) as session:
            stored = repository.dataset_archive(session, name)
        fault = ""
        if stored is None:
            fault = "is not in the database"
        else:
            sha256, archive = stored
            try:
                found = from_archive(archive).sha256
            except Exception as error:  # noqa: BLE001 - as above
                fault = f"cannot be read: {error}"
            else:
                fault = "" if found == sha256 else f"has the SHA-256 {found}, not {sha256}"
        if fault:
            remedy = "register it again under this name, or restore a backup"
            yield _PART.wrong("own", f"{name}, for {_some(used)}, {fault}", remedy)
        else:
            yield _PART.ok("own", f"{name} has the right hash")


def _some(slugs: list[str]) -> str:
    return ", ".join(slugs[:3]) + (f" and {len(slugs) - 3} more" if len(slugs) > 3 else "")
