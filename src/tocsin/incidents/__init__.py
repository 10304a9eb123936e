"""Observations become incidents, with their uncertainty and lineage."""

from tocsin.incidents.epoch import Epoch, quiet_epoch
from tocsin.incidents.fuse import LEFTOVER, Fused, fuse
from tocsin.incidents.live import Change, Live
from tocsin.incidents.params import Params, load_params

__all__ = [
    "LEFTOVER",
    "Change",
    "Epoch",
    "Fused",
    "Live",
    "Params",
    "fuse",
    "load_params",
    "quiet_epoch",
]
