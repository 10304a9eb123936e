"""What a report shows of an agreement: titles, sentences, standards, the map.

>>> from tocsin.agreement.parse import parse
>>> text = '''No Party shall open fire.
...
... ```tocsin
... parties North, South
... act fire is "to open fire"
... Article 1(1) "Ceasefire"
...   forbid any party to fire
... ```
... '''
>>> shown = excerpt(parse(text).records, Areas())
>>> shown["articles"][0]["number"], shown["articles"][0]["sentence"]
('Article 1(1)', 'No Party shall open fire.')
"""

from __future__ import annotations

from typing import Any

import shapely

from tocsin.agreement.levels import level_of
from tocsin.agreement.terms import Agreement, Article, FindingRule
from tocsin.model.places import Area, Areas

__all__ = ["excerpt"]


def excerpt(agreement: Agreement, areas: Areas) -> dict[str, Any]:
    """Plain data: title, parties, articles in order, and the map as GeoJSON."""
    return {
        "title": agreement.title or agreement.name,
        "parties": list(agreement.party_names),
        "articles": [_article(agreement, one) for one in agreement.articles],
        "areas": {
            "type": "FeatureCollection",
            "features": [_feature(area) for area in areas.areas],
        },
    }


def _article(agreement: Agreement, article: Article) -> dict[str, Any]:
    rules = [rule for rule in article.rules if isinstance(rule, FindingRule)]
    name, level = level_of(agreement, rules[0].standard if rules else None)
    return {
        "number": article.clause,
        "title": article.title or "",
        "sentence": article.sentence,
        "file": article.where.file,
        "line": article.where.line or 1,
        "standard": level,
        "standard_name": name,
    }


def _feature(area: Area) -> dict[str, Any]:
    shape = area.geometry
    return {
        "type": "Feature",
        "properties": {
            "name": area.name,
            "kind": area.kind,
            "publisher": area.publisher,
            "variants": list(area.variants),
        },
        "geometry": None if shape is None else shapely.geometry.mapping(shape),
    }
