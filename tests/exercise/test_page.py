import re

from tocsin.exercise import LANTERN, LANTERN_PLAN, Escalation, Jamming


def page(root):
    return (root / "docs" / "explanation" / "exercise.md").read_text(encoding="utf-8")


def test_example_of_the_page_runs_as_it_stands(root):
    (code,) = re.findall(r"```python\n(.*?)```", page(root), re.DOTALL)
    exec(compile(code, "exercise.md", "exec"), {})


def test_page_tells_the_plan_that_is_played(root):
    text = page(root)
    for part in LANTERN_PLAN:
        if isinstance(part, Escalation | Jamming):
            who = part.party if isinstance(part, Escalation) else part.by
            place = f"{LANTERN.parties[who]} in {LANTERN.sectors[part.sector]}"
            day = int(part.begin_h // 24) + 1
            assert re.search(rf"\| {day}\b[^|]*\| {place} \|", text)
