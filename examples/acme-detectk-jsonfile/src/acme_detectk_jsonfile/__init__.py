"""JSON files as metric source for DetectK.

Nothing is imported here: whoever imports the plugin module imports this one first.
"""
