"""Evidence, then procedures; and again, where evidence waits for procedures.

Most texts need one round: breaches and findings do not ask what was decided. Where they
do (``suspended while adopted Pause``, ``count of episodes of F`` in a finding), all is
judged again with what the round before gave, until nothing new follows (rule G7). The
checker refuses rings, so each round settles at least one more clause.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tocsin.agreement.evaluate.judged import Judged
from tocsin.agreement.evaluate.pausing import paused
from tocsin.agreement.evaluate.procedure import Proceeded, proceed
from tocsin.agreement.evaluate.setting import Setting

__all__ = ["settled"]


def settled(
    setting: Setting, judge: Callable[[Setting], Judged]
) -> tuple[Setting, Judged, Proceeded]:
    """What an engine judges and what follows, once nothing new follows."""
    most = len(setting.plan.agreement.articles) + 2
    asked = paused(setting)
    for _ in range(most):
        judged = judge(asked)
        after = proceed(asked, judged)
        same = after.happened == asked.happened
        if same or not setting.plan.waits_for_procedures:
            break
        asked = paused(msgspec.structs.replace(setting, happened=after.happened))
    return asked, judged, after
