"""The commands as a user meets them: a process, its output, its exit code, files."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LANTERN = ROOT / "agreements" / "exercise-lantern"
MINSK = ROOT / "agreements" / "minsk-2015"
Tocsin = Callable[..., subprocess.CompletedProcess[str]]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "tocsin", *map(str, arguments)]


@pytest.fixture
def tocsin(tmp_path: Path) -> Tocsin:
    def run(*arguments: object, **more: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            **more,
        )

    return run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "out"
    done = subprocess.run(
        command("demo", "--days", 3, "--per-day", 300, "--out", out),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out


def again(demo: Path, out: Path) -> list[str]:
    evidence = demo / "evidence"
    return command(
        "run",
        LANTERN,
        *("--source", f"exercise-observations={evidence / 'observations.parquet'}"),
        *("--source", f"exercise-watch={evidence / 'watch.parquet'}"),
        *("--source", f"exercise-register={evidence / 'register.parquet'}"),
        *("--control", evidence / "control.geojson"),
        *("--out", out),
    )


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_version_is_said(tocsin: Tocsin):
    done = tocsin("--version")
    assert (done.returncode, done.stdout) == (0, "tocsin 0.1.0\n")


def test_no_heavy_library_is_loaded_to_say_the_version():
    code = (
        "import sys; sys.argv = ['tocsin', '--version']\n"
        "from tocsin.__main__ import main\n"
        "main()\n"
        "print(sorted({'polars', 'numba', 'pyarrow', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_heavy_library_is_loaded_to_show_the_commands():
    code = (
        "import sys; import tocsin.cli\n"
        "heavy = {'polars', 'numba', 'numpy', 'pyarrow', 'shapely', 'lark', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("agreement", [LANTERN, MINSK], ids=lambda path: path.name)
def test_the_agreements_that_come_with_tocsin_have_no_error(
    tocsin: Tocsin, agreement: Path
):
    done = tocsin("check", agreement)
    assert done.returncode == 0, done.stderr
    assert "no errors" in done.stdout
    assert "] " not in done.stdout  # warnings go to standard error


def test_all_errors_of_an_agreement_are_listed_with_place_and_repair(
    tocsin: Tocsin, tmp_path: Path
):
    text = (LANTERN / "agreement.md").read_text(encoding="utf-8")
    broken = text.replace("to fly in Line", "to fly in Lime").replace(
        "forbid  any party to jam", "forbid  any party to jum"
    )
    (tmp_path / "broken.md").write_text(broken, encoding="utf-8")
    done = tocsin("check", "broken.md")
    assert done.returncode == 1
    assert "did you mean `Line`" in done.stderr
    assert "unknown act `jum`" in done.stderr
    assert "2 errors" in done.stderr
    assert "broken.md:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("check", "nowhere.md"), 1, "nowhere.md"),
        (("run", LANTERN, "--source", "ucdp-ged", "--out", "o"), 2, "ID=FILE"),
        (("run", LANTERN, "--source", "ucdp-gd=x.csv", "--out", "o"), 1, "ucdp-ged"),
        (("run", LANTERN, "--source", "ucdp-ged=no.csv", "--out", "o"), 1, "no.csv"),
        (("run", LANTERN, "--out", "o"), 2, "--source"),
        (("report", "nowhere", "--date", "2025-03-03"), 2, "holds no run"),
        (("report", ".", "--date", "tomorrow"), 2, "tomorrow"),
        (("demo", "--days", "0"), 2, "--days"),
        (("fly",), 2, "fly"),
    ],
)
def test_wrong_use_and_bad_input_are_told_apart(
    tocsin: Tocsin, tmp_path: Path, arguments: tuple[object, ...], code: int, words: str
):
    done = tocsin(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_dates_that_cannot_be_are_wrong_use(tocsin: Tocsin, demo: Path, tmp_path: Path):
    arguments = again(demo, tmp_path / "o")[3:]
    for more in (("--from", "soon"), ("--from", "2025-03-05", "--to", "2025-03-03")):
        done = tocsin(*arguments, *more)
        assert done.returncode == 2, done.stderr


def test_the_demo_says_what_it_found_and_how_well(demo: Path):
    summary = json.loads((demo / "summary.json").read_text())
    assert summary["origin"] == "exercise"
    assert summary["rows_read"] == summary["observations"] + summary["rows_refused"]
    assert summary["incidents"] > 0
    assert summary["findings"]["Article 1(1)"]["Northland"]["breached"] > 0
    score = json.loads((demo / "score.json").read_text())
    assert 0 < score["incidents"]["pairwise_f1"] <= 1


def test_an_exercise_is_marked_wherever_it_shows(demo: Path):
    (html,) = (demo / "report").glob("*.html")
    (data,) = (demo / "report").glob("*.json")
    assert "EXERCISE" in html.read_text(encoding="utf-8")
    assert "EXERCISE" in data.read_text(encoding="utf-8")
    assert json.loads(data.read_text(encoding="utf-8"))["origin"] == "exercise"


def test_the_report_opens_offline(demo: Path):
    (html,) = (demo / "report").glob("*.html")
    text = html.read_text(encoding="utf-8")
    for loads in ('src="http', "src='http", "@import", "<link", "url(http"):
        assert loads not in text


def test_the_same_seed_gives_the_same_bytes(demo: Path, tmp_path: Path):
    subprocess.run(
        command("demo", "--days", 3, "--per-day", 300, "--out", tmp_path / "out"),
        check=True,
        capture_output=True,
    )
    first, second = files_of(demo), files_of(tmp_path / "out")
    different = {name for name in first if first[name] != second.get(name)}
    assert different <= {"summary.json"}  # it says what the run cost
    assert set(first) == set(second)


def test_a_report_can_be_made_again_byte_for_byte(
    tocsin: Tocsin, demo: Path, tmp_path: Path
):
    (html,) = (demo / "report").glob("*.html")
    day = html.stem.removeprefix("daily-")
    released = ("--released-at", "2025-03-07T00:00:00Z")  # as the demo does
    done = tocsin("report", demo, "--date", day, "--out", "r.html", *released)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r.html").read_bytes() == html.read_bytes()


def test_sources_lists_every_way_in(tocsin: Tocsin):
    done = tocsin("sources")
    assert done.returncode == 0
    for known in ("ucdp-ged", "osce-smm-daily", "exercise-observations"):
        assert known in done.stdout


def test_broken_off_at_any_moment_the_former_run_is_whole(demo: Path, tmp_path: Path):
    out = tmp_path / "out"
    subprocess.run(again(demo, out), check=True, capture_output=True)
    before = json.loads((out / "summary.json").read_text())["files"]
    for wait in (0.3, 1.0, 2.0, 2.5, 3.0, 3.5):
        process = subprocess.Popen(
            again(demo, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode in {0, 130, -signal.SIGINT}, said
        assert b"Traceback" not in said or process.returncode == -signal.SIGINT
        files = json.loads((out / "summary.json").read_text())["files"]
        assert files == before
        kept = {path.name for path in out.rglob("*.parquet")}
        assert {name for name in files.values() if "parquet" in name} <= kept


def test_a_full_disk_leaves_the_former_run_whole(demo: Path, tmp_path: Path):
    out = tmp_path / "out"
    subprocess.run(again(demo, out), check=True, capture_output=True)
    before = files_of(out)

    def small_files_only() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    other_day = [*again(demo, out), "--to", "2025-03-04"]
    done = subprocess.run(
        other_day,
        preexec_fn=small_files_only,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NUMBA_DISABLE_CACHING": "1"},
    )
    assert done.returncode == 1, done.stderr
    assert "nothing was half-written" in done.stderr
    after = files_of(out)
    assert {name: after[name] for name in before} == before
    assert not [name for name in after if name.endswith(".partial")]


def test_an_agreement_is_not_overwritten(tocsin: Tocsin, demo: Path):
    done = tocsin(*again(demo, LANTERN)[3:])
    assert done.returncode == 2
    assert "not empty and not Tocsin's" in done.stderr


def test_a_report_is_not_released_before_its_time(tocsin: Tocsin, demo: Path):
    later = ("--date", "2025-03-05", "--released-at", "2199-01-01T00:00:00Z")
    done = tocsin("report", demo, *later)
    assert done.returncode == 2
    assert "has not come yet" in done.stderr
