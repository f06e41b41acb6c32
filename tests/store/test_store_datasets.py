"""Data sets in the database: one name, one archive, and nobody takes away what a spec names."""

import threading

import pytest
from sqlalchemy import event

from store import repository
from store.engine import reading, transaction
from store.models import DatasetRecord

FACTS = {"rows": 20, "classes": [{"name": "a", "rows": 10}, {"name": "b", "rows": 10}]}


@pytest.fixture
def people(engine):
    with transaction(engine) as session:
        courses = [repository.create_course(session, slug=s, title=s).id for s in ("one", "two")]
        return courses, repository.create_user(session, name="ivan").id


def new(name="own", archive=b"rows"):
    return repository.NewDataset(name=name, sha256="0" * 64, facts=FACTS, archive=archive)


def add(engine, people, course=0, **more):
    courses, user_id = people
    with transaction(engine) as session:
        return repository.create_dataset(
            session, course_id=courses[course], author_id=user_id, new=new(**more), now=5.0
        )


def test_what_is_stored_is_found_by_name_and_by_course(engine, people):
    first, second = add(engine, people, name="b"), add(engine, people, name="a")
    other = add(engine, people, course=1, name="c", archive=b"other")
    courses, _ = people
    with reading(engine) as session:
        assert repository.datasets_for(session, courses[:1]) == [second, first]
        assert repository.datasets_for(session, courses) == [second, first, other]
        assert repository.dataset_by_name(session, "c") == other
        assert repository.dataset_by_name(session, "d") is None
        assert repository.dataset_archive(session, "c") == ("0" * 64, b"other")
    assert (other.facts, other.author, other.created_at) == (FACTS, "ivan", 5.0)


def test_a_name_is_taken_once_whichever_course_has_it(engine, people):
    add(engine, people)
    for course in (0, 1):
        with pytest.raises(repository.DatasetNameTakenError):
            add(engine, people, course=course)
    with pytest.raises(repository.DatasetNameTakenError):
        add(engine, people, name="iris")
    with reading(engine) as session:
        assert session.query(DatasetRecord).count() == 1
        assert len(repository.audit_entries(session, people[0])) == 1


def test_two_who_take_a_name_at_once_do_not_both_get_it(engine, people, monkeypatch):
    # The look before the insert finds nothing, as it does for two who look at the same time.
    add(engine, people)
    monkeypatch.setattr("store.repository.datasets.dataset_by_name", lambda *_, **__: None)
    with pytest.raises(repository.DatasetNameTakenError):
        add(engine, people)
    with reading(engine) as session:
        assert session.query(DatasetRecord).count() == 1


def test_lists_and_facts_never_read_an_archive(engine, people):
    add(engine, people)
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    with reading(engine) as session:
        repository.datasets_for(session, people[0])
        repository.dataset_by_name(session, "own")
    asked = [statement for statement in statements if "FROM datasets" in statement]
    assert len(asked) == 2
    assert not [statement for statement in asked if "archive" in statement]


def test_a_data_set_goes_only_when_no_version_of_a_spec_names_it(engine, people, spec):
    (course_id, _), user_id = people
    add(engine, people)
    with transaction(engine) as session:
        assert repository.delete_dataset(session, name="none", actor_id=user_id) is False
        own = spec.model_copy(update={"dataset": "own"})
        assignment = repository.create_assignment(session, course_id=course_id, spec=own)
        repository.add_assignment_version(session, assignment_id=assignment.id, spec=spec)
    with pytest.raises(repository.DatasetInUseError) as refused, transaction(engine) as session:
        repository.delete_dataset(session, name="own", actor_id=user_id)
    assert refused.value.assignments == ["iris"]
    add(engine, people, name="unused")
    with transaction(engine) as session:
        assert repository.delete_dataset(session, name="unused", actor_id=user_id, now=9.0)
    with reading(engine) as session:
        assert [d.name for d in repository.datasets_for(session, [course_id])] == ["own"]
        (last, *_) = repository.audit_entries(session, [course_id])
    assert (last.action, last.actor, last.detail["name"]) == ("dataset.deleted", "ivan", "unused")


def test_who_is_about_to_name_it_keeps_it_from_going(engine, people, spec):
    """PostgreSQL: the deletion waits for the row. SQLite: for the writer."""
    (course_id, _), user_id = people
    add(engine, people)
    came_to = []

    def delete():
        try:
            with transaction(engine) as session:
                came_to.append(repository.delete_dataset(session, name="own", actor_id=user_id))
        except repository.DatasetInUseError as error:
            came_to.append(error.assignments)

    deleting = threading.Thread(target=delete)
    with transaction(engine) as session:
        assert repository.dataset_by_name(session, "own", hold=True) is not None
        deleting.start()
        deleting.join(0.5)
        assert deleting.is_alive()
        own = spec.model_copy(update={"dataset": "own"})
        repository.create_assignment(session, course_id=course_id, spec=own)
    deleting.join(20)
    assert came_to == [["iris"]]
