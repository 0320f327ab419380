"""Metrics from HTTP endpoints and from Prometheus.

Nothing is imported here: the plugin module must stay light.
"""
