"""Named workloads with their peers in the same run. ``make bench BENCH=fuse``."""
