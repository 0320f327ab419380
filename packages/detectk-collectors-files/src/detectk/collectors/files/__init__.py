"""Metrics from CSV, Parquet and NDJSON files."""

from detectk.collectors.files.collector import FilesCollector
from detectk.collectors.files.options import FilesOptions

__all__ = ["FilesCollector", "FilesOptions"]
