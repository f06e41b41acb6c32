import pytest

from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.report import Diagnosis, PartMeasure, Rate, Report
from store import repository
from store.engine import reading, transaction

NOW = 2e9


def part(error):
    rate = Rate(value=error, low=0, high=1, n=30)
    return PartMeasure(accuracy=rate, error=rate, loss=0.5)


@pytest.fixture
def graded():
    return Report(
        outcome="graded",
        points=7,
        max_points=10,
        criteria=(),
        diagnosis=Diagnosis(fit="overfitting"),
        parts={"train": part(0.01), "validation": part(0.25)},
    )


def finish(engine, run_id, report):
    with transaction(engine) as session:
        claim = repository.claim(session, run_id)
        blob = to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=()))
        assert repository.finish(
            session, run_id, claim.attempt, outcome=report.outcome, evidence=blob, report=report
        )


def test_tallies_count_by_state_and_students(engine, hand_in, graded, student_and_assignment):
    user_id, assignment_id = student_and_assignment
    finish(engine, hand_in().run_id, graded)
    hand_in()
    silent, errored = hand_in(), hand_in()
    with transaction(engine) as session:
        repository.claim(session, silent.run_id)
        claim = repository.claim(session, errored.run_id)
        repository.mark_errored(session, errored.run_id, claim.attempt, "disk full")
    with reading(engine) as session:
        course = repository.course_by_slug(session, "ml")
        found = repository.tallies(session, [course.id], now=NOW)[assignment_id]
        assert (found.students, found.submissions, found.graded, found.in_progress, found.attention) == (1, 4, 1, 2, 2)
        assert repository.tallies(session, [course.id], user_id="nobody") == {}
        assert repository.tallies(session, [course.id], user_id=user_id)[assignment_id].submissions == 4
        assert repository.courses_by_id(session, [course.id])[0].students == 1


def test_standings_pick_the_figures_out_of_the_newest_report(engine, hand_in, graded, student_and_assignment):
    _, assignment_id = student_and_assignment
    run_id = hand_in().run_id
    finish(engine, run_id, graded)
    with transaction(engine) as session:
        repository.add_report(session, run_id, graded.model_copy(update={"points": 8.0}))
        course = repository.course_by_slug(session, "ml")
        idle = repository.create_user(session, name="dan", display_name="Dan")
        repository.enroll(session, user_id=idle.id, course_id=course.id, role="student")
        teacher = repository.create_user(session, name="ivan")
        repository.enroll(session, user_id=teacher.id, course_id=course.id, role="instructor")
    with reading(engine) as session:
        bare, full = repository.standings(session, assignment_id, course.id)
    assert (bare.display_name, bare.submission_id, bare.points) == ("Dan", None, None)
    assert (full.points, full.fit, full.state) == (8.0, "overfitting", "graded")
    assert (full.training_error, full.validation_error, full.training_loss) == (0.01, 0.25, 0.5)


def test_the_queue_lists_running_ones_first_and_numbers_the_waiting(engine, hand_in):
    first, second, third = hand_in(), hand_in(), hand_in()
    with transaction(engine) as session:
        repository.claim(session, second.run_id)
    with reading(engine) as session:
        course = repository.course_by_slug(session, "ml")
        rows = repository.waiting_and_running(session, [course.id])
        assert repository.waiting_and_running(session, []) == []
    assert [row.submission_id for row in rows] == [second.submission_id, first.submission_id, third.submission_id]
    assert [row.position for row in rows] == [None, 1, 2]


def test_course_roles_agree_with_the_role_in_each_course(engine, student_and_assignment):
    with transaction(engine) as session:
        root = repository.create_user(session, name="root", is_admin=True)
        course = repository.course_by_slug(session, "ml")
        for name, role in (("ana", "student"), ("ana", "instructor"), ("root", "admin"), ("root", "student")):
            user = repository.user_by_name(session, name)
            token = repository.create_token(session, user_id=user.id, role=role)
            who = repository.authenticate(session, token)
            one = repository.course_role(session, who, course.id)
            assert repository.course_roles(session, who) == ({} if one is None else {course.id: one})
        assert root.is_admin


def test_a_web_session_ends_with_sign_out_expiry_or_its_token(engine, student_and_assignment):
    user_id, _ = student_and_assignment
    with transaction(engine) as session:
        token = repository.create_token(session, user_id=user_id, expires_at=NOW + 100)
        assert repository.open_web_session(session, token="lmk_wrong", lifetime_s=10) is None
        opened = [repository.open_web_session(session, token=token, lifetime_s=50, now=NOW) for _ in range(2)]
        long = repository.open_web_session(session, token=token, lifetime_s=500, now=NOW)

        def works(secret, now=NOW):
            return repository.authenticate_web_session(session, secret, now=now) is not None

        assert all(map(works, opened))
        assert repository.close_web_session(session, opened[0], now=NOW)
        assert not repository.close_web_session(session, opened[0], now=NOW)
        assert [works(secret) for secret in opened] == [False, True]
        assert not works(opened[1], NOW + 51)
        assert works(long, NOW + 99)
        assert not works(long, NOW + 101)
        repository.revoke_token(session, token)
        assert not works(long)
