"""Fusion as commands: a table in, incidents out; live; what changed; how well.

Batch (:mod:`tocsin.fusing.batch`), a stream of observations
(:mod:`tocsin.fusing.stream`), and the table that both read
(:mod:`tocsin.fusing.observed`).
"""
