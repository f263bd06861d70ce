"""What the daemon counts about itself, for Prometheus.

The names are a contract: the alerts and the dashboard in `deploy/` rest on them, and a test holds them against it. A
label never carries what was played, and each has a handful of values, so a year of nights makes no new series.
Conventions: seconds, samples and bytes; totals only grow; levels are dBFS, never below `SILENCE_DBFS`.
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from livecsi import __version__
from livecsi.audio.levels import SILENCE_DBFS
from livecsi.audio.splicer import Loss
from livecsi.service.inbox import OVERRUN
from livecsi.service.status import State

WindowOutcome = Literal["named", "unknown", "no_music"]
PerformanceStatus = Literal["named", "unknown", "recorded"]
Stage = Literal["features", "encode", "match", "follow", "commit"]

WINDOW_OUTCOMES: tuple[WindowOutcome, ...] = ("named", "unknown", "no_music")
PERFORMANCE_STATUSES: tuple[PerformanceStatus, ...] = ("named", "unknown", "recorded")
STAGES: tuple[Stage, ...] = ("features", "encode", "match", "follow", "commit")
LOSS_REASONS = (*(loss.value for loss in Loss), OVERRUN, "restart", "other")
"""Why audio is missing, or capture began anew; the last ones are the daemon's own, and whatever is not listed."""

STAGE_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COMMIT_BUCKETS_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
SCORE_BUCKETS = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0)


class Telemetry:
    """The metrics of one daemon; every method may be called from any thread."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._make_capture_metrics()
        self._make_analysis_metrics()
        self._make_ledger_metrics()
        self._make_machine_metrics()
        self.model("")
        self.state(State.STARTING)

    def exposition(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)

    def model(self, model_id: str) -> None:
        """Say which network listens."""
        self._build.info({"version": __version__, "model": model_id})

    def captured(self, samples: int) -> None:
        """Audio arrived: samples at 22,050 Hz."""
        self._samples.inc(samples)

    def missed(self, seconds: float, reason: str) -> None:
        """Audio is missing."""
        self._gap_seconds.labels(_known(reason)).inc(seconds)

    def restarted(self, reason: str) -> None:
        """Capture was begun anew."""
        self._restarts.labels(_known(reason)).inc()

    def level(self, dbfs: float) -> None:
        """RMS level of the last second."""
        self._level.set(dbfs if dbfs > SILENCE_DBFS else SILENCE_DBFS)

    def lag(self, seconds: float) -> None:
        """Audio that has arrived and is not analysed yet."""
        self._lag.set(seconds)

    def window(self, outcome: WindowOutcome) -> None:
        """A window was heard."""
        self._windows.labels(outcome).inc()

    def stage(self, name: Stage) -> AbstractContextManager[object]:
        """Time what happens inside the `with` block."""
        return self._stage_seconds.labels(name).time()

    def score(self, value: float) -> None:
        """The score of the best candidate of a window."""
        if math.isfinite(value):
            self._score.observe(value)

    def performance(self, status: PerformanceStatus) -> None:
        """A performance ended."""
        self._performances.labels(status).inc()

    def event(self, kind: str) -> None:
        """An event was written; `kind` is one of the program's own words, never data."""
        self._events.labels(kind).inc()

    def committed(self, seconds: float) -> None:
        """A transaction of the ledger reached the disk, and took so long."""
        self._commit_seconds.observe(seconds)

    def catalogue(self, songs: int) -> None:
        """How many studio recordings can be recognised."""
        self._songs.set(songs)

    def disk(self, path: str, free_bytes: int) -> None:
        """Free space where the state lies; `path` is a setting, never the name of a night."""
        self._disk_free.labels(path).set(free_bytes)

    def clock_stepped(self, seconds: float) -> None:
        """The wall clock jumped, in whichever direction."""
        self._clock_steps.inc(abs(seconds))

    def reports_pending(self, count: int) -> None:
        """Nights that nobody has reviewed yet."""
        self._reports_pending.set(count)

    def state(self, state: State) -> None:
        """Exactly one state is 1, all others are 0."""
        for each in State:
            self._state.labels(each.value).set(each is state)

    def _make_capture_metrics(self) -> None:
        self._samples = self._counter("capture_samples", "Samples captured, at 22,050 Hz.")
        self._gap_seconds = self._counter("capture_gap_seconds", "Seconds of audio missing.", reason=LOSS_REASONS)
        self._restarts = self._counter("capture_restarts", "How often capture began anew.", reason=LOSS_REASONS)
        self._level = self._gauge("input_level_dbfs", "RMS level of the last second.")
        self._lag = self._gauge("ring_lag_seconds", "Audio that has arrived and is not analysed yet.")

    def _make_analysis_metrics(self) -> None:
        self._windows = self._counter("windows", "Windows heard.", outcome=WINDOW_OUTCOMES)
        self._performances = self._counter("performances", "Performances ended.", status=PERFORMANCE_STATUSES)
        self._score = self._histogram("match_score", "Score of a window's best candidate.", SCORE_BUCKETS)
        self._stage_seconds = self._histogram("stage_seconds", "Time a stage took.", STAGE_BUCKETS_SECONDS, "stage")
        for name in STAGES:
            self._stage_seconds.labels(name)
        self._songs = self._gauge("catalogue_songs", "Studio recordings that can be recognised.")

    def _make_ledger_metrics(self) -> None:
        self._events = self._counter("ledger_events", "Events written to the ledger.", kind=())
        self._commit_seconds = self._histogram("ledger_commit_seconds", "Time to the disk.", COMMIT_BUCKETS_SECONDS)
        self._reports_pending = self._gauge("reports_pending", "Nights that nobody has reviewed yet.")

    def _make_machine_metrics(self) -> None:
        self._disk_free = Gauge("livecsi_disk_free_bytes", "Free disk space.", ["path"], registry=self.registry)
        self._clock_steps = self._counter("clock_step_seconds", "Seconds the wall clock jumped.")
        self._state = Gauge("livecsi_state", "1 for the state the daemon is in.", ["state"], registry=self.registry)
        self._build = Info("livecsi_build", "Version and model.", registry=self.registry)

    def _counter(self, name: str, says: str, **labels: tuple[str, ...]) -> Counter:
        """A counter whose series begin at 0, so that the first loss is an increase too."""
        counter = Counter(f"livecsi_{name}", says, list(labels), registry=self.registry)
        for value in _values(labels):
            counter.labels(value)
        return counter

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(f"livecsi_{name}", says, registry=self.registry)

    def _histogram(self, name: str, says: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"livecsi_{name}", says, labels, buckets=buckets, registry=self.registry)


def _values(labels: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for values in labels.values():
        yield from values


def _known(reason: str) -> str:
    return reason if reason in LOSS_REASONS else "other"
