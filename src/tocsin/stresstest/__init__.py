"""The stress test: where a guarantee would fail, asked of the text before signature.

Every answer is conditional on its inputs, and says so; nothing here predicts an attack
or advises on the use of force. See ``docs/explanation/stress-test.md``.
"""
