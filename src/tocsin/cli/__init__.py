"""The commands, named after what a duty officer does. Only here is the clock asked.

One module for each family of commands; beside them what they share, named for what it
is: `arguments`, `bars`, `boards`, `clock`, `endings`, `files`. A module of commands
loads no heavy library before one of its commands runs.
"""

# isort: off
# Importing a family registers its commands: in this order the help lists them.
from tocsin.cli.root import app, main
from tocsin.cli import agreement  # noqa: F401
from tocsin.cli import verdicts  # noqa: F401
from tocsin.cli import running  # noqa: F401
from tocsin.cli import incidents  # noqa: F401
from tocsin.cli import demonstration  # noqa: F401
from tocsin.cli import stress  # noqa: F401
from tocsin.cli import duty_log  # noqa: F401
from tocsin.cli import cell  # noqa: F401
from tocsin.cli import reconstruction  # noqa: F401
# isort: on

__all__ = ["app", "main"]
