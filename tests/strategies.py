"""Random agreements, for property tests of the language and of its engines.

``agreements()`` makes any tree that the language can write: names are drawn from the
declared ones, but the clauses need make no sense together. ``sound_agreements()`` makes
agreements in which the checker finds no error, for engines to run. Both print with
``to_source`` and read back as the same tree.
"""

from hypothesis import strategies as st

from tocsin.agreement.terms import (
    Act,
    ActLabel,
    Aggregate,
    Agreement,
    AllOf,
    AnyOf,
    Article,
    ArticleIs,
    ArticleRef,
    ArticleTime,
    AtAllTimes,
    Before,
    Body,
    Breaches,
    BreachOf,
    Calendar,
    Compare,
    ConditionLet,
    DeadlineNotStated,
    Decision,
    DecisionIs,
    Deed,
    Distance,
    Duration,
    Effect,
    Episodes,
    EventTime,
    Exception_,
    Excuse,
    FailingThat,
    FilterAll,
    FilterAny,
    FilterCompare,
    FilterIn,
    FilterNamed,
    FindingRule,
    FindingState,
    FixedTime,
    Forbid,
    Fraction,
    Group,
    Happened,
    InForce,
    Instrument,
    Lapses,
    Lasting,
    Lead,
    Let,
    Line,
    Named,
    Near,
    Not,
    Number,
    Oblige,
    Otherwise,
    Party,
    Permit,
    Power,
    Procedure,
    Scope,
    Sequence,
    SequenceStep,
    Silence,
    Since,
    Standard,
    StandardLevel,
    Status,
    SuspendedBy,
    TimePoint,
    Trigger,
    UndefinedTerm,
    Unless,
    Until,
    VariableIs,
    Version,
    VoteAll,
    VoteAny,
    VoteConsensus,
    VoteNumber,
    VoteOf,
    VoteShare,
    VoteUnanimous,
    Weight,
    Who,
    Within,
    Zone,
)

PARTIES = ("Northland", "Southland")
STATES = ("Aurelia", "Brennia", "Caldoria", "Meridia")
SECTORS = ("North", "East", "South")
ACTS = ("fire", "advance", "request", "access", "clear", "place", "calm")
FINDINGS = ("serious_violation", "storm")
NUMBERS = ("1(1)", "1(2)", "2(1)", "3", "4(1)", "5")

words = st.text("abcdefg éїж-.;:()", min_size=1, max_size=20)
sentences = st.text("abc défgїж.()", max_size=30).map(lambda s: " ".join(s.split()))
names = st.sampled_from((*PARTIES, *STATES, "Coalition", "Mechanism"))
acts = st.sampled_from(ACTS)
sectors = st.sampled_from((*SECTORS, "Strip", "sector"))
sites = st.sampled_from(("Depot", "site"))
articles_named = st.builds(ArticleRef, number=st.sampled_from(NUMBERS))


def some(strategy, most=3):
    """One to ``most`` different values."""
    return st.lists(strategy, min_size=1, max_size=most, unique=True).map(tuple)


def maybe(strategy):
    return st.none() | strategy


def several(strategy, most=2):
    return st.lists(strategy, max_size=most).map(tuple)


# --- times, places, actors

exact = st.builds(
    Duration,
    amount=st.integers(0, 120),
    unit=st.sampled_from(("second", "minute", "hour", "day", "week")),
)
durations = exact | st.builds(
    Duration, amount=st.integers(0, 12), unit=st.sampled_from(("month", "year"))
)
numbers = st.integers(0, 999).map(float) | st.integers(1, 999).map(lambda n: n / 8)
fixed_times = st.builds(
    FixedTime,
    text=st.sampled_from(
        ("2026-03-01", "2026-03-01T00:00+02:00", "2026-03-01T12:30:15Z")
    ),
)
actors = st.builds(Who, names=some(names)) | st.builds(
    Who,
    names=st.sampled_from([("party",), ("member",)]),
    quantifier=st.sampled_from(("each", "any", "all")),
    of=maybe(st.just("Coalition")),
)
anyone = actors | st.just(Who(names=("party",))) | st.just(Who(names=("opponent",)))
times = st.builds(
    TimePoint,
    base=fixed_times
    | st.builds(
        ArticleTime, edge=st.sampled_from(("start", "end")), article=articles_named
    )
    | st.builds(
        EventTime,
        event=st.sampled_from(("found", "alleged", "adopted", "due", *ACTS)),
        of=maybe(actors),
    ),
    plus=maybe(durations),
)
nearby = st.builds(
    Near,
    distance=st.builds(Distance, amount=numbers, unit=st.sampled_from(("m", "km"))),
    to=st.sampled_from(("contact_line", "place", "site")),
)
deeds = st.builds(
    Deed,
    act=acts,
    thing=maybe(st.sampled_from(("heavy", "Force"))),
    by=maybe(anyone),
    with_=maybe(st.just("heavy")),
    against=maybe(actors),
    in_=maybe(sectors),
    at=maybe(sites),
    near=maybe(nearby),
)
owed = st.builds(
    Deed, act=acts, thing=maybe(st.just("heavy")), in_=maybe(sectors), at=maybe(sites)
)

# --- conditions

breaches = st.builds(
    Breaches,
    article=articles_named,
    by=maybe(anyone),
    in_=maybe(sectors),
    at=maybe(sites),
)
counted = (
    breaches
    | st.builds(
        Episodes,
        finding=st.sampled_from(FINDINGS),
        by=maybe(anyone),
        in_=maybe(sectors),
    )
    | deeds
)
windows = st.one_of(
    st.fixed_dictionaries({"over": durations}),
    st.fixed_dictionaries({"since": times}),
)


@st.composite
def aggregates(draw):
    function = draw(
        st.sampled_from(("count", "count_distinct", "sum", "max", "duration"))
    )
    attribute = None
    if function in {"count_distinct", "sum", "max"}:
        attribute = draw(st.sampled_from(("value", "sector")))
    return Aggregate(
        function=function,
        attribute=attribute,
        subject=draw(counted),
        **draw(windows),
    )


amounts = st.builds(Number, value=numbers) | durations
comparisons = st.builds(
    Compare,
    left=aggregates(),
    operator=st.sampled_from((">=", "<=", ">", "<", "=")),
    right=amounts | aggregates(),
    until_below=maybe(amounts),
)
simple = st.one_of(
    st.builds(Happened, deed=deeds, in_last=maybe(durations)),
    st.builds(
        FindingState,
        finding=st.sampled_from(FINDINGS),
        state=st.sampled_from(("found", "alleged")),
        arguments=st.sampled_from([(), ("party",), ("party", "sector")]),
    ),
    st.builds(BreachOf, breaches=breaches),
    st.builds(
        DecisionIs,
        outcome=st.sampled_from(("adopted", "rejected", "lapsed")),
        decision=st.just("Response"),
    ),
    st.builds(
        DecisionIs,
        outcome=st.sampled_from(("adopted", "rejected", "lapsed")),
        article=articles_named,
    ),
    st.builds(
        ArticleIs,
        article=articles_named,
        state=st.sampled_from(("in_force", "not_in_force", "suspended")),
    ),
    st.builds(SuspendedBy, who=actors),
    st.builds(
        VariableIs,
        variable=st.sampled_from(("party", "sector")),
        names=some(st.sampled_from(PARTIES + SECTORS)),
        negated=st.booleans(),
    ),
    comparisons,
    st.builds(Lasting, subject=counted, longer_than=durations),
)
simple_or_not = simple | st.builds(Not, condition=simple)
starts = st.builds(Happened, deed=deeds)
atoms = st.one_of(
    simple_or_not,
    st.builds(Since, holds=simple_or_not, start=starts, within=maybe(durations)),
    st.builds(Since, holds=simple_or_not, start=comparisons),
    st.builds(Until, holds=simple_or_not, end=simple_or_not, within=durations),
    st.builds(
        Sequence,
        first=simple_or_not,
        steps=some(
            st.builds(SequenceStep, condition=simple_or_not, within=durations), 2
        ),
    ),
)


def joined(leaves, all_of, any_of, field):
    """Trees of ``and`` and ``or`` over leaves."""

    def join(inner):
        parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(all_of, **{field: parts}) | st.builds(any_of, **{field: parts})

    return st.recursive(leaves, join, max_leaves=5)


conditions = joined(atoms, AllOf, AnyOf, "conditions")
filters = joined(
    st.one_of(
        st.builds(
            FilterIn,
            attribute=st.just("weapon"),
            values=some(st.sampled_from(("mlrs", "tank", "naval"))),
            negated=st.booleans(),
        ),
        st.builds(
            FilterCompare,
            attribute=st.just("value"),
            operator=st.sampled_from((">=", "<")),
            number=numbers,
        ),
        st.builds(FilterNamed, name=st.just("heavy")),
    ),
    FilterAll,
    FilterAny,
    "filters",
)

# --- decisions

shares = st.integers(1, 100).flatmap(
    lambda lower: st.builds(
        Fraction, numerator=st.integers(1, lower), denominator=st.just(lower)
    )
)
vote_tests = st.one_of(
    st.builds(
        VoteOf,
        at_least=st.integers(0, 9),
        names=some(st.sampled_from(STATES)),
        total=maybe(st.integers(1, 9)),
    ),
    st.builds(
        VoteShare,
        share=shares,
        of=st.sampled_from(("votes", "members")),
        more_than=st.booleans(),
    ),
    st.builds(VoteNumber, at_least=numbers, of=st.sampled_from(("votes", "members"))),
    st.builds(VoteUnanimous, names=several(st.sampled_from(STATES))),
    st.builds(VoteConsensus),
)
votes = joined(vote_tests, VoteAll, VoteAny, "tests")
deadlines = st.one_of(
    st.builds(Within, duration=durations, of=maybe(times)),
    st.builds(Before, time=times),
)
weights = several(
    st.builds(Weight, name=st.sampled_from(STATES), votes=st.integers(0, 9))
)
fields_of_procedures = {
    "vote": maybe(votes),
    "quorum": maybe(votes),
    "vetoes": several(st.sampled_from(STATES)),
    "outside_vetoes": several(st.sampled_from(STATES)),
    "silence": maybe(
        st.builds(
            Silence,
            counts_as=st.sampled_from(("yes", "no", "abstain")),
            after=durations,
            of=maybe(times),
        )
    ),
    "deadline": maybe(deadlines | st.builds(DeadlineNotStated)),
    "otherwise": maybe(
        st.builds(Otherwise, article=articles_named)
        | st.builds(Otherwise, outcome=st.sampled_from(("adopted", "lapsed")))
    ),
    "weights": weights,
    "consultation_only": st.booleans(),
}
procedures = st.builds(Procedure, by=actors, **fields_of_procedures)
suspensions = st.builds(Procedure, **fields_of_procedures).filter(
    lambda procedure: procedure != Procedure()
)

# --- rules

triggers = st.one_of(
    st.builds(Trigger, upon=conditions),
    st.builds(Trigger, when=conditions),
    st.builds(Trigger, upon=conditions, when=conditions),
)
exceptions = several(
    st.builds(
        Exception_,
        name=st.sampled_from(("self_defence", "force_majeure")),
        when=maybe(conditions),
        needs=maybe(conditions),
        limited_to=maybe(durations),
    )
)
excuses = several(
    st.builds(Excuse, while_=conditions, at_most=maybe(durations)), most=1
)
failing = several(
    st.builds(FailingThat, article=articles_named)
    | st.builds(
        FailingThat,
        finding=st.builds(
            FindingState, finding=st.sampled_from(FINDINGS), state=st.just("found")
        ),
    )
)
lapses = maybe(
    st.builds(Lapses, after=st.builds(Within, duration=durations, of=maybe(times)))
    | st.builds(Lapses, at=times)
)
limits = {
    "needs": maybe(conditions),
    "unless": maybe(
        st.builds(Unless, condition=conditions, procedure=maybe(suspensions))
    ),
}
ends = {"lapses": lapses, "ends_when": maybe(conditions)}
duty_deadlines = deadlines | st.builds(AtAllTimes) | st.builds(DeadlineNotStated)
forbids = st.builds(
    Forbid,
    who=anyone,
    deed=owed,
    exceptions=exceptions,
    failing_that=failing,
    persists=maybe(durations),
    **limits,
)
norms = st.one_of(
    forbids,
    st.builds(Permit, who=anyone, deed=owed, exceptions=exceptions, **limits, **ends),
    st.builds(
        Oblige,
        who=anyone,
        deed=owed,
        deadline=maybe(duty_deadlines),
        exceptions=exceptions,
        excuses=excuses,
        failing_that=failing,
        persists=maybe(durations),
        then=several(forbids, most=1),
        **limits,
    ),
    st.builds(
        Power, who=anyone, deed=owed, deadline=maybe(deadlines), **limits, **ends
    ),
)
rules = st.one_of(
    norms,
    st.builds(
        FindingRule,
        name=st.sampled_from(FINDINGS),
        variables=st.sampled_from([(), ("party",), ("party", "sector")]),
        when=conditions,
        standard=maybe(
            st.builds(
                Standard, level=st.just("probable"), sources=maybe(st.integers(1, 5))
            )
            | st.builds(Standard, probability=st.sampled_from((0.5, 0.875, 1.0)))
        ),
        attribution=maybe(procedures),
    ),
    st.builds(Decision, name=st.just("Response"), procedure=procedures),
    st.builds(
        Effect,
        name=st.just("snapback"),
        on=maybe(anyone),
        deadline=maybe(duty_deadlines),
        **limits,
        **ends,
    ),
)


@st.composite
def ruled(draw):
    """Rules of an article: those without a trigger first, the others in groups."""
    import msgspec

    found = list(draw(several(rules, most=2)))
    for _ in range(draw(st.integers(0, 2))):
        trigger = draw(triggers)
        group = draw(st.lists(rules, min_size=1, max_size=2))
        found += [msgspec.structs.replace(rule, trigger=trigger) for rule in group]
    return tuple(found)


@st.composite
def in_forces(draw):
    start = draw(several(times))
    join = draw(st.sampled_from(("all", "any"))) if len(start) > 1 else "all"
    until, for_ = draw(maybe(times)), draw(maybe(durations))
    if not start and until is None and for_ is None:
        return None
    return InForce(start=start, join=join, until=until, for_=for_)


scopes = st.builds(
    Scope, territory=st.sampled_from(("line_at_entry_into_force", "recognised_borders"))
) | st.builds(Scope, territory=st.just("named_line"), line=st.just("contact_line"))
articles = st.builds(
    Article,
    number=st.sampled_from(NUMBERS),
    title=maybe(words),
    rules=ruled(),
    in_force=in_forces(),
    suspended_while=maybe(conditions),
    surviving=maybe(conditions),
    scope=maybe(scopes),
    leads=several(
        st.builds(
            Lead,
            name=names,
            tasks=several(st.just("demining"), most=1),
            sectors=several(st.sampled_from(SECTORS)),
        )
    ),
    version=st.integers(1, 3),
    repealed=st.booleans(),
    sentence=sentences,
)

# --- agreements

members = {"members": several(st.sampled_from(STATES)), "weights": weights}


def agreements():
    """Any tree that the language can write."""
    return st.builds(
        Agreement,
        name=st.sampled_from(("Lantern", "agreement_1")),
        title=maybe(words.filter(str.strip)),
        parties=st.just(tuple(Party(name=name) for name in PARTIES)),
        statuses=several(
            st.builds(
                Status,
                name=st.sampled_from(PARTIES),
                claim=words,
                claimed_by=st.sampled_from(("Southland", "the mission itself")),
            )
        ),
        groups=several(
            st.builds(
                Group,
                name=st.just("Coalition"),
                members_stated=st.booleans(),
                **members,
            ),
            most=1,
        ),
        bodies=several(
            st.builds(
                Body,
                name=st.just("Mechanism"),
                lead=maybe(st.just("Meridia")),
                members_stated=st.booleans(),
                **members,
            ),
            most=1,
        ),
        sectors=st.just(tuple(Named(name=name) for name in SECTORS)),
        sites=several(st.builds(Named, name=st.just("Depot")), most=1),
        lines=several(
            st.builds(
                Line,
                name=st.just("contact_line"),
                description=maybe(words),
                published_by=maybe(st.just("Mechanism")),
            )
        ),
        zones=several(
            st.builds(Zone, name=st.just("Strip"), near=nearby)
            | st.builds(
                Zone,
                name=st.just("Strip"),
                covers=some(st.sampled_from(SECTORS)),
                except_=several(st.sampled_from(SECTORS)),
            )
        ),
        lets=several(st.builds(Let, name=st.just("heavy"), filter=filters)),
        conditions=several(
            st.builds(
                ConditionLet,
                name=st.just("calm"),
                variables=st.sampled_from([("party",), ("party", "sector")]),
                when=conditions,
            ),
            most=1,
        ),
        acts=several(
            st.builds(
                Act,
                name=acts,
                label=words,
                labels=several(
                    st.builds(
                        ActLabel, language=st.sampled_from(("fr", "uk")), text=words
                    )
                ),
                performed_by=several(st.sampled_from(("party", "body"))),
                kinds=several(st.sampled_from(("shot", "burst"))),
                weapons=several(st.sampled_from(("mlrs", "tank"))),
            )
        ),
        terms=several(
            st.builds(UndefinedTerm, name=st.just("Force"), meaning=maybe(words))
        ),
        instruments=several(
            st.builds(
                Instrument,
                name=st.just("Paris"),
                title=words,
                signed_by=several(st.sampled_from(STATES)),
                dated=maybe(fixed_times),
                state=maybe(st.just("signed")),
                force=maybe(st.just("political")),
            ),
            most=1,
        ),
        versions=several(
            st.builds(
                Version,
                number=st.integers(1, 3),
                title=maybe(words),
                start=maybe(times),
            )
        ),
        standards=several(
            st.builds(
                StandardLevel,
                name=st.just("probable"),
                probability=st.sampled_from((0.5, 0.75, 1.0)),
            ),
            most=1,
        ),
        calendar=maybe(
            st.builds(
                Calendar,
                zone=st.just("Europe/Kyiv"),
                rounded=st.sampled_from(("down", "up")),
            )
        ),
        scope=maybe(scopes),
        persists=maybe(durations),
        articles=several(articles, most=3),
    )


# --- agreements that make sense

PARTY = Who(names=("party",))
EACH_PARTY = Who(names=("party",), quantifier="each")
ANY_PARTY = Who(names=("party",), quantifier="any")
hours = st.builds(Duration, amount=st.integers(1, 96), unit=st.just("hour"))
in_sector = st.sampled_from((None, "sector"))
kept_acts = st.sampled_from(("fire", "advance"))


@st.composite
def prohibitions(draw):
    """``forbid any party to fire``, perhaps with an exception."""
    act = draw(kept_acts)
    exception = Exception_(
        name="self_defence",
        when=Happened(
            deed=Deed(act=f"unexcused_{act}", by=Who(names=("opponent",))),
            in_last=draw(hours),
        ),
        limited_to=draw(hours),
    )
    return Forbid(
        who=ANY_PARTY,
        deed=Deed(
            act=act,
            with_=draw(maybe(st.just("heavy"))),
            in_=draw(maybe(st.sampled_from(SECTORS))),
        ),
        exceptions=draw(st.sampled_from([(), (exception,)])),
    )


@st.composite
def duties(draw):
    """``when request of party at site, oblige party to access at site within ...``."""
    excuse = Excuse(
        while_=Happened(deed=Deed(act="fire", at="site"), in_last=draw(hours)),
        at_most=draw(maybe(hours)),
    )
    return Oblige(
        who=PARTY,
        deed=Deed(act="access", at="site"),
        trigger=Trigger(when=Happened(deed=Deed(act="request", by=PARTY, at="site"))),
        deadline=Within(
            duration=draw(hours),
            of=draw(maybe(st.just(TimePoint(base=EventTime(event="request"))))),
        ),
        excuses=draw(st.sampled_from([(), (excuse,)])),
    )


@st.composite
def criteria(draw, number, sector):
    """A number over a window, or something lasting, by party and perhaps sector."""
    acts_done = Deed(act=draw(kept_acts), by=PARTY, in_=sector)
    broken = Breaches(article=ArticleRef(number=number), by=PARTY, in_=sector)
    subject = draw(st.sampled_from((acts_done, broken)))
    if isinstance(subject, Breaches) and draw(st.integers(0, 3)) == 0:
        return Lasting(subject=subject, longer_than=draw(hours))
    bar = draw(st.integers(1, 6))
    low = Number(value=float(draw(st.integers(0, bar))))
    return Compare(
        left=Aggregate(function="count", subject=subject, over=draw(hours)),
        operator=draw(st.sampled_from((">=", ">"))),
        right=Number(value=float(bar)),
        until_below=draw(st.sampled_from((None, low))),
    )


@st.composite
def sound_findings(draw, name, number):
    """A finding with one condition, or several joined."""
    sector = draw(in_sector)
    tests = draw(st.lists(criteria(number, sector), min_size=1, max_size=3))
    kind = draw(st.sampled_from((AllOf, AnyOf)))
    when = tests[0] if len(tests) == 1 else kind(conditions=tuple(tests))
    attribution = Procedure(
        by=Who(names=("Mechanism",)),
        vote=VoteOf(at_least=2, names=STATES[:3], total=3),
        deadline=Within(
            duration=draw(hours), of=TimePoint(base=EventTime(event="alleged"))
        ),
        otherwise=Otherwise(outcome="rejected"),
    )
    return FindingRule(
        name=name,
        variables=("party",) if sector is None else ("party", "sector"),
        when=when,
        standard=Standard(level="probable", sources=draw(maybe(st.integers(1, 2)))),
        attribution=draw(st.sampled_from((None, attribution))),
    )


@st.composite
def guarantees(draw, finding):
    """``upon found X`` meet, decide, and an effect if nothing was decided."""
    import msgspec

    trigger = Trigger(
        upon=FindingState(
            finding=finding.name, state="found", arguments=finding.variables
        )
    )
    found = TimePoint(base=EventTime(event="found"))
    coalition = Who(names=("Coalition",))
    share = Fraction(numerator=2, denominator=3)
    due = draw(st.integers(24, 96))
    silence = Silence(
        counts_as=draw(st.sampled_from(("yes", "no", "abstain"))),
        after=Duration(amount=draw(st.integers(1, due)), unit="hour"),
    )
    procedure = Procedure(
        by=coalition,
        vote=VoteShare(share=share, of=draw(st.sampled_from(("votes", "members")))),
        vetoes=draw(st.sampled_from([(), STATES[:1], STATES[:2]])),
        silence=draw(st.sampled_from((None, silence))),
        deadline=Within(duration=Duration(amount=due, unit="hour"), of=found),
        otherwise=Otherwise(outcome="lapsed"),
    )
    meet = Oblige(
        who=coalition,
        deed=Deed(act="meet"),
        deadline=Within(duration=draw(hours), of=found),
    )
    decide = Decision(name=f"Response_to_{finding.name}", procedure=procedure)
    return tuple(
        msgspec.structs.replace(rule, trigger=trigger) for rule in (meet, decide)
    )


@st.composite
def sound_agreements(draw):
    """Agreements without an error, small enough to evaluate in any engine."""
    start = InForce(start=(TimePoint(base=FixedTime(text="2026-03-01T00:00Z")),))
    found = [
        Article(number="1(1)", in_force=start, rules=(draw(prohibitions()),)),
        Article(number="2(1)", in_force=start, rules=(draw(duties()),)),
    ]
    for at, name in enumerate(draw(st.sampled_from([(), FINDINGS[:1], FINDINGS]))):
        number = draw(st.sampled_from(("1(1)", "2(1)")))
        finding = draw(sound_findings(name, number))
        found.append(Article(number=f"5({at + 1})", rules=(finding,)))
        if draw(st.booleans()):
            rules = draw(guarantees(finding))
            found.append(Article(number=f"6({at + 1})", rules=rules))
    return Agreement(
        name="Imagined",
        parties=tuple(Party(name=name) for name in PARTIES),
        groups=(Group(name="Coalition", members=STATES[:3]),),
        bodies=(Body(name="Mechanism", members=STATES[:3], lead="Meridia"),),
        sectors=tuple(Named(name=name) for name in SECTORS),
        lets=(
            Let(
                name="heavy",
                filter=FilterIn(attribute="weapon", values=("mlrs", "tank")),
            ),
        ),
        acts=(
            Act(name="request", label="to request an inspection"),
            Act(name="access", label="to grant access"),
        ),
        articles=tuple(found),
    )
