"""A plan makes a song easier to hear and is held against the list; it never puts a song on one."""

import math
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from livecsi.errors import FindingsError, InputError, UsageError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import ReportKey
from livecsi.ledger.plans import Verdict, plans
from livecsi.reports.build import reports_of_night
from livecsi.reports.render import render
from livecsi.service.announcements import Announcement
from livecsi.service.identifier import PLANNED_ODDS
from livecsi.service.plans import Diff, announce, diffs
from livecsi.service.replay import Replay, replay
from livecsi.service.review import Desk
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.conftest import FIXTURES
from tests.fakes import FakeClock

STARTED_AT = datetime(2024, 5, 1, 18, 0, tzinfo=UTC)
NIGHT = date(2024, 5, 1)
ACT = "The Fixtures"
KORO, AULD, SCARBOROUGH = "Korobeiniki", "Auld Lang Syne", "Scarborough Fair"
PLAYED_SECONDS = 75


@dataclass
class House:
    """A state of its own, the sound of one song, and what can be done with both."""

    settings: Any
    audio: Path

    def ledger(self) -> Ledger:
        return Ledger.open(self.settings.ledger_path, FakeClock())

    def plan(self, *songs: str, night: date = NIGHT, act: str = ACT) -> int:
        with self.ledger() as ledger:
            return len(announce(self.settings, ledger, [Announcement(night, act, "main", None, songs)], "Aino").planned)

    def replay(self, name_probability: float = 0.9) -> Replay:
        tracking = self.settings.tracking.model_copy(update={"name_probability": name_probability})
        return replay(self.settings.model_copy(update={"tracking": tracking}), self.audio, STARTED_AT, ACT)

    def titles(self, name_probability: float = 0.9) -> list[str]:
        hearing = self.replay(name_probability).hearing
        return [p.best.title if p.best else "unknown" for p in hearing.performances]

    def confidence(self) -> float:
        (performance,) = self.replay().hearing.performances
        return performance.confidence

    def diff(self) -> Diff:
        with self.ledger() as ledger:
            (found,) = diffs(ledger, NIGHT, None)
        return found


@pytest.fixture
def house(prepared, cut_of_concert, tmp_path) -> House:
    """Korobeiniki alone, under so much noise that nobody can be quite sure of it."""
    state = Path(shutil.copytree(prepared.folder, tmp_path / "state"))
    song = cut_of_concert[: PLAYED_SECONDS * SAMPLE_RATE_HERTZ]
    noise = np.random.default_rng(1).standard_normal(len(song)).astype(np.float32) * 2 * song.std()
    soundfile.write(tmp_path / "noisy.flac", (song + noise) / 12, SAMPLE_RATE_HERTZ)
    return House(prepared.settings.model_copy(update={"state_dir": state}), tmp_path / "noisy.flac")


def log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def test_a_plan_lifts_a_song_that_was_just_below_the_threshold(house):
    just_above = logistic(log_odds(house.confidence()) + PLANNED_ODDS / 2)
    assert house.titles(just_above) == ["unknown"]
    house.plan("korobeiniki", SCARBOROUGH)
    assert house.titles(just_above) == [KORO]


def test_a_plan_lifts_by_no_more_than_it_says(house):
    far_above = logistic(log_odds(house.confidence()) + PLANNED_ODDS * 1.5)
    house.plan(KORO)
    assert house.titles(far_above) == ["unknown"]


def test_a_planned_song_that_was_not_played_is_not_named_and_an_unplanned_one_is(house):
    house.plan(SCARBOROUGH, AULD)
    assert house.titles() == [KORO]


def test_no_planned_song_is_named_for_a_stranger(house):
    """A song that is in no catalogue, with everything in the catalogue planned."""
    house.plan(KORO, AULD, SCARBOROUGH)
    assert set(replace(house, audio=FIXTURES / "live" / "londonderry-air.ogg").titles()) <= {"unknown"}


def test_another_plan_is_another_replay_and_the_same_plan_is_not(house):
    unplanned = house.replay()
    house.plan(KORO)
    planned = house.replay()
    assert planned.hearing is not None and planned.start.plan_id and not unplanned.start.plan_id
    assert house.replay().hearing is None
    assert house.plan(KORO) == 0, "the same plan again is no news"
    house.plan(KORO, AULD)
    assert house.replay().start.plan_id not in ("", planned.start.plan_id)
    with house.ledger() as ledger:
        opened = [event.body["plan_id"] for event in ledger.events("session.opened")]
        assert ledger.verify() == []
    assert len(set(opened)) == 3


def test_the_plan_of_another_act_or_night_says_nothing(house):
    house.plan(KORO, act="Somebody Else")
    house.plan(KORO, night=date(2024, 5, 2))
    assert house.replay().start.plan_id == ""


def test_what_was_planned_and_not_heard_is_in_no_report_and_on_no_copy_sheet(house):
    house.plan(KORO, SCARBOROUGH, "Ninety Winters")
    house.replay()
    with house.ledger() as ledger:
        key = ReportKey(NIGHT, ACT, "main")
        desk = Desk(ledger, key, "Aino")
        desk.edit("accept", item_ids=[line.item_id for line in desk.review().lines])
        (report,) = reports_of_night(ledger, NIGHT).values()
    assert [item.work.title for item in report.items] == [KORO]
    forms = [render(report, form).decode() for form in ("json", "table", "csv", "html", "text", "setlistfm")]
    sheets = [render(report, "text", profile).decode() for profile in ("koda", "jasrac", "gema", "teosto")]
    assert all(KORO in document and "Ninety Winters" not in document for document in [*forms, *sheets])
    assert all(SCARBOROUGH not in document for document in [forms[-1], *sheets]), "it may be evidence, never a line"


def test_the_plan_is_held_against_the_list_as_it_stands(house):
    house.plan(SCARBOROUGH, KORO, "Ninety Winters", "Korobeiniki")
    before = house.diff()
    assert (before.planned_and_heard, len(before.planned_not_heard), before.unnamed) == ((), 4, 0)
    house.replay()
    found = house.diff()
    assert [(song.text, line.title) for song, line in found.planned_and_heard] == [(KORO, KORO)]
    assert [song.text for song in found.planned_not_heard] == [SCARBOROUGH, "Ninety Winters", "Korobeiniki"]
    assert found.heard_not_planned == ()
    with house.ledger() as ledger:
        desk = Desk(ledger, ReportKey(NIGHT, ACT, "main"), "Aino")
        end = desk.review().lines[-1].end_utc
        for title in ("ninety winters", "Something New"):
            desk.add({"title": title, "artist": "", "facts": {"work_title": title}}, end, 60.0, usage="live")
        desk.edit("reject", item_ids=[desk.review().lines[0].item_id])
    after = house.diff()
    assert [line.title for _, line in after.planned_and_heard] == ["ninety winters"]
    assert [line.title for line in after.heard_not_planned] == ["Something New"]
    assert [song.text for song in after.planned_not_heard] == [SCARBOROUGH, KORO, KORO]


def test_a_night_without_a_plan_has_nothing_to_compare(house):
    with house.ledger() as ledger, pytest.raises(FindingsError, match="nothing is planned for 'Nobody' in the night"):
        diffs(ledger, NIGHT, "Nobody")


def test_without_songs_an_act_is_expected_to_play_what_it_was_accepted_to_have_played(house):
    house.replay()
    house.plan(night=date(2024, 5, 2))
    assert house_plan(house, date(2024, 5, 2)).songs == (), "nobody has reviewed anything yet"
    with house.ledger() as ledger:
        desk = Desk(ledger, ReportKey(NIGHT, ACT, "main"), "Aino")
        desk.edit("accept", item_ids=[line.item_id for line in desk.review().lines])
    house.plan(night=date(2024, 5, 2))
    plan = house_plan(house, date(2024, 5, 2))
    assert (plan.source, [song.works[0].title for song in plan.songs]) == ("repertoire", [KORO])
    house.plan(night=date(2024, 4, 30))
    house.plan(night=date(2024, 5, 2), act="Somebody Else")
    assert house_plan(house, date(2024, 4, 30)).songs == (), "a later night is not known yet"
    assert house_plan(house, date(2024, 5, 2), "Somebody Else").songs == ()


def house_plan(house: House, night: date, act: str = ACT):
    with house.ledger() as ledger:
        return plans(ledger, night)[ReportKey(night, act, "main")]


def test_every_line_gets_its_verdict_and_the_newest_plan_counts(house):
    house.plan("Ninety Winters")
    house.plan("W09", "Korobeiniki - Whoever", "Ninety Winters")
    plan = house_plan(house, NIGHT)
    assert [song.verdict for song in plan.songs] == [Verdict.FOUND, Verdict.MISSING, Verdict.MISSING]
    assert plan.songs[0].works[0].title == KORO
    with house.ledger() as ledger:
        assert len(ledger.events("night.planned")) == 2
        assert [event.body["songs"][0]["verdict"] for event in ledger.events("night.planned")] == [
            "not_in_catalogue", "found"]  # fmt: skip


def test_what_cannot_be_planned_leaves_nothing(house):
    with pytest.raises(InputError, match="was mistyped: its last digit should be 1"):
        house.plan("T-034.524.680-7")
    with pytest.raises(UsageError, match="a plan names an act"):
        house.plan(KORO, act=" ")
    with house.ledger() as ledger:
        assert ledger.events() == []


def test_without_a_catalogue_a_night_can_still_be_planned(house, tmp_path):
    settings = house.settings.model_copy(update={"state_dir": tmp_path / "elsewhere"})
    replace(house, settings=settings).plan(KORO)
    with Ledger.open(settings.ledger_path, FakeClock()) as ledger:
        (plan,) = plans(ledger).values()
    assert plan.songs[0].verdict is Verdict.MISSING
