"""SQL databases as source of metrics and as storage; SQLite needs no server and no driver.

Nothing is imported here: the plugin module must stay light.
"""
