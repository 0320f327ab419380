"""The frozen values that flow through the pipeline."""

from detectk.values.arrays import Floats, Indices, Times, to_datetime, to_instant
from detectk.values.incident import Incident, IncidentKind, Severity, Sighting, severity_of
from detectk.values.interval import Interval
from detectk.values.labels import NO_LABELS, Labels
from detectk.values.message import Message, MessageKind, Notice
from detectk.values.report import Delivery, MetricReport, Report
from detectk.values.rule import NoData, Rule
from detectk.values.schedule import Schedule
from detectk.values.series import Series, Status
from detectk.values.spans import Spans
from detectk.values.state import AlertState, RunErrors
from detectk.values.verdicts import EXCESS_CAP, Verdict, Verdicts
from detectk.values.window import Window, joined, missing, without

__all__ = [
    "EXCESS_CAP",
    "NO_LABELS",
    "AlertState",
    "Delivery",
    "Floats",
    "Incident",
    "IncidentKind",
    "Indices",
    "Interval",
    "Labels",
    "Message",
    "MessageKind",
    "MetricReport",
    "NoData",
    "Notice",
    "Report",
    "Rule",
    "RunErrors",
    "Schedule",
    "Series",
    "Severity",
    "Sighting",
    "Spans",
    "Status",
    "Times",
    "Verdict",
    "Verdicts",
    "Window",
    "joined",
    "missing",
    "severity_of",
    "to_datetime",
    "to_instant",
    "without",
]
