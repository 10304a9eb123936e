"""The house rules that no other tool checks: the lock, the licences, the contracts."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from packaging.requirements import Requirement

LOCKS = ["dev.txt", "bench.txt", "uv.txt"]

# docutils is BSD and public domain; the GPL in its metadata is that of an Emacs mode
# which is not part of the installed package. It builds the documentation only.
NOT_COPYLEFT = {"docutils"}
SHORT = 200  # a longer License field is a whole licence text, which names others, too


def _requirements(lock: Path) -> list[str]:
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and line[0] not in " #"]


@pytest.mark.parametrize("name", LOCKS)
def test_each_locked_requirement_is_pinned_with_hashes(root, name):
    lines = _requirements(root / "requirements" / name)
    assert lines
    loose = [line for line in lines if "==" not in line or "--hash=sha256:" not in line]
    assert not loose


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_download_address(root, name):
    text = (root / "requirements" / name).read_text(encoding="utf-8")
    assert not re.findall(
        r"(?im)^.*(?:http|ftp|file:|index-url|find-links| @ ).*$", text
    )


def test_lock_holds_everything_that_the_project_asks_for(root):
    asked = importlib.metadata.requires("tocsin")
    locked = "\n".join(_requirements(root / "requirements" / "dev.txt"))
    names = [Requirement(line).name for line in asked or [] if "extra ==" not in line]
    assert names
    missing = [name for name in names if f"\n{name}==" not in f"\n{locked}"]
    assert not missing, "run `make lock`"


def test_no_installed_package_is_gpl_or_agpl():
    offenders = {
        found.name: licence
        for found in importlib.metadata.distributions()
        for licence in _licences(found.metadata)
        if _is_gpl(licence) and found.name not in NOT_COPYLEFT
    }
    assert not offenders


def test_lgpl_packages_come_only_with_an_extra():
    installed = {found.name: found for found in importlib.metadata.distributions()}
    lesser = {
        name
        for name, found in installed.items()
        if any(_is_lgpl(licence) for licence in _licences(found.metadata))
    }
    required = {
        Requirement(line).name
        for line in importlib.metadata.requires("tocsin") or []
        if "extra ==" not in line
    }
    assert not lesser & required


@pytest.mark.parametrize(
    ("licence", "gpl", "lgpl"),
    [
        ("GPL-3.0-or-later", True, False),
        ("GNU Affero General Public License v3", True, False),
        ("GNU General Public License v2 (GPLv2)", True, False),
        ("AGPL-3.0-only", True, False),
        ("LGPL-3.0-only", False, True),
        ("GNU Lesser General Public License v3 (LGPLv3)", False, True),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", False, False),
        ("MIT OR Apache-2.0", False, False),
        ("MPL-2.0", False, False),
    ],
)
def test_licence_names_are_told_apart(licence, gpl, lgpl):
    assert (_is_gpl(licence), _is_lgpl(licence)) == (gpl, lgpl)


def _licences(metadata) -> list[str]:
    if metadata.get("License-Expression"):
        return [metadata["License-Expression"]]
    named = [
        line.split("::")[-1].strip()
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    text = metadata.get("License") or ""
    return [*named, text] if len(text) <= SHORT else named


def _is_lgpl(licence: str) -> bool:
    return bool(re.search(r"\bLGPL|Lesser General Public", licence))


def _is_gpl(licence: str) -> bool:
    free_to_link = re.sub(r"GPL[\w.\-]* WITH \S+-exception\S*", "", licence)
    return not _is_lgpl(free_to_link) and bool(
        re.search(r"\bA?GPL|General Public License", free_to_link)
    )


# --- start-up and contracts


def test_version_is_answered_within_half_a_second():
    command = [sys.executable, "-m", "tocsin", "--version"]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - start)
    assert done.stdout == f"tocsin {importlib.metadata.version('tocsin')}\n"
    assert min(seconds) < 0.5


def test_importing_tocsin_loads_no_heavy_library():
    code = (
        "import sys, tocsin; print(sorted({'numpy', 'polars', 'pyarrow', 'numba',"
        " 'typer', 'msgspec', 'lark', 'scipy', 'shapely'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.fixture(scope="module")
def house(root, tmp_path_factory) -> Path:
    """A copy of the package that a test may spoil."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copytree(
        root / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(root / "pyproject.toml", copy)
    return copy


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("Rooms", "findings/spoilt.py", "import tocsin.incidents"),
        ("Rooms", "utils/__init__.py", "'''A room without a place.'''"),
        ("The core", "model/spoilt.py", "def f():\n    import sqlite3"),
        ("Only the store", "report/spoilt.py", "import sqlite3"),
        ("The store keeps", "store/spoilt.py", "import tocsin.incidents"),
        ("No cycles", "model/spoilt.py", "from tocsin.model import spoilt2"),
    ],
)
def test_contracts_catch(house, contract, module, line):
    spoilt = house / "src" / "tocsin" / module
    other = spoilt.with_name("spoilt2.py")
    made = not spoilt.parent.exists()
    spoilt.parent.mkdir(exist_ok=True)
    spoilt.write_text(line + "\n", encoding="utf-8")
    other.write_text("from tocsin.model import spoilt\n" * (contract == "No cycles"))
    try:
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
            cwd=house,
            env=os.environ | {"PYTHONPATH": str(house / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        spoilt.unlink()
        other.unlink()
        if made:
            spoilt.parent.rmdir()
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert [line.startswith(contract) for line in broken] == [True], done.stdout
    assert done.returncode == 1


def test_every_folder_of_the_package_is_a_room(root):
    package = root / "src" / "tocsin"
    folders = {path.parent for path in package.rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def test_no_file_names_a_machine(root):
    """No path of somebody's machine: it would work nowhere else."""
    path = re.compile(r"(?<![\w.~*-])/(?:farm|home|root|tmp|work|Users)/\w")
    folders = ["src", "tests", "docs", "agreements", "benchmarks", "changes", ".ci"]
    files = [
        *root.glob("*"),
        *(found for name in folders for found in _texts(root / name)),
    ]
    named = {
        file: path.findall(file.read_text(encoding="utf-8", errors="replace"))
        for file in files
        if file.is_file()
    }
    assert not {file: paths for file, paths in named.items() if paths}


def _texts(folder: Path) -> list[Path]:
    built = {"_build", "__pycache__"}
    return [path for path in folder.rglob("*") if not built & set(path.parts)]


# --- the real records


@pytest.mark.parametrize(
    ("required", "closing"), [("0", "1 passed, 1 skipped"), ("1", "1 passed, 1 error")]
)
def test_skip_of_a_test_on_the_real_records_is_seen(root, tmp_path, required, closing):
    shutil.copy(root / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_one.py").write_text(
        "def test_real(shared_data): pass\ndef test_other(): pass\n", encoding="utf-8"
    )
    settings = {
        "TOCSIN_SHARED_DATA": str(tmp_path / "absent"),
        "TOCSIN_REQUIRE_SHARED_DATA": required,
    }
    done = subprocess.run(
        [
            *[sys.executable, "-m", "pytest", "--rootdir=.", "-p", "no:cacheprovider"],
            *["-c", root / "pyproject.toml", "test_one.py"],
        ],
        cwd=tmp_path,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert closing in done.stdout.splitlines()[-1], done.stdout + done.stderr
    assert "no folder ../shared/data" in done.stdout
