"""What all tests share: the hypothesis profile and the real records.

The real records lie in ``../shared/data`` beside the repository (or where
``TOCSIN_SHARED_DATA`` says) and are not part of the project. A test that needs them is
marked ``shared_data``. It is skipped, with the reason in view, where they are absent.
With ``TOCSIN_REQUIRE_SHARED_DATA=1`` a skip of such a test is a failure.
"""

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

hypothesis.settings.register_profile(
    "ci",
    derandomize=True,  # the same examples everywhere: a red run can be repeated
    deadline=None,  # a slow machine is not a wrong answer
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def shared_data_folder() -> Path:
    return Path(
        os.environ.get("TOCSIN_SHARED_DATA", ROOT.parent / "shared" / "data")
    ).resolve()


def shared_data_required() -> bool:
    return os.environ.get("TOCSIN_REQUIRE_SHARED_DATA") == "1"


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the real records; the test that asks is marked shared_data."""
    return shared_data_folder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("shared_data")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("shared_data") and not shared_data_folder().is_dir():
        pytest.skip("the real records are not here: no folder ../shared/data")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and item.get_closest_marker("shared_data")
        and shared_data_required()
    ):
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} was skipped, and TOCSIN_REQUIRE_SHARED_DATA=1 forbids"
            f" that.\n{report.longrepr}"
        )
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    ran = skipped = 0
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            if "shared_data" in getattr(report, "keywords", ()):
                ran += outcome in {"passed", "failed"} and report.when == "call"
                skipped += outcome == "skipped"
    if ran or skipped:
        terminalreporter.write_line(
            f"tests on the real records: {ran} ran, {skipped} skipped"
        )
