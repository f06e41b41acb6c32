"""Tries to sign in are used up, and come back with time."""

import doctest

import pytest

from store import passwords, repository, roster_csv, sign_in_limits
from store.engine import reading, transaction
from store.sign_in_limits import (
    FORGOTTEN_AFTER_S,
    OF_ACCOUNT,
    OF_ACCOUNT_FROM_ADDRESS,
    OF_KNOWN_DEVICE,
    limits_of_try,
)


@pytest.mark.parametrize("module", [passwords, roster_csv, sign_in_limits])
def test_doctests_hold(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


def take(engine, limits, now):
    with transaction(engine) as session:
        return repository.take_try(session, limits, now=now)


def test_a_burst_then_one_a_minute_and_a_refused_try_uses_nothing_up(engine):
    limits = limits_of_try(account="ana", address="192.0.2.1", device=None)
    burst, every_s = OF_ACCOUNT_FROM_ADDRESS.burst, OF_ACCOUNT_FROM_ADDRESS.every_s
    assert [take(engine, limits, 1000) for _ in range(burst)] == [0] * burst
    assert take(engine, limits, 1000) == every_s
    with reading(engine) as session:
        assert repository.try_wait_s(session, limits, now=1000) == every_s
        assert repository.try_wait_s(session, limits, now=1000 + every_s) == 0
        assert repository.try_wait_s(session, {}, now=1000) == 0
    assert take(engine, limits, 1000 + every_s / 2) == pytest.approx(every_s / 2)
    assert take(engine, limits, 1000 + every_s) == 0
    assert take(engine, limits, 1000 + every_s) > 0
    # A day later all are back, whatever the clock did between.
    assert take(engine, limits, 500) > 0
    assert [take(engine, limits, 1000 + 2 * FORGOTTEN_AFTER_S) for _ in range(burst)] == [0] * burst


def test_from_many_addresses_the_account_has_a_limit_of_its_own(engine):
    taken = 0
    for place in range(20):
        limits = limits_of_try(account="ana", address=f"192.0.2.{place}", device=None)
        taken += sum(take(engine, limits, 1000) == 0 for _ in range(OF_ACCOUNT_FROM_ADDRESS.burst))
    assert taken == OF_ACCOUNT.burst
    device = limits_of_try(account="ana", address="192.0.2.1", device="known")
    assert [take(engine, device, 1000) for _ in range(OF_KNOWN_DEVICE.burst)] == [0] * OF_KNOWN_DEVICE.burst
    assert take(engine, device, 1000) > 0
    # And somebody else in the same rooms is not held up.
    assert take(engine, limits_of_try(account="dan", address="192.0.2.1", device=None), 1000) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
        ("testclient", "testclient", True),
    ],
)
def test_a_household_of_ipv6_is_one_place(one, other, same):
    keys = [set(limits_of_try(account="ana", address=address, device=None)) for address in (one, other)]
    assert (keys[0] == keys[1]) is same


def test_what_is_given_back_was_not_used(engine):
    limits = limits_of_try(account="ana", address="192.0.2.1", device=None)
    for _ in range(5 * OF_ACCOUNT.burst):
        assert take(engine, limits, 1000) == 0
        with transaction(engine) as session:
            repository.give_back_try(session, limits, now=1000)


def test_what_nobody_tried_for_a_day_is_forgotten(engine):
    from store.models import SignInTries

    take(engine, limits_of_try(account="ana", address="192.0.2.1", device=None), 1000)
    take(engine, limits_of_try(account="dan", address="192.0.2.2", device=None), 1001 + FORGOTTEN_AFTER_S)
    with transaction(engine) as session:
        assert session.query(SignInTries).count() == 3
