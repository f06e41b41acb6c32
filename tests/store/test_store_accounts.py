import time

import pytest

from store import repository
from store.engine import transaction
from store.models import Token


@pytest.fixture
def user(engine):
    with transaction(engine) as session:
        return repository.create_user(session, name="dan")


def test_a_token_is_stored_only_as_its_hash(engine, user):
    with transaction(engine) as session:
        token = repository.create_token(session, user_id=user.id, role="grader")
        assert token.startswith("lmk_")
        assert token not in str(vars(session.query(Token).one()))
        who = repository.authenticate(session, token)
    assert who is not None
    assert (who.name, who.role) == ("dan", "grader")


def test_expired_revoked_and_unknown_tokens_are_nobody(engine, user):
    with transaction(engine) as session:
        expired = repository.create_token(session, user_id=user.id, expires_at=time.time() - 1)
        revoked = repository.create_token(session, user_id=user.id)
        assert repository.revoke_token(session, revoked)
        for token in (expired, revoked, "lmk_guess", ""):
            assert repository.authenticate(session, token) is None


def test_a_token_is_a_ceiling_on_the_role(engine, user):
    with transaction(engine) as session:
        course = repository.create_course(session, slug="ml", title="ML")
        repository.enroll(session, user_id=user.id, course_id=course.id, role="instructor")
        roles = []
        for role in ("student", "grader", "instructor", "admin"):
            token = repository.create_token(session, user_id=user.id, role=role)
            who = repository.authenticate(session, token)
            roles.append(repository.course_role(session, who, course.id))
        assert roles == ["student", "grader", "instructor", "instructor"]
        assert repository.course_role(session, who, "another") is None
