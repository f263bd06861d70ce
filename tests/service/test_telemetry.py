"""The metrics are a contract with alerts and dashboards: their names, their labels, and that none tells a song."""

import time

import pytest

from livecsi import __version__
from livecsi.service.status import State
from livecsi.service.telemetry import Telemetry

PROMISED = {
    "livecsi_capture_samples_total": set(),
    "livecsi_capture_gap_seconds_total": {"reason"},
    "livecsi_capture_restarts_total": {"reason"},
    "livecsi_input_level_dbfs": set(),
    "livecsi_ring_lag_seconds": set(),
    "livecsi_windows_total": {"outcome"},
    "livecsi_stage_seconds": {"stage"},
    "livecsi_match_score": set(),
    "livecsi_performances_total": {"status"},
    "livecsi_ledger_events_total": {"kind"},
    "livecsi_ledger_commit_seconds": set(),
    "livecsi_catalogue_songs": set(),
    "livecsi_disk_free_bytes": {"path"},
    "livecsi_clock_step_seconds_total": set(),
    "livecsi_reports_pending": set(),
    "livecsi_state": {"state"},
    "livecsi_build_info": {"version", "model"},
}
ENDINGS = ("_bucket", "_sum", "_count")


def live_a_little(telemetry: Telemetry) -> Telemetry:
    """Everything a daemon can say, said once."""
    telemetry.model("livecsi@0123456789ab")
    telemetry.captured(22_050)
    telemetry.missed(1.5, "stalled")
    telemetry.restarted("stalled")
    telemetry.level(-18.0)
    telemetry.lag(2.0)
    telemetry.window("named")
    for stage in ("features", "encode", "match", "follow", "commit"):
        with telemetry.stage(stage):
            pass
    telemetry.score(7.0)
    telemetry.performance("named")
    telemetry.event("performance.heard")
    telemetry.committed(0.01)
    telemetry.catalogue(80)
    telemetry.disk("/var/lib/livecsi", 10_000_000_000)
    telemetry.clock_stepped(-3600.0)
    telemetry.reports_pending(1)
    telemetry.state(State.LISTENING)
    return telemetry


@pytest.fixture
def telemetry():
    return Telemetry()


def samples(telemetry: Telemetry) -> dict[str, list]:
    """Every sample of ours by its metric, the parts of a histogram under its own name."""
    found: dict[str, list] = {}
    for family in telemetry.registry.collect():
        for sample in family.samples:
            name = next((sample.name.removesuffix(end) for end in ENDINGS if sample.name.endswith(end)), sample.name)
            found.setdefault(name, []).append(sample)
    return found


def value(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(name, labels)


def test_exactly_the_promised_names_and_labels_are_exposed(telemetry):
    exposed = samples(live_a_little(telemetry))
    ours = {name: rows for name, rows in exposed.items() if name.startswith("livecsi_")}
    assert {name: {key for row in rows for key in row.labels} - {"le"} for name, rows in ours.items()} == PROMISED
    assert exposed["process_resident_memory_bytes"][0].value > 1e6
    assert not [name for name in exposed if name.endswith("_created")]


def test_a_first_loss_is_an_increase_because_its_series_began_at_zero(telemetry):
    assert value(telemetry, "livecsi_capture_gap_seconds_total", reason="device_lost") == 0.0
    telemetry.missed(2.5, "device_lost")
    assert value(telemetry, "livecsi_capture_gap_seconds_total", reason="device_lost") == 2.5


def test_a_reason_nobody_foresaw_makes_no_new_series(telemetry):
    before = len(samples(telemetry)["livecsi_capture_gap_seconds_total"])
    telemetry.missed(1.0, "child said: ALSA lib pcm.c:8545")
    telemetry.restarted("child said: ALSA lib pcm.c:8545")
    assert len(samples(telemetry)["livecsi_capture_gap_seconds_total"]) == before
    assert value(telemetry, "livecsi_capture_gap_seconds_total", reason="other") == 1.0
    assert value(telemetry, "livecsi_capture_restarts_total", reason="other") == 1.0


def test_there_is_always_exactly_one_state(telemetry):
    for state in State:
        telemetry.state(state)
        rows = {row.labels["state"]: row.value for row in samples(telemetry)["livecsi_state"]}
        assert rows == {each.value: float(each is state) for each in State}


def test_digital_zeros_have_a_level_that_can_be_averaged(telemetry):
    telemetry.level(float("-inf"))
    assert value(telemetry, "livecsi_input_level_dbfs") == -120.0


def test_a_clock_that_goes_back_is_a_step_too(telemetry):
    telemetry.clock_stepped(-3600.0)
    telemetry.clock_stepped(60.0)
    assert value(telemetry, "livecsi_clock_step_seconds_total") == 3660.0


def test_a_stage_is_timed_even_when_it_fails(telemetry):
    with pytest.raises(ZeroDivisionError), telemetry.stage("match"):
        time.sleep(0.02)
        1 / 0  # noqa: B018
    assert value(telemetry, "livecsi_stage_seconds_count", stage="match") == 1.0
    assert 0.02 <= (value(telemetry, "livecsi_stage_seconds_sum", stage="match") or 0.0) < 1.0


def test_another_model_replaces_the_build_info(telemetry):
    telemetry.model("livecsi@aaaaaaaaaaaa")
    telemetry.model("livecsi@bbbbbbbbbbbb")
    (row,) = samples(telemetry)["livecsi_build_info"]
    assert row.labels == {"version": __version__, "model": "livecsi@bbbbbbbbbbbb"}


def test_two_daemons_in_one_process_do_not_share_numbers():
    one, other = Telemetry(), Telemetry()
    one.catalogue(80)
    assert value(other, "livecsi_catalogue_songs") == 0.0
