"""A database with something in every table, as a service that has been used for a while has it."""

from __future__ import annotations

import random
import time

import numpy as np
from regrade_samples import RUNS, SPEC, WAYS, hand_in_run

from graders.spec import LatePolicy
from store import repository
from store.dataset_model import OwnDataset
from store.dataset_npz import to_archive
from store.engine import transaction
from store.sign_in_limits import limits_of_try

STUDENTS = ("ana", "bogdan-\u0219tefan", "\U0001f600")


def fill(engine):
    """Returns the ids of its assignments."""
    with transaction(engine) as session:
        course = repository.create_course(session, slug="ml", title="\u00cenv\u0103\u021bare automat\u0103 'I'")
        people = {name: repository.create_user(session, name=name) for name in STUDENTS}
        for user in people.values():
            repository.enroll(session, user_id=user.id, course_id=course.id, role="student")
        ina = repository.create_user(session, name="ina", is_admin=True)
        repository.enroll(session, user_id=ina.id, course_id=course.id, role="instructor")
        spec = SPEC.model_copy(update={"late": LatePolicy(percent_per_day=10), "counting": "chosen"})
        first = repository.create_assignment(session, course_id=course.id, spec=spec, due_at=time.time() + 0.1)
        second = repository.create_assignment(
            session, course_id=course.id, spec=spec.model_copy(update={"slug": "iris-2"})
        )
    seen = random.Random(4)
    handed_in = []
    for number, found in enumerate(RUNS):
        user = people[STUDENTS[number % len(STUDENTS)]]
        identifier, _ = hand_in_run(
            engine, user_id=user.id, assignment_id=first.id, found=found, way=WAYS[number % len(WAYS)], spec=spec
        )
        handed_in.append((identifier, user.id))
    with transaction(engine) as session:
        token = repository.create_token(session, user_id=ina.id, role="admin", expires_at=time.time() + 1e6)
        repository.open_web_session(session, token=token, lifetime_s=1000)
        made_with = repository.token_by_secret(session, token).id
        repository.create_token(session, user_id=ina.id, scopes=["read", "submit"], made_with=made_with)
        user = repository.user_by_name(session, "ina")
        user.email, user.language = "ina@example.org", "ro"
        repository.set_password(session, ina.id, "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", actor_id=ina.id)
        repository.remember_device(session, ina.id)
        repository.take_try(session, limits_of_try(account=ina.id, address="192.0.2.1", device=None))
        repository.create_user_of_identity(
            session, issuer="https://login.example.org", subject="248289761001", login="mihai",
            display_name="Mihai Șerban", email="mihai@example.org",
        )  # fmt: skip
        repository.invite(
            session, user_id=people["ana"].id, purpose="invitation", lifetime_s=1e6, course_id=course.id, author_id=ina.id
        )
        repository.save_draft(
            session, assignment_id=first.id, text="title: În lucru\n", made_from=1, seen_revision="", author_id=ina.id
        )
        repository.give_override(
            session, submission_id=handed_in[0][0], points=3.25, computed_points=9.5, reason="f\u0103r\u0103 gre\u0219eal\u0103", author_id=ina.id
        )
        repository.set_extension(
            session, assignment_id=first.id, user_id=handed_in[1][1], due_at=time.time() + 1e5, reason="illness",
            author_id=ina.id,
        )  # fmt: skip
        assert repository.grant_quota(
            session, assignment_id=first.id, user_id=handed_in[1][1], per_day=2.5, burst=None, extra=3,
            reason="o zi pierdut\u0103", author_id=ina.id,
        )  # fmt: skip
        assert repository.choose(session, assignment_id=first.id, user_id=handed_in[0][1], submission_id=handed_in[0][0])
        repository.create_staff_job(
            session, kind="regrade", course_id=course.id, assignment_id=first.id, parameters={"scope": "all"},
            author_id=ina.id,
        )  # fmt: skip
        x = np.array([[seen.random(), 1e-30, -0.0]] * 40, np.float32)
        own = OwnDataset(x=x, y=np.arange(40) % 2, class_names=("no", "da"), feature_names=("a", "b", "c"))
        repository.create_dataset(
            session, course_id=course.id, author_id=ina.id,
            new=repository.NewDataset(name="own", sha256=own.sha256, facts=own.facts(), archive=to_archive(own)),
        )  # fmt: skip
        source = "def train(lab):\n\t'\u2028 \u0219 \U0001f600 \\u0041'\r\n    return 1"
        for user_id, doorbell in ((people["ana"].id, "sent"), (people["ana"].id, "unsent")):
            new = repository.NewSubmission(
                filename="caiet.ipynb", source=source, source_kind="notebook", line_map=[[1, 1, 2]],
                dropped_lines=["!ls"], idempotency_key=doorbell,
            )  # fmt: skip
            done = repository.submit(session, user_id=user_id, assignment_id=second.id, new=new)
            if doorbell == "sent":
                repository.mark_sent(session, [bell.id for bell in repository.unsent_outbox(session, run_id=done.run_id)])
        claimed = repository.submit(
            session, user_id=people["ana"].id, assignment_id=second.id,
            new=repository.NewSubmission(filename="a.py", source=source),
        )  # fmt: skip
        repository.claim(session, claimed.run_id)
        repository.evidence_home(session)
        pictures = repository.Misread(height=1, width=2, labels=(0,), predicted=(1,), pictures=(b"\0\xff",))
        repository.put_misread(session, claimed.run_id, pictures)
    return first.id, second.id
