from __future__ import annotations

from pathlib import Path

from tocsin.model.describe import json_schema, model_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "model.md"


def test_the_page_is_what_the_model_says():
    assert PAGE.read_text(encoding="utf-8") == model_page(), "run: make docs-generated"


def test_units_and_bounds_reach_the_schema():
    share = str(json_schema())
    assert "degrees" not in share or "WGS 84" in share
    assert "'minimum': 0.0, 'maximum': 1.0" in share
