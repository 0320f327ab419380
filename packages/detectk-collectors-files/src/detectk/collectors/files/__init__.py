"""Metrics from CSV, Parquet and NDJSON files.

Nothing is imported here: the plugin module must stay light.
"""
