"""ClickHouse as source of metrics and as storage.

Nothing is imported here: the plugin module must stay light.
"""
