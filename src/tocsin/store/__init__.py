"""Where runs are kept: Store, Writer, View, and the embedded folder store."""

from tocsin.store.base import RECORD_KINDS, TABLES, Store, View, Writer
from tocsin.store.folder import FolderStore, FolderView, FolderWriter
from tocsin.store.segments import write_durably

__all__ = [
    "RECORD_KINDS",
    "TABLES",
    "FolderStore",
    "FolderView",
    "FolderWriter",
    "Store",
    "View",
    "Writer",
    "write_durably",
]
