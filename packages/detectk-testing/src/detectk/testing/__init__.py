"""Conformance suites, fakes and fixtures for authors of plugins.

Import from the module that is meant: ``from detectk.testing.history import HistorySuite``. This
one imports nothing, because pytest loads it wherever the distribution is installed.
"""
