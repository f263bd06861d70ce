"""Audio on the disk: never without consent, exactly what was played, gone in time, and never at the night's cost."""

import random
import subprocess
import threading
import time
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile
from structlog.testing import capture_logs

from livecsi.ledger.clips import ERASED, KEPT
from livecsi.ledger.consents import give_consent, withdraw_consent
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import ReportKey, sessions_by_report, sessions_of_night
from livecsi.ledger.plans import Plan, write_plans
from livecsi.ledger.review import review_of
from livecsi.reports.build import build
from livecsi.service.analysis import Analysis
from livecsi.service.evidence import Evidence, clip_of
from livecsi.service.evidence_sweep import EXPIRED, NOT_OURS, WITHDRAWN
from livecsi.service.live_record import live_start
from livecsi.service.live_session import LiveSession
from livecsi.service.pipeline import Pipeline
from livecsi.settings import PrivacySettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap, Kind, Performance
from tests.fakes import FakeClock, cut
from tests.reliability.disk import SmallDisk
from tests.service.live import BLOCK_SAMPLES, Stage, stage
from tests.service.test_analysis import Microphone

EVENING = datetime(2024, 5, 1, 18, 0, tzinfo=UTC)
NIGHT = date(2024, 5, 1)
ACT = "The Fixtures"
PRIVACY = PrivacySettings()


@pytest.fixture
def opened(ear, identifier, prepared, tmp_path):
    """Opens the stage in this test's folder; once more is a restart."""
    return lambda clock=None: stage(
        ear, identifier, prepared.settings.catalogue_path, tmp_path, clock or FakeClock(EVENING)
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "evidence"


@pytest.fixture(scope="module")
def heard(ear, identifier) -> Pipeline:
    """Half a minute in memory, of which no window was due yet."""
    pipeline = Pipeline(ear, identifier)
    noise = np.random.default_rng(1).uniform(-1, 1, 30 * SAMPLE_RATE_HERTZ).astype(np.float32)
    for block in cut(noise, SAMPLE_RATE_HERTZ):
        pipeline.accept(block)
    return pipeline


def line(start: float = 5.0, end: float = 25.0, kind: Kind = Kind.SONG) -> Performance:
    return Performance(start, end, kind, 0.9, 0.5, None)


def keep(here: Stage, heard: Pipeline, act: str = ACT, one: Performance | None = None) -> None:
    here.books.evidence.keep(live_start(here.books, "a microphone", act), "a-session", one or line(), heard, PRIVACY)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def bodies(here: Stage, kind: str) -> list[dict]:
    return [event.body for event in here.ledger.events(kind)]


def consented(here: Stage, act: str = ACT) -> None:
    give_consent(here.ledger, act, "Aino Aalto", None)


def played(body: dict, folder: Path, samples: np.ndarray) -> float:
    """At which second of these samples the clip begins; it must be found there to the last bit."""
    kept, _ = soundfile.read(folder / body["file"], dtype="int16")
    assert len(kept) / SAMPLE_RATE_HERTZ == pytest.approx(body["end_seconds"] - body["start_seconds"], abs=0.001)
    sound = np.clip(np.rint(samples * 32_768), -32_768, 32_767).astype(np.int16)
    found = sound.tobytes().find(kept.tobytes())
    assert found >= 0, f"{body['file']} is not what was played"
    return found / 2 / SAMPLE_RATE_HERTZ


def test_whatever_people_say_in_whatever_order_nothing_is_kept_without_consent(opened, heard, folder):
    """Two hundred random words of three acts and a nameless one, and after each somebody plays."""
    chance, names = random.Random(4), ["The Fixtures", "the fixtures", "Delta Wren"]
    allowed: dict[str, bool] = {}
    kept = 0
    with opened() as here:
        for _ in range(200):
            here.clock.advance(61.0)
            act = chance.choice(names)
            if allowed.get(act) and chance.random() < 0.5:
                withdraw_consent(here.ledger, act, "a member")
                allowed[act] = False
            else:
                until = chance.choice([None, NIGHT, NIGHT - timedelta(days=1)])
                give_consent(here.ledger, act, "a member", until)
                allowed[act] = until != NIGHT - timedelta(days=1)
            on_stage = chance.choice([*names, "", "  "])
            keep(here, heard, on_stage)
            kept += allowed.get(on_stage, False)
            assert [len(files(folder)), len(here.ledger.events(KEPT))] == [kept, kept]
        assert 20 < kept < 150


def test_an_evening_leaves_a_clip_of_each_song_exactly_as_it_was_played(opened, cut_of_concert, folder):
    with opened() as here:
        consented(here)
        session = LiveSession.begin(here.books, "a microphone", ACT)
        here.play(session, cut_of_concert)
        assert files(folder) == []
        session.accept(Gap(session.last_sample, session.last_sample + 150 * SAMPLE_RATE_HERTZ, "device_lost"))
        session.accept(Block(session.last_sample, cut_of_concert[:BLOCK_SAMPLES]))
        first, second = kept = bodies(here, KEPT)
        session.finish()
        assert bodies(here, KEPT) == kept, "nothing is kept twice"
        (heard,) = sessions_of_night(here.ledger, NIGHT)
    assert files(folder) == [first["file"], second["file"]]
    for body, event in zip(kept, heard.performances, strict=True):
        content = (folder / body["file"]).read_bytes()
        assert (body["sha256"], body["size_bytes"]) == (sha256(content).hexdigest(), len(content))
        middle = (event.body["start_seconds"] + event.body["end_seconds"]) / 2
        began = played(body, folder, cut_of_concert)
        assert [began, began + 15] == pytest.approx([body["start_seconds"], middle], abs=0.001)
    assert (first["act"], first["session_id"], first["expires_on"]) == (ACT, heard.session_id, "2024-07-30")
    assert first["file"].startswith(f"2024-05-01/{heard.session_id}/20240501T1800")


def test_of_two_acts_only_the_one_that_said_yes_is_kept(opened, cut_of_concert, folder):
    with opened() as here:
        consented(here, "The Headliners")
        for act, minutes in (("The Openers", 0), ("The Headliners", 17)):
            key = ReportKey(NIGHT, act, "main")
            write_plans(here.ledger, [Plan(key, (), "list", "the office", EVENING + timedelta(minutes=minutes))])
        analysis = Analysis(here.books, "a microphone", None)
        microphone = Microphone(here, analysis)
        microphone.play(cut_of_concert[: 76 * SAMPLE_RATE_HERTZ])
        microphone.lose(150)
        microphone.play(cut_of_concert[82 * SAMPLE_RATE_HERTZ :])
        analysis.finish()
        heard = [key.act for key in sessions_by_report(here.ledger)]
        (body,) = bodies(here, KEPT)
        retained = {
            key.act: build(key, group, review_of(here.ledger, key, group)).provenance.audio_retained
            for key, group in sessions_by_report(here.ledger).items()
        }
    assert heard == ["The Openers", "The Headliners"]
    assert body["act"] == "The Headliners" and files(folder) == [body["file"]]
    assert played(body, folder, cut_of_concert) > 82
    assert retained == {"The Openers": False, "The Headliners": True}


def test_a_song_in_the_time_of_another_act_is_nobodys(opened, heard, folder):
    with opened() as here:
        consented(here)
        later = EVENING + timedelta(minutes=15, seconds=4)
        write_plans(here.ledger, [Plan(ReportKey(NIGHT, ACT, "main"), (), "list", "the office", EVENING)])
        write_plans(here.ledger, [Plan(ReportKey(NIGHT, "Delta Wren", "main"), (), "list", "the office", later)])
        keep(here, heard)
        assert files(folder) == []
        keep(here, heard, one=line(3.0, 25.0))
        assert len(files(folder)) == 1


def test_music_between_acts_is_not_kept(opened, heard, folder):
    with opened() as here:
        consented(here)
        keep(here, heard, one=line(kind=Kind.RECORDED))
        assert files(folder) == []
        keep(here, heard, one=line(kind=Kind.UNKNOWN))
        assert len(files(folder)) == 1


def test_after_a_restart_the_night_still_knows_its_clip_and_makes_no_second_one(opened, cut_of_concert, folder):
    clock = FakeClock(EVENING)
    with opened(clock) as here:
        consented(here)
        session = LiveSession.begin(here.books, "a microphone", ACT)
        here.play(session, cut_of_concert[: 60 * SAMPLE_RATE_HERTZ])
        session.finish()
        (body,) = bodies(here, KEPT)
    clock.advance(4.0)
    with opened(clock) as here:
        session = LiveSession.resume(here.books, ACT)
        assert session is not None
        here.play(session, cut_of_concert[78 * SAMPLE_RATE_HERTZ :])
        session.finish()
        first, second = bodies(here, KEPT)
        (heard,) = sessions_of_night(here.ledger, NIGHT)
    assert first == body and second["start_seconds"] > 64 and second["session_id"] != body["session_id"]
    assert [clip.body for clip in heard.clips] == [first, second]
    assert played(second, folder, cut_of_concert) > 78


@pytest.mark.parametrize(
    ("ring_seconds", "start", "end", "clip"),
    [
        (100, 5.0, 45.0, (20.0, 30.0)),
        (100, 5.0, 11.0, (5.0, 11.0)),
        (60, 20.0, 50.0, (40.0, 50.0)),
        (60, 20.0, 80.0, (45.0, 55.0)),
        (60, 0.0, 47.0, (40.0, 47.0)),
        (60, 0.0, 44.0, None),
        (60, 0.0, 30.0, None),
        (60, 89.0, 100.6, (89.8, 99.8)),
        (60, 97.0, 100.6, None),
    ],
)
def test_the_middle_or_what_memory_still_holds_next_to_it(ear, identifier, ring_seconds, start, end, clip, monkeypatch):
    listening = ear.settings.listening.model_copy(update={"ring_seconds": float(ring_seconds)})
    monkeypatch.setattr(ear, "settings", ear.settings.model_copy(update={"listening": listening}))
    pipeline = Pipeline(ear, identifier)
    pipeline.accept(Gap(0, 100 * SAMPLE_RATE_HERTZ, "stalled"))
    found = clip_of(line(start, end), pipeline, 10.0)
    edges = None if found is None else (found.first_sample / SAMPLE_RATE_HERTZ, found.last_sample / SAMPLE_RATE_HERTZ)
    assert edges == clip


def test_a_consent_withdrawn_in_the_very_moment_of_writing_counts(opened, heard, folder, tmp_path):
    with opened() as here, Ledger.open(tmp_path / "ledger.sqlite", here.clock) as office:
        consented(here)

        def play() -> None:
            with opened(here.clock) as there:
                keep(there, heard)

        band = threading.Thread(target=play)
        with office.transaction():
            band.start()
            time.sleep(1.0)  # by now the clip waits for the ledger
            withdraw_consent(office, ACT, "Aino Aalto")
        band.join()
        assert bodies(here, KEPT) == [] and files(folder) == []


def test_where_nothing_can_be_written_the_night_goes_on_with_one_warning(opened, cut_of_concert, folder):
    folder.write_text("somebody put a file here")
    with opened() as here, capture_logs() as said:
        consented(here)
        session = LiveSession.begin(here.books, "a microphone", ACT)
        here.play(session, cut_of_concert)
        session.finish()
        (heard,) = sessions_of_night(here.ledger, NIGHT)
        assert bodies(here, KEPT) == [] and here.ledger.verify() == []
    assert len(heard.performances) == 2 and heard.closed is not None
    (warning,) = (entry for entry in said if entry["log_level"] == "warning")
    assert warning["event"] == "no evidence is kept" and str(folder) in warning["reason"]


def test_a_disk_with_less_than_a_gigabyte_belongs_to_the_ledger(opened, heard, tmp_path):
    with SmallDisk(tmp_path) as disk, opened() as here, capture_logs() as said:
        consented(here)
        evidence = Evidence(here.ledger, disk.folder / "evidence", here.clock, here.books.outbox)
        start = live_start(here.books, "a microphone", ACT)
        for _ in range(3):
            evidence.keep(start, "a-session", line(), heard, PRIVACY)
        assert files(disk.folder) == [] and bodies(here, KEPT) == []
    (warning,) = said
    assert "has less than 1 GB left" in warning["reason"]


def test_when_the_ledger_has_given_up_its_reserve_nothing_is_kept(opened, heard, folder, tmp_path):
    with opened() as here:
        consented(here)
        (tmp_path / "reserve").unlink()
        keep(here, heard)
        assert files(folder) == []
        here.books.outbox.lay_by()
        keep(here, heard)
        assert len(files(folder)) == 1


def tidy(here: Stage, **privacy: int) -> None:
    here.books.evidence.tidy(PrivacySettings(**privacy))


@pytest.mark.parametrize(
    ("privacy", "kept_days"),
    [({}, 90), ({"keep_evidence_days": 7}, 7), ({"keep_evidence_days": 400}, 90), ({"keep_setlists_days": 30}, 30)],
    ids=["as promised", "stricter by now", "laxer by now", "no longer than its night"],
)
def test_a_clip_is_gone_the_day_after_its_last_and_the_ledger_says_so(opened, heard, folder, privacy, kept_days):
    with opened() as here:
        consented(here)
        keep(here, heard)
        (kept,) = here.ledger.events(KEPT)
        here.clock.advance(86_400.0 * kept_days)
        tidy(here, **privacy)
        assert files(folder) == [kept.body["file"]] and bodies(here, ERASED) == []
        here.clock.advance(86_400.0)
        tidy(here, **privacy)
        assert bodies(here, ERASED) == [{"seqs": [kept.seq], "files": [kept.body["file"]], "reason": EXPIRED}]
        here.clock.advance(86_400.0)
        tidy(here, **privacy)
        assert len(bodies(here, ERASED)) == 1 and list(folder.iterdir()) == []


def test_what_was_withdrawn_goes_even_if_the_act_said_yes_again(opened, heard, folder):
    with opened() as here:
        consented(here)
        keep(here, heard)
        withdraw_consent(here.ledger, ACT, "Aino Aalto")
        consented(here)
        keep(here, heard, one=line(0.0, 12.0))
        first, second = here.ledger.events(KEPT)
        tidy(here)
        assert bodies(here, ERASED) == [{"seqs": [first.seq], "files": [first.body["file"]], "reason": WITHDRAWN}]
    assert files(folder) == [second.body["file"]]


def test_a_file_that_the_ledger_does_not_know_has_no_right_to_be_there(opened, heard, folder):
    """What a power cut leaves behind, and clips whose night was forgotten."""
    with opened() as here:
        consented(here)
        keep(here, heard)
        for stray in ("2024-05-01/a-session/torn.flac.partial", "2020-01-01/old/forgotten.flac", "no folder.flac"):
            (folder / stray).parent.mkdir(parents=True, exist_ok=True)
            (folder / stray).write_bytes(b"sound")
        (folder / "README").write_text("somebody's own")
        tidy(here)
        (erased,) = bodies(here, ERASED)
        assert erased["reason"] == NOT_OURS and erased["seqs"] == [] and len(erased["files"]) == 3
        assert files(folder) == [bodies(here, KEPT)[0]["file"], "README"]


def test_a_file_that_will_not_go_keeps_no_other_from_going_and_is_tried_again(opened, heard, folder, tmp_path):
    (folder / "2024-05-01").mkdir(parents=True)
    with SmallDisk(folder / "2024-05-01") as disk, opened() as here, capture_logs() as said:
        beside = Evidence(here.ledger, disk.folder.parent, here.clock, here.books.outbox)
        for path in (disk.folder / "stuck.flac", folder / "free.flac"):
            path.write_bytes(b"sound")
        disk.make_read_only()
        beside.tidy(PRIVACY)
        assert [body["files"] for body in bodies(here, ERASED)] == [["free.flac"]]
        assert [entry["reason"] for entry in said] == [f"1 files in {disk.folder.parent}"]
        subprocess.run([*disk.inside, "mount", "-o", "remount,rw", str(folder / "2024-05-01")], check=True)
        here.clock.advance(86_400.0)
        beside.tidy(PRIVACY)
        assert bodies(here, ERASED)[-1]["files"] == ["2024-05-01/stuck.flac"]
