"""`livecsi privacy consent`: an act's word and what follows from it, on the disk as well as in the ledger."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from livecsi.ledger.clips import ERASED, KEPT
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import OPENED
from livecsi.service.journal import Journal
from tests.fakes import FakeClock
from tests.reliability.daemon import environment_of
from tests.reliability.disk import SmallDisk
from tests.reports.made_up_night import write_night

NOW = datetime.now(UTC)


def ledger_of(state: Path, days_ago: float = 0.0) -> Ledger:
    return Ledger.open(state / "ledger.sqlite", FakeClock(NOW - timedelta(days=days_ago)))


def clip(state: Path, act: str, days_ago: int) -> str:
    """A clip as the daemon would have kept it so long ago, for 90 days."""
    night = NOW.date() - timedelta(days=days_ago)
    file = f"{night}/a-session/{act}.flac"
    (state / "evidence" / file).parent.mkdir(parents=True, exist_ok=True)
    (state / "evidence" / file).write_bytes(bytes(1000))
    with ledger_of(state, days_ago) as ledger:
        expires_on = (night + timedelta(days=90)).isoformat()
        body = {"session_id": "a-session", "night": night.isoformat(), "act": act, "stage": "main"}
        ledger.append(KEPT, {**body, "input_sha256": "5e" * 32, "file": file, "expires_on": expires_on})
    return file


def left(state: Path) -> list[str]:
    folder = state / "evidence"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.flac"))


def test_every_word_of_an_act_is_written_down_and_the_newest_counts(livecsi, state):
    tomorrow = str(NOW.date() + timedelta(days=1))
    assert livecsi("privacy", "consent", "--act", "Delta Wren", "--by", "Dora Dunn").exit_code == 0
    answer = livecsi("privacy", "consent", "--act", " The Tin Harbour ", "--by", "Aino Aalto", "--until", tomorrow)
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert livecsi("privacy", "consent", "--act", "Delta Wren", "--by", "Finn Falk", "--withdraw").exit_code == 0
    found = json.loads(livecsi("privacy", "consents", "--json").stdout)
    assert [(one["act"], one["is_given"], one["by"], one["until"]) for one in found] == [
        ("Delta Wren", False, "Finn Falk", None),
        ("The Tin Harbour", True, "Aino Aalto", tomorrow),
    ]
    said = livecsi("privacy", "consents").stdout.splitlines()
    assert said[0].startswith("Delta Wren: withdrawn, said Finn Falk at 20")
    assert said[1].startswith(f"The Tin Harbour: clips until {tomorrow}, said Aino Aalto at 20")
    with ledger_of(state) as ledger:
        kinds = [event.kind for event in ledger.events()]
        assert ledger.verify() == []
    assert kinds == ["privacy.consented", "privacy.consented", "privacy.consent_withdrawn"]


@pytest.mark.parametrize(("options", "exit_code", "line"), [
    (("--act", " ", "--by", "Aino"), 2, "a consent names an act and who spoke for it (give --act and --by)"),
    (("--act", "X", "--by", ""), 2, "a consent names an act and who spoke for it (give --act and --by)"),
    (("--act", "X", "--by", "Aino", "--until", "2024-05-01"), 2,
     "--until is the last night of a consent to come (leave it out, or name a later date)"),
    (("--act", "Delta", "--by", "Aino", "--withdraw"), 1,
     "no consent of 'Delta' is known (there is that of 'Delta Wren')"),
])  # fmt: skip
def test_a_word_that_makes_no_sense_is_refused(livecsi, state, options, exit_code, line):
    livecsi("privacy", "consent", "--act", "Delta Wren", "--by", "Dora Dunn")
    answer = livecsi("privacy", "consent", *options)
    assert (answer.exit_code, answer.stdout, answer.stderr) == (exit_code, "", f"livecsi: {line}\n")
    assert len(json.loads(livecsi("privacy", "consents", "--json").stdout)) == 1


def test_who_takes_it_back_sees_the_clips_go_at_once_and_nobody_elses(livecsi, state):
    for act in ("Delta Wren", "The Tin Harbour"):
        livecsi("privacy", "consent", "--act", act, "--by", "a member")
    clip(state, "Delta Wren", 3)
    clip(state, "Delta Wren", 2)
    other = clip(state, "The Tin Harbour", 2)
    answer = livecsi("privacy", "consent", "--act", "Delta Wren", "--by", "Dora Dunn", "--withdraw")
    assert (answer.exit_code, answer.stderr) == (0, "erased 2 clips\nDelta Wren: no audio may be kept\n")
    assert left(state) == [other]
    with ledger_of(state) as ledger:
        (erased,) = ledger.events(ERASED)
        assert erased.body["reason"] == "consent withdrawn" and len(erased.body["seqs"]) == 2


def test_clips_that_will_not_go_are_counted_and_go_later(state):
    """The evidence lies on a disk that refuses; the commands are started where they see it."""
    (state / "evidence").mkdir(parents=True)
    with SmallDisk(state / "evidence") as disk:

        def ask(*words: str) -> tuple[int, str]:
            command = [*disk.inside, sys.executable, "-m", "livecsi.cli", "privacy", *words]
            answer = subprocess.run(
                command, env=environment_of(state), capture_output=True, text=True, timeout=60, check=False
            )
            return answer.returncode, answer.stderr

        speak = ("consent", "--act", "Delta Wren", "--by", "Dora Dunn")
        assert ask(*speak)[0] == 0
        file = clip(state, "Delta Wren", 2)
        (disk.folder / file).parent.mkdir(parents=True)
        (disk.folder / file).write_bytes(bytes(1000))
        disk.make_read_only()
        exit_code, stderr = ask(*speak, "--withdraw")
        assert (exit_code, stderr) == (
            1,
            f"livecsi: 1 clips in {state}/evidence could not be erased "
            "(look at the permissions, then `livecsi privacy expire`)\n",
        )
        subprocess.run([*disk.inside, "mount", "-o", "remount,rw", str(state / "evidence")], check=True)
        assert ask("expire") == (0, "forgot 0 nights, 0 events\nerased 1 clips\n")
        assert not (disk.folder / file).exists()


def test_the_account_counts_what_lies_on_the_disk(livecsi, state):
    clip(state, "Delta Wren", 40)
    clip(state, "Delta Wren", 3)
    found = json.loads(livecsi("privacy", "report", "--json").stdout)
    oldest = str(NOW.date() - timedelta(days=40))
    assert (found["audio_clips"], found["audio_bytes"], found["oldest_clip"]) == (2, 2000, oldest)
    said = livecsi("privacy", "report").stdout
    assert f"       2,000  {state}/evidence  audio: 2 clips, the oldest of {oldest}; kept for 90 days\n" in said


def test_expiry_of_clips_can_be_tried_first(livecsi, state):
    old, new = clip(state, "Delta Wren", 91), clip(state, "Delta Wren", 89)
    answer = livecsi("privacy", "expire", "--dry-run")
    assert (answer.exit_code, answer.stdout) == (0, f"{old}\n")
    assert "would erase 1 clips" in answer.stderr and left(state) == [old, new]
    answer = livecsi("privacy", "expire")
    assert (answer.exit_code, answer.stdout) == (0, f"{old}\n") and "erased 1 clips" in answer.stderr
    assert left(state) == [new]
    assert livecsi("privacy", "expire").stdout == ""


def test_with_its_night_a_clip_goes_too(livecsi, state, monkeypatch):
    old = clip(state, "Delta Wren", 40)
    monkeypatch.setenv("LIVECSI_PRIVACY__KEEP_SETLISTS_DAYS", "30")
    answer = livecsi("privacy", "expire")
    assert answer.stdout == f"{NOW.date() - timedelta(days=40)}\n{old}\n" and left(state) == []
    with ledger_of(state) as ledger:
        assert ledger.verify() == [] and ledger.events(KEPT) == []


def test_features_of_a_night_that_is_over_and_torn_journals_are_forgotten(livecsi, state):
    clip(state, "Delta Wren", 3)
    for name in ("journal.sqlite.damaged", "journal.sqlite.damaged-wal"):
        (state / name).write_bytes(b"features")
    stamp = {"boot_id": "another boot", "monotonic_seconds": 0.0, "sample": 0}
    for hours, said in ((23, False), (25, True), (25, False)):
        if said or hours == 23:
            with Journal.open(state / "journal.sqlite", FakeClock()) as journal:
                journal.begin({"start": "secret", "beat": {**stamp, "utc": str(NOW - timedelta(hours=hours))}})
                journal.flush()
        answer = livecsi("privacy", "expire")
        assert ("forgot the features" in answer.stderr) == (said or hours == 23), answer.stderr
        assert not list(state.glob("*.damaged*"))
        assert any(b"secret" in path.read_bytes() for path in state.glob("journal.sqlite*")) == (hours == 23)


def test_who_reviews_is_shown_the_clip_of_a_line_until_it_is_gone(livecsi, state):
    began = NOW - timedelta(days=2)
    session_id = write_night(state / "ledger.sqlite", FakeClock(began), started_at=began)
    with ledger_of(state, 2) as ledger:
        (opened,) = ledger.events(OPENED)
        words = {name: opened.body[name] for name in ("session_id", "night", "act", "stage", "input_sha256")}
        times = {"start_seconds": 500.0, "end_seconds": 530.0, "expires_on": str(NOW.date())}
        ledger.append(KEPT, {**words, **times, "file": "2024-05-01/a-session/x.flac"})
    show = ("review", "show", "--night", opened.body["night"])
    lines = livecsi(*show).stdout.splitlines()
    assert lines[2] == "     evidence: 2024-05-01/a-session/x.flac" and "Paper Lanterns" in lines[1]
    report = json.loads(livecsi("report", "--night", opened.body["night"], "--format", "json").stdout)
    assert report["provenance"]["audio_retained"] and session_id in report["items"][1]["item_id"]
    livecsi("privacy", "consent", "--act", "The Tin Harbour", "--by", "Aino")
    livecsi("privacy", "consent", "--act", "The Tin Harbour", "--by", "Aino", "--withdraw")
    assert "evidence:" not in livecsi(*show).stdout
    after = json.loads(livecsi("report", "--night", opened.body["night"], "--format", "json").stdout)
    assert after == report, "a signature still stands when the clips are gone"


def test_without_a_ledger_there_are_no_words(livecsi, state):
    assert livecsi("privacy", "consents").exit_code == 1
