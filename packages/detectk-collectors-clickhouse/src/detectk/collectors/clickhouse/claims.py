"""Leases in a database without transactions: claim, look whether anybody else does, or withdraw."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import numpy as np

from detectk.clock import SystemClock
from detectk.collectors.clickhouse.blocks import Repeated
from detectk.collectors.clickhouse.database import Database, chunks, literals
from detectk.contracts.state import Lease, Leases

__all__ = ["Claim", "Claims", "Standing"]

_WITHDRAWN: Final = 1 << 62
"""Version of a claim that was never a lease; above any renewal, so that nothing brings it back."""
_RELEASED: Final = _WITHDRAWN + 1
_ROUNDS: Final = 6
_PATIENCE: Final = 2.0
"""Seconds that the first of several waits for the others to withdraw."""
_PAUSE: Final = 0.005
_LONGEST_PAUSE: Final = 0.05
_AIR: Final = 4
_KEPT: Final = 3600
"""Seconds that a claim is kept after its end, for those who are late."""
_LATEST: Final = 4_000_000_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says of one metric.

    Attributes:
        metric: Name of the metric.
        token: Fencing token.
        holder: Who.
        until: When it expires, microseconds since 1970 by the database's clock.
        version: Counts the renewals.
    """

    metric: str
    token: int
    holder: str
    until: int
    version: int = 1

    @property
    def name(self) -> str:
        """Tells it from every other claim of the metric."""
        return f"{self.token}:{self.holder}"

    @property
    def lease(self) -> Lease:
        """What it is when nobody else claims."""
        return Lease(self.metric, self.token, self.holder)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is claimed of one metric.

    Attributes:
        now: The database's time just before it was read.
        claims: Neither withdrawn nor released, by token; expired ones are among them.
        highest: The highest token that was ever asked for.
        spent: The highest token of a lease that was released.
    """

    now: int
    claims: tuple[Claim, ...] = ()
    highest: int = 0
    spent: int = 0

    @property
    def live(self) -> list[Claim]:
        """The claims that have not expired, by token."""
        return [claim for claim in self.claims if claim.until > self.now]

    def own(self, lease: Lease) -> Claim | None:
        """Return the claim of ``lease``, unless it was withdrawn or released."""
        return next((claim for claim in self.claims if claim.lease == lease), None)

    def has(self, lease: Lease) -> bool:
        """Return whether ``lease`` has not passed on; it may have expired.

        While it is live, nobody else can have found himself alone.
        """
        own = self.own(lease)
        if own is None or own.until > self.now:
            return own is not None
        return lease.token >= max(self.spent, self.claims[-1].token)

    def rivals(self, claim: Claim) -> list[Claim]:
        """Return the live claims of others."""
        return [other for other in self.live if other.name != claim.name]

    def grants(self, claim: Claim, *, sure_until: int) -> bool:
        """Return whether ``claim`` is a lease.

        It is if it is alone and its token is higher than of any lease before, or if it renews one
        that is live until ``sure_until``.
        """
        tokens = [other.token for other in self.claims if other.name != claim.name]
        if len(tokens) == len(self.claims):
            return False  # somebody has taken it away
        alone = not self.rivals(claim) and claim.token > max([self.spent, *tokens])
        return alone or self.now < sure_until


@dataclass(slots=True)
class _Round:
    """How one round of claiming went."""

    held: dict[str, Lease] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    contended: dict[str, str] = field(default_factory=dict)


class Claims:
    """The rows of kinds ``claim`` and ``token`` in ``dtk_state``.

    Two that claim the same both insert before they look, so at least one of them sees the other:
    no more than one ever finds itself alone. Whoever does not withdraws, unless it comes first
    in the order of (token, holder): that one waits for the others to withdraw.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # Waiting is real, whatever time a run plays.
        self._clock = SystemClock()
        self._chance = random.Random()  # noqa: S311  # spreads retries, keeps no secret
        self._settled: dict[str, str] = {}

    def take(self, metrics: Sequence[str], *, holder: str, ttl: timedelta) -> Leases:
        """Take or renew leases; those that somebody else has are refused."""
        held: dict[str, Lease] = {}
        refused: dict[str, str] = {}
        pending: Sequence[str] = list(dict.fromkeys(metrics))
        for number in range(_ROUNDS):
            done = self._round(pending, holder, ttl // timedelta(microseconds=1))
            held |= done.held
            refused |= done.refused
            pending = list(done.contended)
            if not pending:
                break
            self._pause(2**number)
        else:
            refused |= done.contended
        if refused:
            # Many who ask again and again are to leave the holder some air.
            self._pause(_AIR)
        return Leases(held, refused)

    def standing(self, metrics: Sequence[str]) -> Mapping[str, Standing]:
        """Return what is claimed of each metric."""
        found: dict[str, Standing] = {}
        for some in chunks(list(dict.fromkeys(metrics))):
            answer = self._database.ask(_STANDING.format(literals(some)))
            rows = {metric: cells for metric, *cells in answer.rows()}
            now = int(rows.pop("", [0])[0])
            found |= dict.fromkeys(some, Standing(now))
            for metric, (highest, spent, tokens, holders, untils, versions) in rows.items():
                columns = zip(tokens, holders, untils, versions, strict=True)
                claims = sorted(
                    (Claim(metric, *cells) for cells in columns), key=lambda one: one.token
                )
                found[metric] = Standing(now, tuple(claims), highest, spent)
        return found

    def release(self, claims: Iterable[Claim], *, now: int) -> None:
        """End leases for good."""
        self._end(claims, _RELEASED, now=now)

    def _round(self, metrics: Sequence[str], holder: str, micros: int) -> _Round:
        done = _Round()
        claims: dict[str, Claim] = {}
        sure: dict[str, int] = {}
        for metric, standing in self.standing(metrics).items():
            others = [claim for claim in standing.live if claim.holder != holder]
            mine = [claim for claim in standing.live if claim.holder == holder]
            until = standing.now + micros
            settled = bool(mine) and self._settled.get(metric) == mine[-1].name
            if others and not settled:
                done.refused[metric] = others[-1].holder
            elif mine:
                # Without having been settled it may be older than somebody else's lease.
                sure[metric] = mine[-1].until if settled else 0
                claims[metric] = replace(mine[-1], until=until, version=mine[-1].version + 1)
            else:
                claims[metric] = Claim(metric, standing.highest + 1, holder, until)
        if claims:
            self._insert(claims.values())
            self._settle(claims, sure, done)
        return done

    def _settle(self, claims: Mapping[str, Claim], sure: Mapping[str, int], done: _Round) -> None:
        """Look until each claim is alone or withdrawn."""
        waiting = dict(claims)
        deadline = self._clock.monotonic() + _PATIENCE
        pause = 1
        while waiting:
            standings = self.standing(list(waiting))
            over = self._clock.monotonic() > deadline
            lost = []
            for metric, standing in standings.items():
                claim = waiting[metric]
                rivals = standing.rivals(claim)
                if standing.grants(claim, sure_until=sure.get(metric, 0)):
                    done.held[metric] = waiting.pop(metric).lease
                    self._settled[metric] = claim.name
                elif over or not rivals or _first(rivals) < _place(claim):
                    done.contended[metric] = rivals[-1].holder if rivals else claim.holder
                    lost.append(waiting.pop(metric))
            self._end(lost, _WITHDRAWN, now=next(iter(standings.values())).now)
            if waiting:
                self._pause(pause)
                pause *= 2

    def _end(self, claims: Iterable[Claim], version: int, *, now: int) -> None:
        ended = [replace(one, until=max(one.until, now), version=version) for one in claims]
        if ended:
            self._insert(ended)

    def _insert(self, claims: Iterable[Claim]) -> None:
        """Add claims and their tokens, which stay when the claims are cleaned away."""
        rows = list(claims)
        ones = [1] * len(rows)
        until = np.array([row.until for row in rows], np.int64)
        kept = np.minimum(until // 1_000_000 + _KEPT, _LATEST).astype(np.uint32)
        count = len(rows)
        self._database.insert(
            "dtk_state",
            {
                "metric_name": Repeated([row.metric for row in rows] * 2, ones * 2),
                "kind": ["claim"] * count + ["token"] * count,
                "name": Repeated([*(row.name for row in rows), *[""] * count], ones * 2),
                "version": [*(row.version for row in rows), *(row.token for row in rows)],
                "token": np.array([row.token for row in rows] * 2, np.uint64),
                "until": np.concatenate([until, until]),
                "waiting": [[]] * (2 * count),
                "body": Repeated([*(row.holder for row in rows), *[""] * count], ones * 2),
                "kept_until": np.concatenate([kept, np.full(count, _LATEST, np.uint32)]),
            },
        )

    def _pause(self, factor: int) -> None:
        longest = min(2 * _PAUSE * factor, _LONGEST_PAUSE)
        self._clock.sleep(self._chance.uniform(_PAUSE, longest))


def _place(claim: Claim) -> tuple[int, str]:
    return claim.token, claim.holder


def _first(claims: Sequence[Claim]) -> tuple[int, str]:
    return min(map(_place, claims))


# The row without a name brings the database's time.
_STANDING: Final = f"""
SELECT '' AS metric_name, toUInt64(toUnixTimestamp64Micro(now64(6))) AS highest,
    toUInt64(0) AS spent, emptyArrayUInt64() AS tokens, emptyArrayString() AS holders,
    emptyArrayInt64() AS untils, emptyArrayUInt64() AS versions
UNION ALL
SELECT metric_name, max(token_), maxIf(token_, version_ = {_RELEASED}),
    groupArrayIf(token_, live_), groupArrayIf(holder_, live_), groupArrayIf(until_, live_),
    groupArrayIf(toUInt64(version_), live_)
FROM (
    SELECT metric_name, max(token) AS token_, argMax(body, version) AS holder_,
        argMax(until, version) AS until_, max(version) AS version_,
        kind = 'claim' AND version_ < {_WITHDRAWN} AS live_
    FROM dtk_state WHERE kind IN ('claim', 'token') AND metric_name IN ({{}})
    GROUP BY metric_name, kind, name
) GROUP BY metric_name
"""  # noqa: S608  # our own numbers
