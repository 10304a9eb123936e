"""Bad boards at the command: each is refused with 1 and told what is wrong."""

import pytest
from typer.testing import CliRunner

from tocsin.cli import app

LANTERN = "agreements/exercise-lantern"
CONTRIBUTION = (
    '[[contribution]]\nid = "{}"\nstate = "Aurelia"\ncapability = "patrol team"\n'
    'quantity = {}\nfunctions = ["patrols"]\nconditions = [{}]\n'
    '[[contribution.step]]\nstage = "committed"\nsource = "cell"\n'
)
LEAD = '[[lead]]\narea = "Alvenor"\nfunction = "{}"\nstate = "{}"\nsource = "cell"\n'
FUND = (
    '[[fund]]\nid = "x"\ndonor = "Aurelia"\nstage = "paid"\nsource = "cell"\n'
    '[fund.money]\namount = "{}"\ncurrency = "{}"\n'
)
NEED = (
    '[[need]]\nid = "impossible"\narea = "Lorimund"\nfunction = "demining"\n'
    'capability = "clearance company"\nquantity = 2\nfrom_month = 2\nmust = true\n'
)
STORED = (
    '[[need]]\nid = "cold"\narea = "Hollistrand"\nfunction = "training"\n'
    'capability = "cold chain"\nquantity = 1\nmust = true\nprotected = true\n'
    '[[contribution]]\nid = "cold"\nstate = "Aurelia"\ncapability = "cold chain"\n'
    'quantity = 1\nfunctions = ["training"]\nmonths_on = 12\n'
    '[[contribution.step]]\nstage = "committed"\nsource = "cell"\n'
)


PATROL = (
    '[[patrol]]\ncontribution = "aurelia-patrols"\narea = "Alvenor"\n'
    'units = 90\nopens = "06:00"\ncloses = "07:00"\n'
)
ASSUMPTION = (
    '[[assumption]]\ncontribution = "aurelia-patrols"\nquantity = 5\nwhy = "x"\n'
)


@pytest.fixture
def told(root, tmp_path):
    """What the command says of the exercise's board with something added."""

    def run(added, *command, change=("", "")):
        text = (root / LANTERN / "contributions.toml").read_text(encoding="utf-8")
        board = tmp_path / "board.toml"
        board.write_text(text.replace(*change) + added, encoding="utf-8")
        done = CliRunner().invoke(
            app,
            [
                *("cell", *(command or ("status",)), str(root / LANTERN)),
                *("--at", "2025-03-16", "--board", str(board)),
            ],
        )
        return done.exit_code, " ".join(done.output.split())

    return run


@pytest.mark.parametrize(
    ("added", "messages"),
    [
        (
            CONTRIBUTION.format("x", -4, ""),
            ["value_invalid", "quantity", "Expected `int` >= 0"],
        ),
        (
            FUND.format("-5", "EUR"),
            ["value_invalid", "less than nothing"],
        ),
        (
            FUND.format("5", "XYZ"),
            ["currency_unknown", "`XYZ` is no currency of ISO 4217"],
        ),
        (
            LEAD.format("training", "Aurelia") + LEAD.format("training", "Brennia"),
            [
                "two_leads",
                "Aurelia and Brennia both lead training in Alvenor",
                "end one of them, or mark it `claimed = true`",
            ],
        ),
        (
            CONTRIBUTION.format("a", 1, '"delivered b"')
            + CONTRIBUTION.format("b", 1, '"delivered a"'),
            ["circular", "a -> b -> a"],
        ),
        (
            CONTRIBUTION.format("a", 1, '"Article 99"'),
            ["undefined_name", "waits for `Article 99`, which the agreement does not"],
        ),
        (
            PATROL,
            ["contradiction", "patrol at one time, of 24 it has"],
        ),
        (
            ASSUMPTION,
            ["contradiction", "has a number of its own: 24"],
        ),
    ],
    ids=[
        "negative quantity",
        "negative money",
        "unknown currency",
        "two leads",
        "circular conditions",
        "unknown clause",
        "more patrols than teams",
        "assumed number beside a stated one",
    ],
)
def test_a_bad_board_is_refused_with_what_is_wrong(told, added, messages):
    code, output = told(added)
    assert code == 1
    for message in messages:
        assert message in output


def test_every_fault_of_a_board_is_told_at_once(told):
    _, output = told(CONTRIBUTION.format("x", -4, "") + FUND.format("5", "XYZ"))
    assert "value_invalid" in output
    assert "currency_unknown" in output


def test_a_plan_with_no_solution_names_the_smallest_set_in_conflict(told):
    code, output = told(NEED, "plan", "--seconds", "5")
    assert code == 1
    assert "no_plan" in output
    said = output.split("these cannot hold together: ")[1].split(" = repair")[0]
    assert said.split("; ")[0].startswith("demining in Lorimund must have 2")
    assert "caveat of Doravia: only from neighbouring" in said
    assert len(said.split("; ")) == 2


def test_protected_storage_that_no_open_hub_has_is_named_in_the_conflict(told):
    code, output = told(
        STORED, "plan", "--seconds", "5", change=("storage = true", "storage = false")
    )
    assert code == 1
    assert "training in Hollistrand needs protected storage" in output
    code, _ = told(STORED, "plan", "--seconds", "2")
    assert code == 0
