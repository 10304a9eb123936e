"""What the online engine lets go, and what it writes down to go on elsewhere.

Behind the lateness horizon no fact comes in any more. What lies further back than the
longest window before it is let go: facts, rows, coverage. Kept are episodes, acts on
record, and all facts of clauses that are judged anew (``Monitor.judged_anew``). Names
of facts that were let go leave a mark of eight bytes each, so that a new report of an
old thing is handed back and not taken for a new thing.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.history import Ints
from tocsin.agreement.evaluate.online_core import Core
from tocsin.agreement.evaluate.online_counts import KeyState
from tocsin.agreement.evaluate.online_ledger import Ledger
from tocsin.agreement.evaluate.watch import Stretch, Watch
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import Agreement
from tocsin.errors import WrongUse

__all__ = ["Saved", "forget", "restored", "saved"]

VERSION: Final = 1
MICROSECONDS: Final = 1_000_000


# --- letting go ----------------------------------------------------------------------


def forget(
    core: Core, said: dict[tuple[int, ...], int], *, floor: int, now: int
) -> None:
    """Let go what no fact from ``floor`` on can touch; now and then, not every time."""
    ledger = core.ledger
    since = floor - core.reach - 2
    order = ledger.order
    if order.n == 0 or order.held[0, order.n // 2] >= since * MICROSECONDS:
        return
    core.forget_episodes(floor, now)
    kept = _kept(core, since)
    ledger.freeze(since * MICROSECONDS, _quoted(core), kept)
    core.routes.keep(kept)
    ledger.keep(kept, {key.subject for key in core.followed})
    core.keep_from(since)
    for count in core.units.counts:
        count.forget(since, floor)
    for duty in core.units.duties:
        duty.forget(floor)
    _forget_watching(core, since)
    standing = {key for count in core.units.counts for key in count.everything()}
    for key in [k for k in said if max(k[4], k[5]) < floor and k not in standing]:
        del said[key]


def _kept(core: Core, since: int) -> Ints:
    """Rows that stay: those in reach, those on record, and whoever shares with them."""
    ledger, n = core.ledger, core.ledger.n
    whole = {name: values[:n] for name, values in ledger.whole.items()}
    last = np.maximum(np.maximum(whole["t"], whole["late"]), whole["end"])
    kinds = core.starting | core.recorded | core.literal.kinds
    codes = [ledger.words.known("kind", kind) for kind in sorted(kinds)]
    kept = (last >= since) | np.isin(whole["kind"], codes)
    while True:
        more = kept | np.isin(whole["root"], whole["root"][kept])
        chosen = whole["choice"][more & (whole["choice"] >= 0)]
        more |= np.isin(whole["choice"], chosen)
        if (more == kept).all():
            return np.flatnonzero(kept)
        kept = more


def _quoted(core: Core) -> set[int]:
    """Serial numbers that standing rows quote."""
    return {
        serial
        for count in core.units.counts
        for state in count.keys.values()
        for episode in state.episodes
        for serial in episode.serials
    }


def _forget_watching(core: Core, since: int) -> None:
    """Coverage of a sector goes when it is over; coverage of everywhere stays."""
    kept = tuple(s for s in core.watch.stretches if s.sector is None or s.stop >= since)
    if len(kept) == len(core.watch.stretches):
        return
    core.known_sectors |= set(core.watch.sectors)
    core.watch = Watch(kept)
    for unit in core.units.articles.values():
        for code in unit.curves:
            unit.curves[code] = core.watch.steps(core.sector_name(code), unit.kinds)


# --- saved and resumed ---------------------------------------------------------------


class _Counted(msgspec.Struct, array_like=True):
    """One key of one finding."""

    count: int
    key: tuple[int, int]
    state: KeyState


class Saved(msgspec.Struct, kw_only=True):
    """A monitor as bytes; arrays as they lie in memory."""

    version: int
    agreement: str
    start: int
    seed: int
    lateness_s: int | None
    now: int
    since: int
    origin: str | None
    words: dict[str, list[str | None]]
    ids: list[str]
    whole: dict[str, bytes]
    real: dict[str, bytes]
    serial: bytes
    alive: bytes
    usable: bytes
    next_serial: int
    order: bytes
    dropped: int
    frozen: dict[int, int]
    doubles: dict[str, list[int]]
    withdrawn: dict[str, int]
    roots: dict[int, str]
    choices: dict[int, str]
    sectors: list[str]
    seen: dict[int, int]
    dependent: list[str]
    stretches: list[tuple[str | None, str | None, int, int, float]]
    counted: list[_Counted]
    let_go: list[tuple[str, int, int, int]]
    said: list[tuple[list[int], int]]
    marks: tuple[bytes, bytes]

    def encode(self) -> bytes:
        """As MessagePack."""
        return msgspec.msgpack.encode(self)

    @staticmethod
    def decode(data: bytes, agreement: Agreement) -> Saved:
        """What :meth:`encode` gave.

        Raises:
            WrongUse: of another version, damaged, or of another agreement.
        """
        try:
            version = msgspec.msgpack.decode(data, type=_Version).version
            if version != VERSION:
                raise WrongUse(
                    f"the state is of version {version}, this is {VERSION}:"
                    " evaluate the facts anew"
                )
            state = msgspec.msgpack.decode(data, type=Saved)
        except msgspec.MsgspecError as error:
            raise WrongUse(f"this is no saved monitor: {error}") from error
        if state.agreement != _fingerprint(agreement):
            raise WrongUse("the state was saved for another text of the agreement")
        return state


class _Version(msgspec.Struct):
    version: int


def saved(
    core: Core,
    said: dict[tuple[int, ...], int],
    *,
    agreement: Agreement,
    lateness_s: int | None,
    now: int,
) -> Saved:
    """Everything that is needed to go on."""
    ledger, n = core.ledger, core.ledger.n
    return Saved(
        version=VERSION,
        agreement=_fingerprint(agreement),
        start=core.given.start,
        seed=core.given.seed,
        lateness_s=lateness_s,
        now=now,
        since=core.since,
        origin=core.origin,
        words=ledger.words.texts(),
        ids=ledger.ids,
        whole={name: values[:n].tobytes() for name, values in ledger.whole.items()},
        real={name: values[:n].tobytes() for name, values in ledger.real.items()},
        serial=ledger.serial[:n].tobytes(),
        alive=ledger.alive[:n].tobytes(),
        usable=ledger.usable[:n].tobytes(),
        next_serial=ledger.next_serial,
        order=ledger.order.held[:, : ledger.order.n].tobytes(),
        dropped=ledger.order.dropped,
        frozen=ledger.frozen,
        doubles=ledger.doubles,
        withdrawn=ledger.withdrawn,
        roots=ledger.root_names,
        choices={code: name for name, code in ledger.choice_of.items()},
        sectors=sorted(core.known_sectors),
        seen=ledger.seen["sector"],
        dependent=sorted(core.dependent),
        stretches=[
            (s.sector, s.kind, s.start, s.stop, s.share) for s in core.watch.stretches
        ],
        counted=[
            _Counted(n, key, state)
            for n, count in enumerate(core.units.counts)
            for key, state in count.keys.items()
        ],
        let_go=[
            (number, *key, series.dropped)
            for number, unit in core.units.articles.items()
            for key, series in unit.series.items()
        ],
        said=[(list(key), revision) for key, revision in said.items()],
        marks=ledger.let_go.saved(),
    )


def restored(state: Saved, core: Core, said: dict[tuple[int, ...], int]) -> None:
    """Put a saved state into a fresh core."""
    _fill(core.ledger, state)
    core.origin, core.dependent = state.origin, frozenset(state.dependent)
    core.known_sectors = set(state.sectors)
    core.watch = Watch(tuple(Stretch(*parts) for parts in state.stretches))
    core.load(state.now)
    for number, party, sector, dropped in state.let_go:
        core.units.articles[number].had((party, sector), dropped)
    core.keep_from(state.since)
    for one in state.counted:
        count = core.units.counts[one.count]
        count.keys[one.key] = one.state
        count.rejoin(one.key)
    core.settle_procedures(state.now)
    said.update({tuple(key): revision for key, revision in state.said})


def _fill(ledger: Ledger, state: Saved) -> None:
    ledger.words.restore(state.words)
    n = len(state.ids)
    ledger.n, ledger.next_serial, ledger.ids = n, state.next_serial, state.ids
    ledger.serial = _array(state.serial, np.int64)
    ledger.alive = _array(state.alive, np.bool_)
    ledger.usable = _array(state.usable, np.bool_)
    ledger.whole = {name: _array(b, np.int64) for name, b in state.whole.items()}
    ledger.real = {name: _array(b, np.float64) for name, b in state.real.items()}
    ledger.order.held = _array(state.order, np.int64).reshape(2, -1)
    ledger.order.n, ledger.order.dropped = ledger.order.held.shape[1], state.dropped
    ledger.seen["sector"] = state.seen
    ledger.let_go.restore(state.marks)
    ledger.frozen, ledger.doubles = state.frozen, state.doubles
    ledger.withdrawn, ledger.root_names = state.withdrawn, state.roots
    ledger.choice_of = {name: code for code, name in state.choices.items()}
    ledger.index()


def _array(data: bytes, kind: Any) -> Any:
    return np.frombuffer(data, dtype=kind).copy()


def _fingerprint(agreement: Agreement) -> str:
    return hashlib.sha256(to_source(agreement).encode()).hexdigest()
