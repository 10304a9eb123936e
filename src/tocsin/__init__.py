"""Tocsin: from observations of a ceasefire to what its guarantors now owe."""

__version__ = "0.1.0"
