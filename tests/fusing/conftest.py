"""The scene and the text tables of the room of incidents serve here, too."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "incidents_conftest", Path(__file__).parents[1] / "incidents" / "conftest.py"
)
_room = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_room)

scene = _room.scene
observed = _room.observed
groups = _room.groups
