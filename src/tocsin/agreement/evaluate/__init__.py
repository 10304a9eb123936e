"""The meaning of an agreement: what its clauses say of whom, when, how surely.

``docs/reference/semantics.md`` states every rule, formally and in words.
"""
