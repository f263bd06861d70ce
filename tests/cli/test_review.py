"""`livecsi review`, by scripts and by fingers: a night has to be gone through in minutes, and nothing may slip."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest

from livecsi.cli.review_walk import walk
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import ReportKey
from livecsi.service.review import Desk
from livecsi.types import UNCALIBRATED, Kind, Performance
from tests.fakes import FakeClock
from tests.reports.made_up_night import NIGHT, STARTED_AT, candidate, write_night
from tests.reports.test_build import validate

AT = ("--night", "2024-05-01", "--by", "Aino")
MOST_KEYSTROKES = 25


class ScriptedHands:
    """A person who presses these keys in this order; every letter, and Enter after a text, is a keystroke."""

    def __init__(self, script):
        self.script, self.keystrokes, self.heard = list(script), 0, []

    def key(self, question):
        self.keystrokes += 1
        return self.script.pop(0)

    def text(self, question):
        text = self.script.pop(0)
        self.keystrokes += len(text) + 1
        return text

    def say(self, words):
        self.heard.append(words)


@pytest.fixture
def night(state):
    write_night(state / "ledger.sqlite", FakeClock())
    return state / "ledger.sqlite"


@pytest.fixture
def at_work(night):
    """Let somebody press keys; gives back the hands and the review afterwards."""

    def work(*script):
        with Ledger.open(night, FakeClock()) as ledger:
            desk = Desk(ledger, ReportKey(NIGHT, "The Tin Harbour", "main"), "Aino")
            hands = ScriptedHands(script)
            walk(desk, hands)
            assert hands.script == []
            return hands, desk.review()

    return work


def shown(livecsi):
    return json.loads(livecsi("review", "show", *AT[:2], "--json").stdout)


def statuses(livecsi):
    return [item["decision"]["status"] for item in shown(livecsi)["items"]]


def test_a_night_by_a_script(livecsi, night):
    for command in (
        ["accept", "--high"], ["accept", "1", "9", "10"], ["correct", "5", "--alternative", "1"],
        ["correct", "6", "--title", "Hand-made", "--writers", "Ben Berg (composer)", "--usage", "live"],
        ["reject", "11", "--note", "sound check"], ["set", "13", "--section", "encore", "--origin", "own"],
        ["describe", "--attendance", "120", "--ticket-price", "12.50 eur", "--billing", "headline"],
        ["sign", "--role", "performer", "--name", "Aino Aalto"], ["sign", "--role", "venue", "--name", "Ville"],
        ["file", "--society", "Koda", "--filed-by", "Aino", "--on", "2024-05-09", "--reference", "17"],
    ):  # fmt: skip
        answer = livecsi("review", *command, *AT)
        assert (answer.exit_code, answer.stdout) == (0, ""), answer.stderr
    document = shown(livecsi)
    assert (document["review_state"], document["revision"]) == ("filed", 1)
    assert [attestation["holds"] for attestation in document["attestations"]] == [True, True]
    assert document["items"][5]["work"]["writers"] == [{"name": "Ben Berg", "role": "composer", "ipi": None}]
    assert "filed" in livecsi("nights").stdout
    assert json.loads(livecsi("nights", "--json").stdout)[0]["acts"][0]["review_state"] == "filed"
    before = livecsi("report", "--night", "2024-05-01", "--format", "json").stdout
    livecsi("review", "undo", *AT)
    filed = json.loads(livecsi("review", "filed", *AT[:2], "--revision", "1").stdout)
    validate(filed)
    assert (filed["items"], filed["attestations"]) == (json.loads(before)["items"], json.loads(before)["attestations"])
    assert livecsi("review", "filed", *AT[:2], "--revision", "2").exit_code == 1
    assert (shown(livecsi)["revision"], shown(livecsi)["attestations"]) == (2, [])
    told = json.loads(livecsi("review", "log", *AT, "--json").stdout)
    assert [entry["what"] for entry in told][-4:] == ["signed", "signed", "filed", "undo"]
    assert {entry["by"] for entry in told} == {"Aino"}


def test_a_filing_is_withdrawn_and_the_deadline_is_open_again(livecsi, night):
    def koda():
        return next(row for row in livecsi("report", *AT[:2], "--deadlines").stdout.splitlines() if "Koda" in row)

    livecsi("review", "reject", *AT, *map(str, range(1, 14)))
    filing = ("--society", "Koda", "--filed-by", "Aino", "--on", "2024-05-09")
    mistyped = livecsi("review", "file", *AT, *filing, "--profile", "kodaa")
    assert (mistyped.exit_code, mistyped.stderr.count("\n")) == (2, 1)
    assert "there is no profile 'kodaa' (known are apra" in mistyped.stderr
    assert livecsi("review", "file", *AT, *filing, "--profile", "koda").exit_code == 0
    assert "9 May 2024" in koda()
    answer = livecsi("review", "withdraw", *AT, "--society", "Koda", "--note", "another night")
    assert (answer.exit_code, answer.stderr) == (0, "reviewed, revision 1, 0 pending\n")
    assert "9 May 2024" not in koda()
    assert livecsi("review", "filed", *AT[:2]).exit_code == 1
    told = json.loads(livecsi("review", "log", *AT, "--json").stdout)
    assert [entry["what"] for entry in told][-2:] == ["filed", "filing_withdrawn"]
    assert livecsi("ledger", "verify").exit_code == 0


def test_a_list_with_a_song_nobody_knows_can_be_signed(livecsi, night):
    for command in (
        ["accept", "--high"], ["accept", "1", "5", "9", "10"], ["set", "6", "11", "--usage", "live"],
        ["set", "11", "--kind", "improvisation"], ["accept", "6", "11"],
        ["sign", "--role", "performer", "--name", "Aino Aalto"], ["sign", "--role", "venue", "--name", "Ville"],
    ):  # fmt: skip
        answer = livecsi("review", *command, *AT)
        assert answer.exit_code == 0, answer.stderr
    item = shown(livecsi)["items"][5]
    assert (item["decision"]["status"], item["usage"], item["work"]) == ("accepted", "live", None)
    assert "accepted        played, not identified  live" in livecsi("review", "show", *AT[:2]).stdout
    printed = livecsi("report", *AT[:2]).stdout
    assert "REVIEWED AND SIGNED" in printed and "played, not identified" in printed
    assert "10 songs named, 0 open, 2 played without a name" in printed
    sheet = livecsi("report", *AT[:2], "--profile", "koda").stdout
    assert "2 lines are left out: they were played and have no name" in sheet and "Not to be filed" not in sheet
    assert livecsi("report", *AT[:2], "--format", "setlistfm").stdout.count("Unknown @Info[not identified") == 2


def test_a_live_night_without_a_plan_gets_its_act_and_its_place_afterwards(livecsi, state):
    write_night(state / "ledger.sqlite", FakeClock(), act="")
    said = ("--act-name", "The Tin Harbour", "--venue-name", "Makasiini", "--venue-street", "", "--venue-country", "se")
    answer = livecsi("review", "describe", *AT, *said, "--venue-licence", "SUISA=12345")
    assert (answer.exit_code, answer.stderr.count("\n")) == (0, 1)
    sheet = livecsi("report", *AT[:2], "--profile", "koda").stdout
    assert "The Tin Harbour" in sheet and "Makasiini" in sheet and "Satamakatu" not in sheet
    assert json.loads(livecsi("report", *AT[:2], "--format", "json").stdout)["venue"] == {
        "name": "Makasiini", "street": None, "postcode": "00160", "city": "Helsinki", "country": "SE",
        "stage": "main", "capacity": 420, "licences": {"SUISA": "12345"},
    }  # fmt: skip
    (entry,) = json.loads(livecsi("review", "log", *AT, "--json").stdout)
    assert entry["details"]["details"]["act"] == {"name": "The Tin Harbour"}


def test_a_line_by_its_id_stays_the_line(livecsi, night):
    last = shown(livecsi)["items"][12]["item_id"]
    livecsi("review", "add", *AT, "--title", "Early one", "--after", "1", "--length", "2:10")
    livecsi("review", "split", *AT, "3", "1:30")
    livecsi("review", "accept", *AT, last)
    items = shown(livecsi)["items"]
    assert [item["item_id"] for item in items if item["decision"]["status"] == "accepted"] == [last]
    assert (items[1]["work"]["title"], items[1]["duration_s"], len(items)) == ("Early one", 130.0, 15)
    livecsi("review", "merge", *AT, "3", "4")
    livecsi("review", "medley", *AT, "4", "5")
    assert [item["kind"] for item in shown(livecsi)["items"]][3:6] == ["medley", "medley_part", "medley_part"]


def test_a_song_at_a_time_of_day_is_put_into_the_night(livecsi, night):
    livecsi("review", "add", *AT, "--title", "Late one", "--at", "22:11", "--length", "60")
    assert shown(livecsi)["items"][-1]["start_utc"] == "2024-05-01T19:11:00.000Z"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["accept", "99"], "there is no line '99'"),
        (["accept"], "no line is meant"),
        (["accept", "6"], "livecsi: line 6: nobody said how the music came about (mark its usage first)"),
        (["correct", "5", "--alternative", "4"], "has 2 alternatives"),
        (["correct", "5"], "which song was it?"),
        (["correct", "5", "--title", "x", "--writers", "B (00014107339)"], "mistyped"),
        (["add", "--title", "x", "--length", "3:00"], "when was it played?"),
        (["add", "--title", "x", "--after", "2"], "how long the song was"),
        (["split", "2", "soon"], "no length of time"),
        (["split", "2", "59:00"], "livecsi: line 2 is not being played at that moment"),
        (["set", "2"], "nothing to set"),
        (["set", "2", "--usage", "loud"], "is no usage"),
        (["describe", "--billing", "loud"], "billing"),
        (["describe", "--receipts", "12"], "names no currency"),
        (["describe", "--venue-country", "UK"], "no country has the code 'UK'"),
        (["describe", "--musicbrainz-id", "tin-harbour"], "'tin-harbour' is no MusicBrainz id: it should be a UUID"),
        (["describe", "--venue-licence", "12345"], "no number at a society"),
        (["sign", "--role", "venue", "--name", "V"], "13 lines are still pending"),
        (["undo"], "nothing to undo"),
        ([], "needs a terminal"),
    ],
)
def test_what_makes_no_sense_gets_one_line_and_leaves_no_trace(livecsi, night, arguments, complaint):
    before = livecsi("ledger", "verify").stdout
    answer = livecsi("review", *arguments, *AT) if arguments else livecsi("review", *AT)
    assert answer.exit_code == 2
    assert complaint in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert livecsi("ledger", "verify").stdout == before


def test_a_night_that_is_not_there(livecsi, night):
    assert livecsi("review", "show", "--night", "2024-05-03").exit_code == 1
    assert livecsi("review", "show", "--night", "2024-05-01", "--act", "Nobody").exit_code == 1
    assert livecsi("review").exit_code == 2


def test_a_work_of_the_catalogue(livecsi, prepared, state):
    shutil.copytree(prepared.folder, state)
    write_night(state / "ledger.sqlite", FakeClock())
    number, title = livecsi("review", "works", "auld").stdout.split(maxsplit=1)
    livecsi("review", "correct", *AT, "5", "--work", number)
    item = shown(livecsi)["items"][4]
    assert title.startswith(item["work"]["title"])
    assert (item["work"]["work_key"], item["matched_recording"]) == ("W03", None)


def fifteen_songs():
    """Twelve that the machine is sure of, two it is not, one without a name."""
    lines = []
    for number in range(1, 16):
        confidence = {4: 0.85, 9: 0.83, 12: 0.3}.get(number, 0.98)
        best = candidate(number, f"Song {number}", "The Tin Harbour", confidence)
        others = (candidate(40 + number, f"Other {number}", "Delta Wren", 0.1),)
        kind = Kind.UNKNOWN if number == 12 else Kind.SONG
        lines.append(Performance(300.0 * number, 300.0 * number + 200, kind, confidence, 0.3, best, others))
    return lines


def test_fifteen_songs_take_few_keystrokes_the_signature_included(state):
    path = state / "ledger.sqlite"
    write_night(path, FakeClock(), lines=fifteen_songs())
    with Ledger.open(path, FakeClock()) as ledger:
        desk = Desk(ledger, ReportKey(NIGHT, "The Tin Harbour", "main"), "Aino")
        hands = ScriptedHands(["A", "y", "1", "1", "S", "p", "Aino Aalto", "q"])
        walk(desk, hands)
        review = desk.review()
    assert [len(review.pending), len(review.signatures)] == [0, 1]
    assert [line.title for line in review.lines if line.status == "corrected"] == ["Other 9", "Song 12"]
    assert hands.keystrokes == 18 <= MOST_KEYSTROKES


def test_keys_one_by_one(at_work):
    _, review = at_work("u", "p", "q")
    assert review.lines[0].usage == "playback_tape"
    _, review = at_work("z", "y", "e", "s", "1:00", "q")
    assert [line.section for line in review.lines[1:3]] == ["encore", "encore"]
    _, review = at_work("m", "a", "Extra", "Ben Berg (composer)", "2:00", "t", "Hand-made", "", "q")
    assert [line.title for line in review.lines[1:3]] == ["Hand-made", "Extra"]
    _, review = at_work("r", "k", "1", "q")
    assert [line.status for line in review.lines[3:6]] == ["rejected", "pending", "corrected"]


def test_a_decided_line_is_gone_to_and_marked(at_work):
    hands, review = at_work("A", "g", "3", "e", "u", "b", "k", "y", "q")
    assert (review.lines[2].status, review.lines[2].section, review.lines[2].usage) == (
        "accepted", "encore", "live_with_backing",
    )  # fmt: skip
    assert review.lines[0].status == "accepted", "k leads back to the first line that is pending"
    listed = [words for words in hands.heard if words.lstrip().startswith("13  ")]
    assert len(listed) == 1, "the numbers can be read before one is typed"
    hands, review = at_work("g", "99", "g", "3", "r", "q")
    assert review.lines[2].status == "rejected"
    assert sum("there is no line '99'" in words for words in hands.heard) == 1


def test_the_last_song_becomes_the_encore_when_all_is_decided(state):
    path = state / "ledger.sqlite"
    write_night(path, FakeClock(), lines=fifteen_songs())
    with Ledger.open(path, FakeClock()) as ledger:
        desk = Desk(ledger, ReportKey(NIGHT, "The Tin Harbour", "main"), "Aino")
        hands = ScriptedHands(["A", "y", "1", "1", "g", "15", "e", "k", "S", "p", "Aino Aalto", "q"])
        walk(desk, hands)
        review = desk.review()
    assert (review.lines[14].section, len(review.pending), len(review.signatures)) == ("encore", 0, 1)
    assert hands.keystrokes <= MOST_KEYSTROKES


def test_nothing_sure_is_said_in_words(at_work):
    hands, review = at_work("A", "A", "q")
    assert len(review.edits) == 1
    assert any("no line is sure enough to be accepted unseen" in words for words in hands.heard)


def test_a_wrong_key_is_answered_and_nothing_happens(at_work, night):
    hands, review = at_work("x", "9", "S", "x", "u", "x", "s", "later", "z", "q")
    assert review.edits == []
    assert sum("nothing was signed" in words or "does nothing" in words for words in hands.heard) == 3


def press(terminal, key, shown):
    """Wait for the question, press the key until there is an answer, and give back what that begins with."""
    while not shown.rstrip(b" ").endswith(b"\r\n?"):
        shown += os.read(terminal, 4096)
    answer = b""
    for _ in range(100):
        os.write(terminal, key)
        while select.select([terminal], [], [], 0.3)[0]:
            answer += os.read(terminal, 4096)
            if b"\n" in answer:
                return answer
    raise AssertionError("nobody listened")


@pytest.mark.timeout(30)
def test_real_fingers_on_a_real_terminal(night):
    """The program in a process of its own, on a pseudo-terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "livecsi.cli", "review", *AT]
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    shown = b""
    for key in (b"A", b"y", b"q"):
        shown = press(ours, key, shown)
    assert child.wait(timeout=30) == 0
    os.close(ours)
    with Ledger.open(night, FakeClock()) as ledger:
        decided = Desk(ledger, ReportKey(NIGHT, "The Tin Harbour", "main"), "Aino").review()
    assert sum(line.status == "accepted" for line in decided.lines) == 8


def test_a_band_is_a_word_only_when_it_was_measured(livecsi, state):
    path = state / "ledger.sqlite"
    write_night(path, FakeClock())
    measured = livecsi("review", "show", *AT[:2]).stdout
    assert "live  high 99%" in measured and "live  medium 82%" in measured and "uncalibrated" not in measured
    write_night(path, FakeClock(), bands=UNCALIBRATED, started_at=STARTED_AT + timedelta(days=1))
    guessed = livecsi("review", "show", "--night", "2024-05-02").stdout
    assert "live  99% uncalibrated" in guessed and "live  82% uncalibrated" in guessed
    assert not any(word in guessed for word in (" high ", " medium ", " low "))


def test_a_tape_that_was_the_band_after_all(livecsi, state):
    tape = Performance(20.0, 220.0, Kind.RECORDED, 0.99, 0.9, candidate(7, "Little Machines", "Delta Wren", 0.99))
    write_night(state / "ledger.sqlite", FakeClock(), lines=[tape])
    assert "0 named, 0 open" in livecsi("nights").stdout
    assert livecsi("review", "set", *AT, "1", "--usage", "live").exit_code == 0
    assert livecsi("review", "accept", *AT, "1").exit_code == 0
    (item,) = shown(livecsi)["items"]
    assert (item["usage"], item["work"]["title"], item["decision"]["status"]) == ("live", "Little Machines", "accepted")
