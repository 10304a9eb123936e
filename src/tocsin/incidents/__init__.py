"""Observations become incidents, with their uncertainty and lineage."""

from tocsin.incidents.epoch import Epoch
from tocsin.incidents.fuse import LEFTOVER, Fused, fuse
from tocsin.incidents.params import Params, load_params

__all__ = ["LEFTOVER", "Epoch", "Fused", "Params", "fuse", "load_params"]
