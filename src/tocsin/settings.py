"""What may be set from outside, and the only place that reads it.

A setting comes from the environment (``TOCSIN_THREADS=2``), else from the TOML file
that ``TOCSIN_SETTINGS`` names (``threads = 2``), else it has the default given here.
Nothing that changes a result is a setting: results depend on the agreement, the
evidence and the arguments of a command alone.

    >>> read_settings({"TOCSIN_THREADS": "2", "TOCSIN_PROGRESS": "false"})
    Settings(threads=2, progress=False)

    >>> read_settings({"TOCSIN_THREDS": "2"})
    Traceback (most recent call last):
    ...
    tocsin.errors.WrongUse: TOCSIN_THREDS is not a setting; did you mean TOCSIN_THREADS?
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from tocsin.errors import WrongUse

__all__ = ["Settings", "limit_threads", "read_settings"]

PREFIX: Final = "TOCSIN_"
FILE_VARIABLE: Final = "TOCSIN_SETTINGS"

# These steer the tests and are no settings of the program.
TEST_VARIABLES: Final = frozenset({"TOCSIN_SHARED_DATA", "TOCSIN_REQUIRE_SHARED_DATA"})

# Polars, numba and Arrow read these once, when they are imported.
THREAD_VARIABLES: Final = (
    "POLARS_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How Tocsin runs on this machine.

    Attributes:
        threads: how many threads the libraries may use; None means one per core.
        progress: whether commands draw progress bars on a terminal.
    """

    threads: Annotated[int, msgspec.Meta(ge=1)] | None = None
    progress: bool = True


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force.

    Args:
        environment: variables by name; None means those of this process.

    Raises:
        WrongUse: a variable or key is unknown, or a value is not what it may be.
    """
    variables = os.environ if environment is None else environment
    values = _from_file(variables.get(FILE_VARIABLE)) | _from_variables(variables)
    return _settings(values, source="The environment")


def limit_threads(
    settings: Settings, environment: MutableMapping[str, str] | None = None
) -> None:
    """Tell the libraries how many threads to use; call it before importing them.

    A limit that the environment already gives to a library stays.
    """
    if settings.threads is None:
        return
    variables = os.environ if environment is None else environment
    for name in THREAD_VARIABLES:
        variables.setdefault(name, str(settings.threads))


def _from_variables(variables: Mapping[str, str]) -> dict[str, Any]:
    known = {PREFIX + name.upper(): name for name in Settings.__struct_fields__}
    others = {FILE_VARIABLE, *TEST_VARIABLES}
    given = [name for name in variables if name.startswith(PREFIX)]
    for name in sorted(set(given) - set(known) - others):
        near = difflib.get_close_matches(name, [*known, FILE_VARIABLE], n=1)
        repair = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}."
        raise WrongUse(f"{name} is not a setting; {repair}")
    return {known[name]: variables[name] for name in given if name in known}


def _from_file(name: str | None) -> dict[str, Any]:
    if not name:
        return {}
    try:
        values = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise WrongUse(f"{FILE_VARIABLE} names {name}: {fault}") from fault
    _settings(values, source=name)  # so that a fault names the file, not a variable
    return values


def _settings(values: dict[str, Any], source: str) -> Settings:
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as fault:
        raise WrongUse(f"{source} holds a setting that cannot be: {fault}") from fault
