"""Templates: what a query becomes for one window, and the words of every message.

Import from the module that is meant, so that nobody pays for an engine that is not used.
"""
