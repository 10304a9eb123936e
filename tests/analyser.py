"""Random agreements, and every answer of the analyser against brute force and replay.

An agreement has a finding, attributed or not, a decision with weights, quorum, veto
and silence, a power that needs it and two acts, and a measure that follows by itself,
may be suspended and may be what a lapse leads to. Against it stand

- *brute force*: every ballot of every member in every vote, counted by the only tally,
  and what the text then says, written out by hand below: can it activate, which groups
  can stop it, what comes whatever anybody does, what comes if nobody does anything;
- *replay*: the monitor, on ballots and acts drawn by chance, must see exactly what the
  hand-written meaning says; at best and as promised it must act at that second; a group
  that can stop it must stop it; and slices are the most that stays below a trigger.

By hand:

    python tests/analyser.py AGREEMENTS SEED

prints how many agreed, and writes those that did not to DIFFERENCES.txt.
"""

import random
import sys
from datetime import timedelta
from itertools import combinations, product
from pathlib import Path

from tocsin.agreement.decisions import Ballot, tally
from tocsin.agreement.parse import parse_rules
from tocsin.agreement.terms import Decision, Effect, FindingRule
from tocsin.agreement.walk import rules_of
from tocsin.model.vocabulary import Vote
from tocsin.stresstest.compiling import guarantees_of
from tocsin.stresstest.histories import (
    History,
    activated,
    activation,
    replay,
    start_of_history,
    table,
)
from tocsin.stresstest.slices import largest_uncounted
from tocsin.stresstest.structure import structure_of
from tocsin.stresstest.tree import ways

MEMBERS = ("Guarantor_1", "Guarantor_2", "Guarantor_3")
HOST = "Party_B"
HOUR = timedelta(hours=1)
VOTES = (
    "2 of 3 of Guarantor_1, Guarantor_2, Guarantor_3",
    "two thirds of votes",
    "more than 1/2 of votes",
    "all members",
    "at least 2 members",
    "60 percent of votes\n    and at least 2 members",
    "1 of 2 of Guarantor_1, Guarantor_2\n    or 3 votes",
)
ACTS = {"consent": HOST, "mandate": "Guarantor_1", "used": "Group_1"}
"""Who acts; who holds a power that no decision of its own opens has to use it."""

EVERYBODY = (*MEMBERS, HOST, "Group_1")
SAYS = (Vote.YES, Vote.NO, Vote.ABSTAIN, None)


class Drawn:
    """A text drawn by chance, and what it says, written out."""

    def __init__(self, chance: random.Random) -> None:
        self.attributed = chance.random() < 0.5
        self.blames = self.attributed and chance.random() < 0.5  # a lapse leads on
        self.back = chance.random() < 0.5
        self.first = chance.choice(("lapsed", "rejected", "storm"))
        self.suspended = chance.random() < 0.5
        self.joined = chance.choice(("and", "or"))
        self.needs = chance.sample(
            ("response", "consent", "mandate"), chance.randint(1, 3)
        )
        self.text = self._text(chance)
        self.agreement = parse_rules(self.text).records
        self.votes = {
            rule.name: _procedure(rule)
            for article in self.agreement.articles
            for rule in rules_of(article)
            if isinstance(rule, FindingRule | Decision | Effect)
        }

    def _text(self, chance: random.Random) -> str:
        state = "found" if self.attributed else "alleged"
        some = lambda *lines: chance.choice(("", *lines))  # noqa: E731
        vote = lambda: chance.choice(VOTES)  # noqa: E731
        attribution = f"""  attributed by Body_1
    vote {vote()}
    within 6 hours of alleged
{"    otherwise Article 5" + chr(10) if self.blames else ""}"""
        first = {"storm": f"{state} storm on party"}.get(
            self.first, f"{self.first} Article 3"
        )
        needs = {
            "response": "adopted Response",
            "consent": f"consent of {HOST}",
            "mandate": "mandate of Guarantor_1",
        }
        needed = f"\n    {self.joined} ".join(needs[need] for need in self.needs)
        quiet = not self.back and self.first == "storm"
        silence = some("    silence is yes after 5 hours\n") if quiet else ""
        unless = f"  unless suspended by Group_1\n    vote {vote()}\n"
        return f"""
parties Party_A, {HOST}
group Group_1 of {", ".join(MEMBERS)}
body Body_1 of {", ".join(MEMBERS)}
act fire is "to open fire"
act deploy is "to deploy"
Article 1
  forbid any party to fire
Article 2
  finding storm for party
  when count of breaches of Article 1 by party over 72 hours >= 1
{attribution if self.attributed else ""}Article 3
  upon {state} storm on party
  decide Response by Group_1
    vote {vote()}
{some("    quorum 2 members" + chr(10))}{
            some(
                "    veto Guarantor_1" + chr(10),
                "    veto Guarantor_2, Guarantor_3" + chr(10),
            )
        }{some("    weights Guarantor_1 3, Guarantor_2 2" + chr(10))}{
            silence
        }    within 24 hours
{"    otherwise Article 5" + chr(10) if self.back else ""}Article 4
  power Group_1 to deploy
  needs {needed}
Article 5
  upon {first}
  effect snapback on party
  within 2 days
{unless if self.suspended else ""}"""

    def acts(self, said, consents):
        """Which guarantees act, by the outcomes of the votes and the acts on record."""
        attribution = said["storm"]
        found = not self.attributed or attribution == "adopted"
        response = said["Response"] if found else "never"
        wakes = {
            "storm": found,
            "lapsed": response == "lapsed",
            "rejected": response == "rejected",
        }[self.first]
        wakes |= self.blames and attribution == "lapsed"
        wakes |= self.back and response == "lapsed"
        held = {"response": response == "adopted", **consents}
        used = "response" in self.needs or held.get("used", True)
        joined = all if self.joined == "and" else any
        return {
            "Response": response == "adopted",
            "deploy": used and joined(held[need] for need in self.needs),
            "snapback": wakes and said["snapback"] != "adopted",
        }


def _procedure(rule):
    if isinstance(rule, Effect):
        return rule.unless.procedure if rule.unless else None
    return rule.attribution if isinstance(rule, FindingRule) else rule.procedure


# --- brute force ---------------------------------------------------------------------


def outcomes(drawn, name):
    """The outcome of a vote for every ballot of every member."""
    procedure = drawn.votes.get(name)
    if procedure is None:
        return None
    begin = start_of_history(drawn.agreement)
    due = begin + {"storm": 6, "Response": 24, "snapback": 48}[name] * HOUR
    found = {}
    for says in product(SAYS, repeat=3):
        cast = [
            Ballot(member=who, vote=vote, t=begin)
            for who, vote in zip(MEMBERS, says, strict=True)
            if vote is not None
        ]
        end = tally(
            procedure, cast, members=MEMBERS, proposal_at=begin, due=due, at=due
        )
        found[says] = end.outcome
    return found


def reachable(table_of, group):
    """For each choice of a group: the outcomes that the others can bring about."""
    if table_of is None:
        return {frozenset({"none"})}
    held = [who in group for who in MEMBERS]
    by_choice = {}
    for says, outcome in table_of.items():
        mine = tuple(v for v, own in zip(says, held, strict=True) if own)
        by_choice.setdefault(mine, set()).add(outcome)
    return {frozenset(found) for found in by_choice.values()}


def can_stop(drawn, tables, key, group):
    """Whether the group has a choice against which no choice of the others helps."""
    names = ("storm", "Response", "snapback")
    own = {a: who in group for a, who in ACTS.items()}
    free = {act: (False,) if held else (False, True) for act, held in own.items()}
    for sets in product(*(reachable(tables[n], group) for n in names)):
        comes = any(
            drawn.acts(
                dict(zip(names, said, strict=True)),
                dict(zip(free, acts, strict=True)),
            )[key]
            for said in product(*sets)
            for acts in product(*free.values())
        )
        if not comes:
            return True
    return False


def idle_outcome(drawn, tables, name):
    """What comes of a vote of which nobody takes part, and that nobody proposed."""
    procedure = drawn.votes.get(name)
    return "none" if procedure is None or name == "snapback" else "lapsed"


def against_brute_force(drawn):
    """What differs between the analyser and every ballot of everybody."""
    names = ("storm", "Response", "snapback")
    tables = {name: outcomes(drawn, name) for name in names}
    said = {found.key: found for found in structure_of(drawn.agreement)}
    for promised in guarantees_of(drawn.agreement):
        found, key = said[promised.key], promised.name
        groups = [g for n in range(6) for g in combinations(EVERYBODY, n)]
        stopping = [g for g in groups if can_stop(drawn, tables, key, g)]
        possible = () not in stopping
        if found.can_activate != possible:
            yield f"{key}: can activate {found.can_activate}, brute force {possible}"
        if not possible:
            continue
        smallest = min(map(len, stopping), default=0)
        if len(found.smallest_blocking) != smallest:
            yield f"{key}: blocked by {found.smallest_blocking}, brute force {smallest}"
        alone = {g[0] for g in stopping if len(g) == 1}
        if set(found.veto_players) != alone:
            yield f"{key}: vetoes {found.veto_players}, brute force {sorted(alone)}"
        forced = EVERYBODY not in stopping
        if bool(found.automaticity.reached) != forced:
            yield f"{key}: reached {found.automaticity.reached}, brute force {forced}"
        if (found.time.worst is not None) != forced:
            yield f"{key}: worst {found.time.worst}, brute force {forced}"
        nobody = drawn.acts(
            {name: idle_outcome(drawn, tables, name) for name in names},
            dict.fromkeys(ACTS, False),
        )[key]
        if bool(found.automaticity.without_anybody) != nobody:
            yield f"{key}: idle {found.automaticity.without_anybody}, by hand {nobody}"


# --- replay --------------------------------------------------------------------------


def against_replay(drawn, chance):
    """What differs between the analyser and what the monitor sees."""
    yield from _by_chance(drawn, chance)
    said = {found.key: found for found in structure_of(drawn.agreement)}
    for promised in guarantees_of(drawn.agreement):
        found = said[promised.key]
        unsettled = promised.kind == "power" and "    or " in _article(drawn, "4")
        if not found.can_activate or unsettled:
            continue  # the monitor says of `or` in a power that it does not settle it
        yield from _timed(drawn, promised, found)
        group = found.smallest_blocking
        if group and "Group_1" not in group and not _stopped(drawn, promised, group):
            yield f"{promised.name}: {group} does not stop it in the monitor"


def _by_chance(drawn, chance):
    """Ballots and acts by chance: the monitor sees what is written out by hand."""
    begin = start_of_history(drawn.agreement)
    rows = [{"kind": "fire", "party": "Party_A", "t": begin}]
    said, late = {}, {"storm": 0, "Response": 7, "snapback": 40}
    proposed = chance.random() < 0.5
    for name, hours in late.items():
        procedure = drawn.votes.get(name)
        if procedure is None:
            said[name] = "none"
            continue
        t = begin + hours * HOUR
        says = [chance.choice(SAYS) for _ in MEMBERS]
        cast = [(w, v) for w, v in zip(MEMBERS, says, strict=True) if v is not None]
        if name == "Response" and proposed:
            rows.append(
                {"kind": "proposal", "party": MEMBERS[0], "subject": name, "t": t}
            )
        rows += [
            {"kind": "ballot", "party": w, "vote": v.value, "subject": name, "t": t}
            for w, v in cast
        ]
        due = begin + {"storm": 6, "Response": 24, "snapback": 100}[name] * HOUR
        said[name] = tally(
            procedure,
            [Ballot(member=w, vote=v, t=t) for w, v in cast],
            members=MEMBERS,
            proposal_at=t if name == "Response" and proposed else None,
            due=due,
            at=due,
        ).outcome
    acts = {"consent": chance.random() < 0.7, "mandate": chance.random() < 0.7}
    by = {"consent": HOST, "mandate": MEMBERS[0]}
    rows += [
        {"kind": a, "party": by[a], "t": begin} for a, done in acts.items() if done
    ]
    seen = replay(drawn.agreement, _history(rows, begin))
    by_hand = drawn.acts(said, acts)
    for promised in guarantees_of(drawn.agreement):
        if promised.kind == "power" and "    or " in _article(drawn, "4"):
            continue
        if activated(seen, promised) != by_hand[promised.name]:
            yield f"{promised.name}: the monitor differs, {said}, {acts}"


def _article(drawn, number):
    return drawn.text.split(f"Article {number}\n")[1].split("Article ")[0]


def _history(rows, begin):
    day = 24 * HOUR
    return History(facts=table(rows), start=begin - day, until=begin + 20 * day)


def _timed(drawn, promised, found):
    """At best at once, and as promised at the last second, over every way."""
    begin = start_of_history(drawn.agreement)
    if "silence" in drawn.text and promised.name != "Response":
        return  # nobody proposes here, and silence then never starts
    for late, wanted in ((False, found.time.best), (True, found.time.promised)):
        took = []
        for way in ways(promised.tree):
            history = activation(
                drawn.agreement, promised, way=way, late=late, deliberate=0 * HOUR
            )
            at = _acted_at(replay(drawn.agreement, history), promised, late)
            if at is not None:
                took.append((at - begin).total_seconds())
        if wanted is not None and min(took, default=None) != wanted:
            yield f"{promised.name}: late {late} {wanted}, monitor {sorted(took)}"


def _acted_at(seen, promised, late):
    if promised.kind == "power":
        at = [g.since for g in seen.guarantees if g.clause == promised.clause]
        return at[0] if activated(seen, promised) else None
    found = seen.evaluation
    if promised.kind == "decision":
        at = [d.decided_at for d in found.decisions if d.name == promised.name]
        return at[0] if activated(seen, promised) else None
    name = "due" if late else "arose_at"
    at = [getattr(e, name) for e in found.effects if e.effect == promised.name]
    return min(at, default=None)


def _stopped(drawn, promised, group):
    """Whether the group stops each way of the others by some choice."""
    for way in ways(promised.tree):
        stopped = False
        for how in ("no", "silent", "yes"):
            history = activation(
                drawn.agreement, promised, way=way, refuse=group, how=how
            )
            stopped |= not activated(replay(drawn.agreement, history), promised)
        if not stopped:
            return False
    return True


# --- slices --------------------------------------------------------------------------


def against_placements(chance):
    """The most below one or two triggers, against every placement on a short clock."""
    triggers = [
        (chance.randint(1, 4), chance.randint(2, 3))
        for _ in range(chance.randint(1, 2))
    ]
    horizon = chance.randint(1, 6)
    most = min(at_least for _, at_least in triggers) - 1
    best = max(
        sum(counts)
        for counts in product(range(most + 1), repeat=horizon)
        if not any(
            sum(counts[t : t + window + 1]) >= at_least
            for window, at_least in triggers
            for t in range(horizon)
        )
    )
    found, _ = largest_uncounted(triggers, horizon)
    if found != best:
        yield f"slices {triggers} over {horizon}: {found}, every placement {best}"


def differences(number):
    """What differs for the agreement of this number; [] where nothing does."""
    chance = random.Random(number)
    drawn = Drawn(chance)
    found = [
        *against_brute_force(drawn),
        *against_replay(drawn, chance),
        *against_placements(chance),
    ]
    return [f"{number}: {one}\n{drawn.text}" for one in found]


def run(agreements, seed):
    """So many agreements; how many agreed, and what differed."""
    wrong = []
    for at in range(agreements):
        wrong += differences(seed + at)
        if at % 250 == 249:
            print(f"{at + 1} agreements, {len(wrong)} differences", flush=True)
    return wrong


if __name__ == "__main__":
    told = run(int(sys.argv[1]), int(sys.argv[2]))
    if told:
        Path("DIFFERENCES.txt").write_text("\n".join(told), encoding="utf-8")
    print(f"{sys.argv[1]} random agreements: {len(told)} differences")
