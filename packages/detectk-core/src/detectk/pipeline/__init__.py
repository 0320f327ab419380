"""The steps from a source to a message; `detectk.pipeline.run` knows their order."""

from detectk.pipeline.decide import Decision, Surroundings, Trace, decide, decide_error
from detectk.pipeline.fold import Folded, Subject, begin, fold
from detectk.pipeline.job import Alerting, Channel, Job, Judge, Observer
from detectk.pipeline.load import Batch, Loaded, load, missing_batches
from detectk.pipeline.plan import Plan, plan
from detectk.pipeline.rehearse import rehearsal
from detectk.pipeline.route import Topic, route
from detectk.pipeline.run import holder_name, run
from detectk.pipeline.track import advance

__all__ = [
    "Alerting",
    "Batch",
    "Channel",
    "Decision",
    "Folded",
    "Job",
    "Judge",
    "Loaded",
    "Observer",
    "Plan",
    "Subject",
    "Surroundings",
    "Topic",
    "Trace",
    "advance",
    "begin",
    "decide",
    "decide_error",
    "fold",
    "holder_name",
    "load",
    "missing_batches",
    "plan",
    "rehearsal",
    "route",
    "run",
]
