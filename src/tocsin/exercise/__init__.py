"""The only generator: a fictional ceasefire, what was seen of it, and the truth.

The demo, the benchmarks and the stress test's adversaries build on it. See
``docs/explanation/exercise.md``.
"""
