"""The deterrence game with incomplete information, in closed form, for many draws.

A challenger may leave things as they are (SQ) or challenge; the defender then concedes
(DC) or resists; a challenger that meets resistance backs down (CD) or fights (H, S).
Each side is hard (prefers to fight to the end) or soft, and only knows how likely the
other is to be hard. With ``p_d`` the probability that the guarantee is honoured:

- *certain deterrence*: nobody challenges, because p_d reaches what is required;
- *separating*: only hard challengers challenge;
- *bluff*: soft ones challenge now and then, and soft defenders resist now and then;
- *attack*: everybody challenges;
- *steadfast deterrence*: nobody challenges, propped up by the belief that whoever
  challenged would be soft. It exists beside each of the last three; hard challengers
  gain most by deviating, so it does not survive the D1 refinement. It is reported all
  the same: several equilibria may exist, and a text cannot choose among them.

References:
    Zagare and Kilgour (2000), Perfect Deterrence: labels; the algebra is re-derived
    and held against enumeration of all equilibria in ``tests/stresstest/test_game.py``.

>>> import numpy as np
>>> one = solve(
...     Payoffs(**{n: np.array([v]) for n, v in EXAMPLE.items()}),
...     p_d=np.array([0.2]),
...     p_c=np.array([0.9]),
... )
>>> one.name(0), round(float(one.required[0]), 3)
('attack', 0.667)
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.errors import WrongUse

__all__ = ["EXAMPLE", "NAMES", "Payoffs", "Solution", "solve"]

Reals = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

NAMES: Final = ("certain_deterrence", "separating", "bluff", "attack")

EXAMPLE: Final = {
    "c_dc": 1.0,
    "c_sq": 0.6,
    "c_h": 0.4,
    "c_cd": 0.0,
    "d_cd": 1.0,
    "d_dc": 0.3,
    "d_s": 0.0,
}


class Payoffs(msgspec.Struct, frozen=True, kw_only=True):
    """What each outcome is worth, one value a draw; only ratios of differences matter.

    Attributes:
        c_dc, c_sq, c_h, c_cd: for the challenger: it gets its way; as things are; a
            hard one fights; it backs down. In this order, from best to worst.
        d_cd, d_dc, d_s: for the defender: the challenger backs down; it concedes; a
            soft one fights. In this order, from best to worst.
    """

    c_dc: Reals
    c_sq: Reals
    c_h: Reals
    c_cd: Reals
    d_cd: Reals
    d_dc: Reals
    d_s: Reals

    def ordered(self) -> bool:
        """Whether every draw keeps the order of the game."""
        challenger = (self.c_dc > self.c_sq) & (self.c_sq > self.c_h)
        defender = (self.d_cd > self.d_dc) & (self.d_dc > self.d_s)
        return bool((challenger & (self.c_h > self.c_cd) & defender).all())


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """The equilibrium that survives D1, and whether another stands beside it.

    Attributes:
        code: index into :data:`NAMES`.  # (n,)
        required: p_d from which nobody challenges.  # (n,)
        p_challenge: probability of a challenge.  # (n,)
        p_status_quo, p_conceded, p_backed_down, p_war: outcomes, they sum to 1.  # (n,)
        steadfast: steadfast deterrence exists beside it.  # (n,)
    """

    code: Codes
    required: Reals
    p_challenge: Reals
    p_status_quo: Reals
    p_conceded: Reals
    p_backed_down: Reals
    p_war: Reals
    steadfast: npt.NDArray[np.bool_]

    def name(self, at: int) -> str:
        """Name of the equilibrium of one draw."""
        return NAMES[self.code[at]]


def solve(payoffs: Payoffs, *, p_d: Reals, p_c: Reals) -> Solution:
    """Every draw's equilibrium.

    Args:
        payoffs: one value a draw.
        p_d: probability that the guarantee is honoured (the defender is hard).
        p_c: probability that the challenger is hard.

    Raises:
        WrongUse: the payoffs of some draw are not in the order of the game.
    """
    if not payoffs.ordered():
        raise WrongUse(
            "the payoffs must keep c_dc > c_sq > c_h > c_cd and d_cd > d_dc > d_s"
        )
    gain = payoffs.c_dc - payoffs.c_sq
    c_t = gain / (payoffs.c_dc - payoffs.c_h)  # a hard challenger is just deterred
    c_s = gain / (payoffs.c_dc - payoffs.c_cd)  # a soft challenger is just deterred
    d_t = (payoffs.d_cd - payoffs.d_dc) / (payoffs.d_cd - payoffs.d_s)
    code = np.where(
        p_d >= c_t, 0, np.where(p_d >= c_s, 1, np.where(p_c < d_t, 2, 3))
    ).astype(np.int8)
    return _outcomes(code, c_t, c_s, d_t, p_d, p_c)


def _outcomes(
    code: Codes, c_t: Reals, c_s: Reals, d_t: Reals, p_d: Reals, p_c: Reals
) -> Solution:
    bluff, attack = code == NAMES.index("bluff"), code == NAMES.index("attack")
    soft = np.select([bluff, attack], [_bluffs(p_c, d_t), np.ones_like(p_c)], 0.0)
    hard = np.where(code == 0, 0.0, 1.0)
    resisted = np.where(bluff, c_s, p_d)
    by_hard, by_soft = p_c * hard, (1 - p_c) * soft
    return Solution(
        code=code,
        required=c_t,
        p_challenge=by_hard + by_soft,
        p_status_quo=1 - by_hard - by_soft,
        p_conceded=(by_hard + by_soft) * (1 - resisted),
        p_backed_down=by_soft * resisted,
        p_war=by_hard * resisted,
        steadfast=code != 0,
    )


def _bluffs(p_c: Reals, d_t: Reals) -> Reals:
    """How often a soft challenger bluffs, so that a soft defender is indifferent."""
    odds = np.minimum(p_c, d_t) * (1 - d_t) / np.maximum((1 - p_c) * d_t, 1e-300)
    return np.asarray(np.minimum(odds, 1.0))
