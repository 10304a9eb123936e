"""Work by several threads, where there is enough of it to be worth their while.

How many threads there are is no part of a question, so it is no argument of one: no
answer depends on it. Each thing is worked on alone, and results come in the order of
the things. What runs inside a thread starts no further ones.

>>> with threads(2):
...     each(lambda n: n * n, range(4), size=1_000_000)
[0, 1, 4, 9]
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

__all__ = ["each", "threads"]

Thing = TypeVar("Thing")
Made = TypeVar("Made")

WORTH_IT: Final = 50_000
"""From so many facts on, threads are started."""

ONE_A_CORE: Final = 0
_NUMBER: ContextVar[int] = ContextVar("threads", default=ONE_A_CORE)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Let evaluations in this block use so many threads; 0: one for each core."""
    token = _NUMBER.set(number)
    try:
        yield
    finally:
        _NUMBER.reset(token)


def each(
    work: Callable[[Thing], Made], things: Iterable[Thing], *, size: int
) -> list[Made]:
    """What the work makes of each thing, in order.

    Args:
        work: takes one thing; it changes nothing that another call looks at.
        things: what is worked on.
        size: facts in all.
    """
    whole = list(things)
    number = min(_NUMBER.get() or os.cpu_count() or 1, len(whole))
    if number <= 1 or size < WORTH_IT:
        return [work(thing) for thing in whole]

    def alone(thing: Thing) -> Made:
        with threads(1):
            return work(thing)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(alone, whole))
