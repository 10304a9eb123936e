"""Facts of the ledger as the other engines take them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from tocsin.agreement.evaluate.history import NONE, Codes, History, Ints
from tocsin.agreement.evaluate.online_intake import TEXTS
from tocsin.agreement.evaluate.online_ledger import REAL, WHOLE, Ledger

__all__ = ["history", "with_mates"]


def history(
    ledger: Ledger,
    rows: Sequence[int],
    origin: str | None,
    *,
    sectors: Iterable[str] = (),
) -> History:
    """These rows, all of whom count, as the other engines take them.

    Args:
        sectors: that are known from elsewhere.
    """
    order = np.array(ledger.sorted_rows(rows), dtype=np.int64)
    roots, root = _renumbered(ledger.whole["root"][order])
    real = {name: ledger.real[name][order] for name in REAL}
    chosen = ledger.whole["choice"][order] >= 0
    whole = {name: ledger.whole[name][order] for name in WHOLE}
    return History(
        origin=origin,
        fact_id=pa.array([ledger.ids[row] for row in order], pa.string()),
        index=np.arange(len(order), dtype=np.int64),
        text={name: _codes(ledger, name, whole[name], sectors) for name in TEXTS},
        count=whole["count"],
        value=real["value"],
        t=whole["t"],
        early=whole["early"],
        late=whole["late"],
        end=whole["end"],
        p=np.where(chosen, real["hi"] - real["lo"], real["p"]),
        root=root,
        component=_components(ledger, roots, root),
        lo=real["lo"],
        hi=real["hi"],
        sources=whole["sources"],
        lon=real["lon"],
        lat=real["lat"],
        sigma_m=real["sigma_m"],
        root_names=tuple(ledger.root_names[code] for code in roots.tolist()),
        known_until=None,
    )


def _codes(ledger: Ledger, name: str, code: Ints, sectors: Iterable[str]) -> Codes:
    names = ledger.words.names(name)
    if name == "sector":
        others = [ledger.words.code("sector", sector) for sector in sectors]
        seen = list(dict.fromkeys([*ledger.seen["sector"], *others]))
    elif name == "subject":
        seen = np.unique(code[code >= 0]).tolist()
    else:
        return Codes(code, tuple(names))
    place = {old: new for new, old in enumerate(seen)}
    moved = np.array([place.get(old, NONE) for old in code.tolist()], np.int64)
    return Codes(moved, tuple(names[old] for old in seen))


def _components(ledger: Ledger, roots: Ints, root: Ints) -> Ints:
    """The component of each row: the least of the roots that are tied to its own."""
    if not ledger.chosen:
        return root
    place = {int(code): n for n, code in enumerate(roots.tolist())}
    label = np.arange(len(roots), dtype=np.int64)
    for code, n in place.items():
        mates = [place[mate] for mate in ledger.tied(code) if mate in place]
        label[n] = min(mates)
    return np.asarray(label[root])


def with_mates(ledger: Ledger, rows: Iterable[int]) -> set[int]:
    """These rows and all that share their chance, so that worlds keep their names."""
    found = set(rows)
    if not ledger.chosen:
        return found
    for root in {int(ledger.whole["root"][row]) for row in found}:
        for mate in ledger.tied(root):
            found |= {row for row in ledger.root_rows(mate) if ledger.alive[row]}
    return found


def _renumbered(code: Ints) -> tuple[Ints, Ints]:
    """The distinct codes in the order in which they occur, and each code's place."""
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return code[np.sort(first)], rank[group]
