"""How many requests somebody may make: buckets that fill again with time, in Redis, shared by all processes.

Whoever has proven who they are is counted by their token, and with all their tokens and browsers together by
their person; whoever has not, by their address. So a class behind one address is as many people as it is, and
a stranger among them who floods us takes room from strangers alone.

The buckets are those of the generic cell rate algorithm (ITU-T I.371, annex A): of each is kept only when it
will be full again, and one that is full is kept no more.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from redis import RedisError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from store.sign_in_limits import Limit, place_of

if TYPE_CHECKING:
    from store.settings import Settings

# Of a person beside that of each token: fifty tokens are not fifty people.
PERSON_IS_WORTH_TOKENS: Final = 2
# Somebody who comes once a day is still known.
_KNOWN_S: Final = 36 * 3600
# A request waits no longer than that to be counted: then it is let through.
_TIMEOUT_S: Final = 0.25
_AWAY_S: Final = 10.0
_PREFIX: Final = "labmark:requests"
# KEYS: whose a token is, its bucket, that of the address. ARGV: (burst, seconds for one) of a token, of a
# person, of an address; for how long somebody is known. Nothing is taken unless every bucket has it.
_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local buckets = {{KEYS[3], ARGV[5], ARGV[6]}}
local person = KEYS[1] ~= '' and redis.call('GETEX', KEYS[1], 'EX', ARGV[7])
if person then
  buckets = {{KEYS[2], ARGV[1], ARGV[2]}, {'labmark:requests:person:' .. person, ARGV[3], ARGV[4]}}
end
local wait = 0
for _, bucket in ipairs(buckets) do
  local every = tonumber(bucket[3])
  bucket[4] = math.max(tonumber(redis.call('GET', bucket[1]) or 0), now) + every
  wait = math.max(wait, bucket[4] - now - bucket[2] * every)
end
if wait <= 0 then
  for _, bucket in ipairs(buckets) do
    local full_in_ms = math.ceil((bucket[4] - now) * 1000)
    redis.call('SET', bucket[1], string.format('%.6f', bucket[4]), 'PX', full_in_ms)
  end
end
return {person and 1 or 0, tostring(wait)}
"""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    token: Limit
    person: Limit
    stranger: Limit

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        token = Limit(burst=settings.requests_burst, every_s=1 / settings.requests_per_s)
        return cls(
            token=token,
            person=Limit(
                burst=PERSON_IS_WORTH_TOKENS * token.burst, every_s=token.every_s / PERSON_IS_WORTH_TOKENS
            ),
            stranger=Limit(
                burst=settings.stranger_requests_burst, every_s=1 / settings.stranger_requests_per_s
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Taken:
    """`wait_s`: seconds until there is room for it; 0: there was. `known`: whose token it is was known."""

    known: bool
    wait_s: float


class RequestCounter:
    """Of one api process, in one event loop. Redis being away lets everything through, and is logged."""

    def __init__(self, redis_url: str, limits: Limits) -> None:
        self._limits = limits
        self._redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=_TIMEOUT_S,
            socket_timeout=_TIMEOUT_S,
            # Once more at once: a connection that a restarted Redis has closed is found so by its next use.
            retry=Retry(NoBackoff(), 1),
        )
        self._take = self._redis.register_script(_TAKE)
        self._away_until, self._is_away = 0.0, False

    async def take(self, *, credential: str, address: str) -> Taken | None:
        """None: nothing was counted. `credential`: the secret of a token or session; empty: there is none."""
        if time.monotonic() < self._away_until:
            return None
        secret = _digest(credential) if credential else ""
        limits = (self._limits.token, self._limits.person, self._limits.stranger)
        try:
            known, wait_s = await self._take(
                keys=[
                    f"{_PREFIX}:known:{secret}" if secret else "",
                    f"{_PREFIX}:token:{secret}",
                    f"{_PREFIX}:address:{_digest(place_of(address))}",
                ],
                args=[*(part for limit in limits for part in (limit.burst, limit.every_s)), _KNOWN_S],
            )
        except (RedisError, OSError) as error:
            self._gone(error)
            return None
        self._back()
        return Taken(known=bool(known), wait_s=max(0.0, float(wait_s)))

    async def remember(self, *, credential: str, user_id: str) -> None:
        """It has turned out whose it is: from now on it is counted as theirs."""
        if time.monotonic() < self._away_until:
            return
        try:
            await self._redis.set(f"{_PREFIX}:known:{_digest(credential)}", user_id, ex=_KNOWN_S)
        except (RedisError, OSError) as error:
            self._gone(error)

    async def close(self) -> None:
        await self._redis.aclose()

    def _gone(self, error: Exception) -> None:
        # Not asked again for a while: each request would wait for it.
        self._away_until = time.monotonic() + _AWAY_S
        if not self._is_away:
            told = "Redis does not answer: requests are not counted, all are let through"
            _log.warning("request_limits.off", error=str(error), told=told)
        self._is_away = True

    def _back(self) -> None:
        if self._is_away:
            _log.info("request_limits.on", told="Redis answers: requests are counted again")
        self._is_away = False


def _digest(text: str) -> str:
    """Whoever reads Redis learns no token."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
