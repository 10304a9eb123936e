"""The ways in: files of known sources, through descriptions that are data.

One module per way in (:mod:`tocsin.connectors.tables` reads most), and beside them the
descriptions of sources, ``sources/*.toml``. A source of one's own needs a description
and no code: see ``docs/how-to/describe-a-table.md``.
"""

from tocsin.connectors.registry import (
    describe_all,
    description,
    fetch,
    read_control,
    read_places,
    read_source,
)

__all__ = ["describe_all", "description", "fetch", "read_control", "read_places"]
__all__ += ["read_source"]
