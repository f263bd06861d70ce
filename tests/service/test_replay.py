"""A replay goes into the ledger once; what decides its result also decides whether it is the same replay."""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from livecsi.catalogue.sqlite import Catalogue
from livecsi.errors import FindingsError, InputError, UntrustedError
from livecsi.identify.calibration import shares
from livecsi.identify.sessions import default_directory
from livecsi.identify.support import log_odds_of
from livecsi.identify.tonight import LARGEST_SHIFT, REPEATED_ODDS
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import nights, sessions_of_night
from livecsi.ledger.sessions import CLOSED, GAP, HEARD, OPENED, SUPERSEDED
from livecsi.service.replay import replay
from tests.fakes import FakeClock

STARTED_AT = datetime(2024, 5, 1, 18, 0, tzinfo=UTC)


@dataclass
class House:
    """A state of its own that a test may change."""

    settings: Any

    def events(self) -> list[str]:
        with Ledger.open(self.settings.ledger_path, FakeClock(), create=False) as ledger:
            assert ledger.verify() == []
            return [event.kind for event in ledger.events()]

    def catalogue(self) -> Catalogue:
        return Catalogue.open(self.settings.catalogue_path, FakeClock())


@pytest.fixture
def house(prepared, tmp_path) -> House:
    state = Path(shutil.copytree(prepared.folder, tmp_path / "state"))
    return House(prepared.settings.model_copy(update={"state_dir": state}))


def test_a_replay_twice_adds_nothing_the_second_time(house, cut_file):
    first = replay(house.settings, cut_file, STARTED_AT, "The Fixtures")
    assert house.events() == [OPENED, HEARD, HEARD, CLOSED]
    second = replay(house.settings, cut_file, STARTED_AT, "The Fixtures")
    assert (second.session_id, second.hearing) == (first.session_id, None)
    assert house.events() == [OPENED, HEARD, HEARD, CLOSED]


def test_the_ledger_says_which_windows_make_a_name(house, cut_file):
    """Whoever has only the ledger comes to the same probability, and sees what the rest of the night added."""
    replay(house.settings, cut_file, STARTED_AT, "The Fixtures")
    with Ledger.open(house.settings.ledger_path, FakeClock()) as ledger:
        bodies = [event.body for event in ledger.events(HEARD)]
    for body in bodies:
        answers = [body["best"], *body["alternatives"]]
        assert body["windows"] and all(end > start for start, end in body["windows"])
        for answer in answers:
            support = answer["support"]
            assert len(support["window_log_odds"]) == len(body["windows"])
            assert log_odds_of(support["window_log_odds"]) == pytest.approx(support["log_odds"], abs=0.01)
        added = [answer["log_odds"] - answer["support"]["log_odds"] for answer in answers]
        assert max(map(abs, added)) <= LARGEST_SHIFT + abs(REPEATED_ODDS)
        weighed = [log_odds_of(a["support"]["window_log_odds"]) + more for a, more in zip(answers, added, strict=True)]
        assert shares(weighed)[0] == pytest.approx(body["confidence"], abs=0.005)


def test_another_act_or_another_moment_is_another_session(house, cut_file):
    replay(house.settings, cut_file, STARTED_AT, "The Fixtures")
    other_act = replay(house.settings, cut_file, STARTED_AT, "Somebody Else")
    assert other_act.hearing is not None
    with Ledger.open(house.settings.ledger_path, FakeClock()) as ledger:
        assert [act.act for night in nights(ledger) for act in night.acts] == ["Somebody Else"]
    replay(house.settings, cut_file, STARTED_AT.replace(day=2), "The Fixtures")
    with Ledger.open(house.settings.ledger_path, FakeClock()) as ledger:
        assert [night.date.day for night in nights(ledger)] == [1, 2]


def test_a_changed_catalogue_makes_a_new_session_that_takes_the_place_of_the_old(house, cut_file):
    old = replay(house.settings, cut_file, STARTED_AT, "")
    with house.catalogue() as catalogue:
        recording = next(r for r in catalogue.recordings() if r.title == "Korobeiniki")
        catalogue.edit(recording.recording_id, title="Korobushka")
    new = replay(house.settings, cut_file, STARTED_AT, "")
    assert new.session_id != old.session_id
    assert house.events().count(SUPERSEDED) == 1
    with Ledger.open(house.settings.ledger_path, FakeClock()) as ledger:
        (session,) = sessions_of_night(ledger, STARTED_AT.date())
    assert session.session_id == new.session_id
    assert session.performances[0].body["best"]["title"] == "Korobushka"


def test_other_settings_of_listening_are_another_replay(house, cut_file):
    replay(house.settings, cut_file, STARTED_AT, "")
    listening = house.settings.listening.model_copy(update={"hop_seconds": 20.0})
    again = replay(house.settings.model_copy(update={"listening": listening}), cut_file, STARTED_AT, "")
    assert again.hearing is not None


def test_another_language_is_no_other_replay(house, cut_file):
    replay(house.settings, cut_file, STARTED_AT, "")
    venue = house.settings.venue.model_copy(update={"language": "fi"})
    assert replay(house.settings.model_copy(update={"venue": venue}), cut_file, STARTED_AT, "").hearing is None


def test_the_ledger_says_when_and_how_surely_in_the_time_of_the_night(house, cut_file):
    outcome = replay(house.settings, cut_file, STARTED_AT, "")
    with Ledger.open(house.settings.ledger_path, FakeClock()) as ledger:
        (session,) = sessions_of_night(ledger, STARTED_AT.date())
    assert session.closed.body["ended_at"] == "2024-05-01T18:02:12.000Z"
    assert session.closed.body["coverage"]["listened_seconds"] == 132.0
    first = session.performances[0].body
    assert first["start_utc"].startswith("2024-05-01T18:00:0")
    assert first["confidence"] == round(outcome.hearing.performances[0].confidence, 4)
    assert first["best"]["facts"]["work_key"] == "W09"
    assert GAP not in house.events()


def test_without_a_time_the_recording_ended_when_the_file_was_last_written(house, cut_file, tmp_path):
    copy = Path(shutil.copy(cut_file, tmp_path / "copy.flac"))
    os.utime(copy, (STARTED_AT.timestamp() + 132, STARTED_AT.timestamp() + 132))
    assert replay(house.settings, copy, None, "").start.started_at == STARTED_AT


def test_a_song_the_model_never_heard_is_said_instead_of_never_found(house, cut_file):
    with house.catalogue() as catalogue:
        catalogue.add_recording(
            title="Unheard", artist="", duration_seconds=60, audio_sha256="ab" * 32, source_name="x.wav")  # fmt: skip
    with pytest.raises(UntrustedError, match="1 songs of the catalogue were not encoded.*'Unheard'") as caught:
        replay(house.settings, cut_file, STARTED_AT, "")
    assert caught.value.exit_code == 5
    assert not house.settings.ledger_path.exists()


def test_an_empty_and_a_missing_catalogue_have_findings_and_no_session(house, cut_file, tmp_path):
    with house.catalogue() as catalogue:
        for recording in catalogue.recordings():
            catalogue.remove(recording.recording_id)
    with pytest.raises(FindingsError, match="the catalogue is empty"):
        replay(house.settings, cut_file, STARTED_AT, "")
    elsewhere = house.settings.model_copy(update={"state_dir": tmp_path / "elsewhere"})
    with pytest.raises(FindingsError, match="there is no catalogue at"):
        replay(elsewhere, cut_file, STARTED_AT, "")
    assert not house.settings.ledger_path.exists() and not (tmp_path / "elsewhere").exists()


def test_a_recording_that_breaks_off_never_costs_the_night_that_was_heard_before(house, cut_file, tmp_path):
    replay(house.settings, cut_file, STARTED_AT, "")
    broken = tmp_path / "broken.flac"
    broken.write_bytes(cut_file.read_bytes()[:500_000])
    with pytest.raises(InputError, match="broken.flac"):
        replay(house.settings, broken, STARTED_AT, "")
    with Ledger.open(house.settings.ledger_path, FakeClock()) as ledger:
        complete = [s for s in sessions_of_night(ledger, STARTED_AT.date()) if s.closed is not None]
    assert [len(session.performances) for session in complete] == [2]


def with_bands(settings, folder, bands):
    """The released model in a folder of its own, with bands as if somebody had measured them; None for no bands."""
    models = Path(shutil.copytree(default_directory(), folder))
    manifest = json.loads((models / "manifest.json").read_text())
    calibration = next(m for m in manifest["models"] if m["name"] == settings.model.name)["calibration"]
    calibration.pop("bands", None)
    calibration.update({} if bands is None else {"bands": bands})
    (models / "manifest.json").write_text(json.dumps(manifest))
    return settings.model_copy(update={"model": settings.model.model_copy(update={"directory": models})})


@pytest.mark.parametrize(("bands", "told"), [
    (None, ("medium", "uncalibrated")),
    ({"high": None, "medium": {"from_probability": 0.5}}, ("medium", "calibrated")),
    ({"high": {"from_probability": 0.5}, "medium": None}, ("high", "calibrated")),
])  # fmt: skip
def test_the_ledger_keeps_the_bands_of_the_model_that_listened(house, cut_file, tmp_path, bands, told):
    replay(with_bands(house.settings, tmp_path / "models", bands), cut_file, STARTED_AT, "")
    with Ledger.open(house.settings.ledger_path, FakeClock()) as ledger:
        (session,) = sessions_of_night(ledger, STARTED_AT.date())
    assert {(event.body["band"], event.body["band_basis"]) for event in session.performances} == {told}
