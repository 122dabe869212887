"""Look-ups while typing: what a beginning can mean among 125,000 agencies, and a double among 1,000,000 arrivals.

Every key of some usual phrases is one beginning, with and without accents. The plain way is `LIKE '%…%'` through the
bare driver. The worst one in a hundred must still be faster than a clerk notices.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from statistics import median, quantiles
from typing import Any

from bench.figures import Figure
from bench.stores import AGENCIES, ARRIVALS, STORE_NAME, big_office, code_of, issuer_of, issuers, raw_connection
from clerkdesk.services.arrivals import find_earlier
from clerkdesk.services.clock import today
from clerkdesk.services.commands import ArrivalFacts
from clerkdesk.services.desk import Desk
from clerkdesk.services.directory import find_correspondents

GOAL = 20.0
ROUNDS = 4
PLAIN_DOUBLES = 3
PHRASES = (
    "so noi vu", "Sở Nội vụ tỉnh Thanh H", "ubnd xa phu dien", "ubnd x", "snv", "van phong", "Văn phòng UBND",
    "truong thcs", "truong tieu hoc so 1 xa", "bo noi vu", "vpcp", "song huong", "cong an xa an b", "t", "1", "zz",
)  # fmt: skip


def run() -> list[Figure]:
    """Look up, ours and plain in turns."""
    data = big_office()
    desk = Desk.open(data / STORE_NAME)
    with closing(desk), closing(raw_connection(data)) as raw:
        return [*_type_ahead(desk, raw), *_doubles(desk, raw)]


def _type_ahead(desk: Desk, raw: Any) -> list[Figure]:
    beginnings = list(dict.fromkeys(phrase[:end].strip() for phrase in PHRASES for end in range(1, len(phrase) + 1)))
    assert desk.agency is not None
    agency = desk.agency.id

    def ours(typed: str) -> object:
        return desk.look_up(find_correspondents, agency, typed, today())

    def plain(typed: str) -> object:
        sql = "SELECT id, name, short_name, organ_id FROM correspondent WHERE name LIKE ? ORDER BY rank LIMIT 10"
        return raw.execute(sql, (f"%{typed}%",)).fetchall()

    taken = _in_turns(ours, plain, [(typed,) for typed in beginnings] * ROUNDS)
    return _figures(f"type-ahead over {AGENCIES:,} agencies", *taken)


def _doubles(desk: Desk, raw: Any) -> list[Figure]:
    assert desk.agency is not None
    agency, names = desk.agency.id, issuers()
    sql = (
        "SELECT id, number, year, subject FROM arrival WHERE agency_id = ? AND code_number || '/' || code_notation LIKE ?"
        " AND issuer LIKE ?"
    )

    def facts(nth: int, number: str) -> ArrivalFacts:
        return ArrivalFacts(
            arrival_date=today(), issuer=issuer_of(nth, names), code_number=number, code_notation=code_of(nth)[1],
            subject="Về việc báo cáo",
        )  # fmt: skip

    def ours(given: ArrivalFacts) -> object:
        return desk.look_up(find_earlier, agency, given)

    def plain(given: ArrivalFacts) -> object:
        code = f"%{given.code_number}/{given.code_notation}%"
        return raw.execute(sql, (str(agency), code, f"%{given.issuer}%")).fetchall()

    there = [(facts(nth, code_of(nth)[0]),) for nth in range(17, ARRIVALS, ARRIVALS // 400)]
    new = [(facts(nth, "99999"),) for nth in range(31, ARRIVALS, ARRIVALS // 400)]
    assert all(ours(*given) is not None for given in there[:20])
    times = _in_turns(ours, plain, [one for pair in zip(there, new, strict=True) for one in pair], PLAIN_DOUBLES)
    return _figures(f"double among {ARRIVALS:,} arrivals", *times)


def _in_turns(
    ours: Callable[..., object],
    plain: Callable[..., object],
    asked: Sequence[tuple[Any, ...]],
    plain_at_most: int = 500,
) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each answer; the plain way is asked every so often when it is slow."""
    times: tuple[list[float], list[float]] = [], []
    every = max(1, len(asked) // plain_at_most)
    for nth, given in enumerate(asked):
        for way, kept in zip((ours, plain), times, strict=True):
            if way is ours or nth % every == 0:
                start = time.perf_counter()
                way(*given)
                kept.append(1000 * (time.perf_counter() - start))
    return times


def _figures(name: str, ours: list[float], plain: list[float]) -> list[Figure]:
    baseline = "LIKE '%…%'"
    return [
        Figure(f"{name}, median", median(ours), "ms", f"{baseline}, median", median(plain)),
        Figure(f"{name}, 99th percentile", _p99(ours), "ms", f"{baseline}, 99th", _p99(plain), GOAL),
    ]


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98] if len(values) >= 100 else max(values)
