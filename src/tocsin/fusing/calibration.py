"""How good the probabilities of attribution are, on exercises with known truth.

In: seeds of exercises that nothing was fitted to. Out: Brier score, log loss, expected
calibration error (ECE), accuracy and coverage at .95, the same by the mix of sensors
that saw an incident and by the party that did it, and a reliability diagram. An error
that falls on one party is bias: :attr:`Group.lean` says how much more often than it did
each party is named.

Judged are incidents of hostile fire, and those taken for it that are none: false
reports, and drill or blasting that nobody marked as such. To name a party for the
latter is wrong. An incident is determined where one party is likelier than every other
and than nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.model import Record

__all__ = ["Bin", "Group", "Judged", "calibrated", "drawn", "reliability", "said"]

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
BINS = 10
SURE = 0.95
LEAST_P = 1e-3  # log loss counts nothing as less likely than this


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents with their probabilities and the truth.

    Attributes:
        parties: names, in the order of the columns of ``p``.
        p: (n, parties) probability of each party.
        truth: number of the true party; -1: it never happened.
        mix: platforms that saw each, joined.
    """

    parties: tuple[str, ...]
    p: Reals
    truth: Ints
    mix: tuple[str, ...]


class Bin(Record, frozen=True, kw_only=True):
    """Determined incidents of like probability."""

    incidents: int
    said: float
    right: float


class Group(Record, frozen=True, kw_only=True):
    """The measures of some incidents; None where there is none to measure.

    Attributes:
        name: all, a mix of sensors, or a party.
        incidents: how many; ``named``: share in which a party is named.
        lean: mean probability of the party minus the share it did, for a party.
        sure: share with .95 or more; ``sure_accuracy``: share of those that are right.
    """

    name: str
    incidents: int
    named: float
    accuracy: float | None
    brier: float
    log_loss: float
    ece: float | None
    sure: float
    sure_accuracy: float | None
    lean: float | None = None


def calibrated(judged: Judged, *, least: int = 30) -> tuple[Group, ...]:
    """All incidents, then by party, then by mix of sensors, the commonest first.

    Args:
        judged: see there.
        least: a mix of fewer incidents is not told by itself.
    """
    every = np.ones(len(judged.truth), dtype=bool)
    groups = [_measured("all", judged, every)]
    for k, party in enumerate(judged.parties):
        did = judged.truth == k
        if did.any():
            lean = float(judged.p[:, k].mean() - did.mean())
            one = _measured(f"did it: {party}", judged, did)
            groups.append(msgspec.structs.replace(one, lean=lean))
    mixes, n = np.unique(np.array(judged.mix), return_counts=True)
    for at in np.lexsort((mixes, -n)):
        if n[at] >= least:
            name = str(mixes[at])
            groups.append(_measured(name, judged, np.array(judged.mix) == name))
    return tuple(groups)


def _measured(name: str, judged: Judged, which: Flags) -> Group:
    p, truth = judged.p[which], judged.truth[which]
    top, right, named = _named(p, truth)
    sure = top >= SURE
    hit = np.zeros_like(p)
    some = np.flatnonzero(truth >= 0)
    hit[some, truth[some]] = 1.0
    whole = np.column_stack([p, 1 - p.sum(axis=1)])
    mine = np.where(truth >= 0, truth, p.shape[1])
    chance = np.maximum(whole[np.arange(len(p)), mine], LEAST_P)
    return Group(
        name=name,
        incidents=len(p),
        named=float(named.mean()),
        accuracy=_share(right[named]),
        brier=float((((p - hit) ** 2).sum(axis=1) / 2).mean()),
        log_loss=float(-np.log(chance).mean()),
        ece=_ece(top[named], right[named]),
        sure=float(sure.mean()),
        sure_accuracy=_share(right[sure]),
    )


def _named(p: Reals, truth: Ints) -> tuple[Reals, Flags, Flags]:
    """The greatest probability, whether it is right, and whether anybody is named."""
    top, right = p.max(axis=1), p.argmax(axis=1) == truth
    tied = (p == top[:, None]).sum(axis=1) > 1
    return top, right, ~tied & (top > 1 - p.sum(axis=1))


def _share(right: Flags) -> float | None:
    return float(right.mean()) if len(right) else None


def _ece(top: Reals, right: Flags) -> float | None:
    bins = _bins(top, right)
    n = len(top)
    return sum(b.incidents * abs(b.said - b.right) for b in bins) / n if n else None


def reliability(judged: Judged) -> tuple[Bin, ...]:
    """Ten bins of determined incidents: what was said, and how often it was right."""
    top, right, named = _named(judged.p, judged.truth)
    return _bins(top[named], right[named])


def _bins(top: Reals, right: Flags) -> tuple[Bin, ...]:
    which = np.minimum((top * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(
            incidents=int((which == k).sum()),
            said=float(top[which == k].mean()),
            right=float(right[which == k].mean()),
        )
        for k in np.unique(which)
    )


# --- in words and as a picture


def said(groups: Sequence[Group]) -> Iterator[str]:
    """The measures as a table of Markdown."""
    heads = (
        "incidents", "n", "named", "accuracy", "Brier", "log loss", "ECE",
        "at .95", "right of those", "lean",
    )  # fmt: skip
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for one in groups:
        figures = (
            one.named, one.accuracy, one.brier, one.log_loss, one.ece, one.sure,
            one.sure_accuracy, one.lean,
        )  # fmt: skip
        cells = [one.name, f"{one.incidents:,}"]
        cells += ["" if f is None else f"{f:.3f}" for f in figures]
        yield f"| {' | '.join(cells)} |"


SIDE, EDGE = 320.0, 46.0


def drawn(bins: Sequence[Bin], *, title: str) -> str:
    """The reliability diagram, SVG: on the diagonal what is said is what is so.

    The area of a dot grows with its number of incidents.

    >>> picture = drawn([Bin(incidents=9, said=0.9, right=1.0)], title="Exercise")
    >>> picture.count("<circle")
    1
    """
    most = max((b.incidents for b in bins), default=1)
    dots = "".join(
        f'<circle cx="{_x(b.said):.1f}" cy="{_y(b.right):.1f}"'
        f' r="{3 + 9 * (b.incidents / most) ** 0.5:.1f}" fill="#1f5f8b"'
        f' fill-opacity="0.75"><title>said {b.said:.2f}, right {b.right:.2f},'
        f" {b.incidents:,} incidents</title></circle>"
        for b in bins
    )
    ticks = "".join(
        _text(f"{v:g}", _x(v), _y(0) + 16, "middle")
        + _text(f"{v:g}", _x(0) - 8, _y(v) + 4, "end")
        for v in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    size = SIDE + 2 * EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size:g} {size:g}"'
        f' font-family="sans-serif" font-size="11" role="img" aria-label="{title}">'
        f'<rect width="{size:g}" height="{size:g}" fill="#fff"/>'
        f'<text x="{EDGE:g}" y="24" font-size="13">{title}</text>'
        f'<rect x="{EDGE:g}" y="{EDGE:g}" width="{SIDE:g}" height="{SIDE:g}"'
        ' fill="none" stroke="#999"/>'
        f'<line x1="{_x(0):g}" y1="{_y(0):g}" x2="{_x(1):g}" y2="{_y(1):g}"'
        ' stroke="#999" stroke-dasharray="4 4"/>'
        f"{ticks}{dots}"
        f'<text x="{size / 2:g}" y="{size - 8:g}" text-anchor="middle">'
        "probability that was said</text>"
        f'<text x="14" y="{size / 2:g}" text-anchor="middle"'
        f' transform="rotate(-90 14 {size / 2:g})">share that was right</text></svg>'
    )


def _text(words: str, x: float, y: float, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def _x(value: float) -> float:
    return EDGE + SIDE * value


def _y(value: float) -> float:
    return EDGE + SIDE * (1 - value)
