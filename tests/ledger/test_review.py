"""What people decide about a night, and what must never follow from it."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from livecsi.clock import format_utc
from livecsi.errors import UsageError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.lines import ItemKind, Status, Usage
from livecsi.ledger.night import ReportKey, sessions_by_report
from livecsi.ledger.review import EDITED, Reviewer, State, review_of
from livecsi.ledger.sessions import HEARD, Sessions
from tests.fakes import FakeClock
from tests.ledger.test_sessions import START
from tests.reports.made_up_night import NIGHT, STARTED_AT, describe, performances, write_night

KEY = ReportKey(NIGHT, "The Tin Harbour", "main")
FREE = {"title": "Hand-made", "artist": "", "facts": {"work_title": "Hand-made", "writers": []}}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def ledger(tmp_path, clock):
    write_night(tmp_path / "ledger.sqlite", clock)
    with Ledger.open(tmp_path / "ledger.sqlite", clock) as ledger:
        yield ledger


@pytest.fixture
def reviewer(ledger):
    return Reviewer(ledger, KEY, "Aino")


def ids(review, *numbers):
    return [review.lines[number - 1].item_id for number in numbers]


def accept_everything(reviewer):
    """Whatever it takes until nothing is pending."""
    for line in reviewer.review().pending:
        if line.usage is Usage.UNCLEAR:
            reviewer.edit("reject", item_ids=[line.item_id], note="nobody knows it")
        else:
            reviewer.edit("accept", item_ids=[line.item_id])
    return reviewer.review()


def sign(reviewer, role="performer"):
    return reviewer.sign(role, "Aino Aalto", "These are the works we played.", "5e" * 32)


def file(reviewer):
    return reviewer.file({"society": "Koda", "profile": "koda", "filed_by": "Aino", "filed_on": "2024-05-09",
                          "reference": None, "report_sha256": "5e" * 32, "report": {}})  # fmt: skip


def test_what_was_heard_is_pending_and_has_a_name_of_its_own(reviewer):
    review = reviewer.review()
    assert (review.state, review.revision, len(review.lines)) == (State.UNREVIEWED, 1, 13)
    assert {line.status for line in review.lines} == {Status.PENDING}
    assert len({line.item_id for line in review.lines}) == 13


def test_nothing_heard_is_ever_changed(ledger, reviewer):
    before = [(event.seq, event.hash) for event in ledger.events(HEARD)]
    accept_everything(reviewer)
    assert [(event.seq, event.hash) for event in ledger.events(HEARD)] == before
    assert ledger.verify() == []


def test_accepting_says_who_and_when(reviewer, clock):
    clock.advance(60)
    review = reviewer.edit("accept", item_ids=ids(reviewer.review(), 2, 3))
    assert [line.status for line in review.lines[:4]] == ["pending", "accepted", "accepted", "pending"]
    (edit,) = review.lines[1].edits
    assert (edit.verb, edit.by, edit.at) == ("accept", "Aino", clock.utc_now())
    assert review.state is State.IN_REVIEW


def test_only_sure_lines_are_accepted_together(ledger, reviewer):
    sure = [line for line in reviewer.review().lines if line.is_sure]
    assert [line.heard["band"] for line in sure] == ["high"] * 7
    reviewer.edit("change", item_ids=[sure[0].item_id], changes={"usage": "playback_tape"})
    middle = sure[1].start_utc + timedelta(seconds=30)
    reviewer.edit("split", item_id=sure[1].item_id, at_utc=format_utc(middle))
    assert {line.item_id for line in reviewer.review().lines if line.is_sure} == {s.item_id for s in sure[2:]}


@pytest.mark.parametrize(
    ("verb", "body", "complaint"),
    [
        ("accept", {"item_ids": ["nothing/1"]}, "there is no line"),
        ("accept", {"item_ids": []}, "no line is meant"),
        ("accept", {"item_ids": [6]}, "how the music came about"),
        ("change", {"item_ids": [2], "changes": {"usage": "loud"}}, "'loud' is no usage"),
        ("change", {"item_ids": [2], "changes": {"title": "x"}}, "no 'title' to set"),
        ("change", {"item_ids": [2], "changes": {"times_performed": 0}}, "0 times"),
        ("change", {"item_ids": [2], "changes": {"kind": "medley"}}, "is no kind"),
        ("correct", {"item_ids": [2], "chosen": {"title": " ", "artist": "", "facts": {}}}, "needs a title"),
        ("merge", {"item_ids": [2]}, "only neighbours"),
        ("merge", {"item_ids": [2, 4]}, "only neighbours"),
        ("medley", {"item_ids": [2]}, "two or more parts"),
        ("sing", {"item_ids": [2]}, "nothing one can do"),
        ("describe", {"details": {"event": {"weather": "rain"}}}, "no 'weather'"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_written(ledger, reviewer, verb, body, complaint):
    events = len(ledger.events())
    named = {
        name: [ids(reviewer.review(), v)[0] if isinstance(v, int) else v for v in value]
        if name == "item_ids"
        else value
        for name, value in body.items()
    }
    with pytest.raises(UsageError, match=complaint):
        reviewer.edit(verb, **named)
    assert len(ledger.events()) == events


def test_music_without_a_name_is_accepted_as_played_once_somebody_said_how(reviewer):
    (item_id,) = ids(reviewer.review(), 6)
    with pytest.raises(UsageError, match="how the music came about"):
        reviewer.edit("accept", item_ids=[item_id])
    marked = reviewer.edit("change", item_ids=[item_id], changes={"usage": "live"}).lines[5]
    assert (marked.is_unidentified, marked.is_sure) == (False, False)
    played = reviewer.edit("accept", item_ids=[item_id]).lines[5]
    assert (played.status, played.named, played.is_unidentified) == (Status.ACCEPTED, None, True)
    reviewer.edit("change", item_ids=[item_id], changes={"kind": "improvisation"})
    improvised = reviewer.edit("accept", item_ids=[item_id]).lines[5]
    assert (improvised.status, improvised.is_unidentified) == (Status.ACCEPTED, False)


def test_a_correction_names_another_song_and_keeps_what_was_heard(reviewer):
    line = reviewer.review().lines[4]
    other = line.heard["alternatives"][0]
    corrected = reviewer.edit("correct", item_ids=[line.item_id], chosen=other).lines[4]
    assert (corrected.title, corrected.status) == ("Little Machines", Status.CORRECTED)
    assert corrected.heard == line.heard
    unknown = reviewer.review().lines[5]
    named = reviewer.edit("correct", item_ids=[unknown.item_id], chosen=FREE, usage="live").lines[5]
    assert (named.title, named.kind, named.usage) == ("Hand-made", ItemKind.SONG, Usage.LIVE)


def test_naming_music_does_not_say_how_it_was_played(reviewer):
    with pytest.raises(UsageError, match="how the music came about"):
        reviewer.edit("correct", item_ids=ids(reviewer.review(), 6), chosen=FREE)


def test_a_song_nobody_heard(reviewer):
    start = reviewer.review().lines[2].end_utc + timedelta(seconds=1)
    times = {"start_utc": format_utc(start), "end_utc": format_utc(start + timedelta(seconds=30))}
    review = reviewer.edit("add", chosen=FREE, usage="live", duration_source="entered", **times)
    added = review.lines[3]
    assert (added.title, added.status, added.heard) == ("Hand-made", Status.ADDED_BY_HUMAN, None)
    assert added.item_id.startswith("added-")
    with pytest.raises(UsageError, match="before it begins"):
        reviewer.edit("add", chosen=FREE, usage="live", duration_source="entered",
                      start_utc=times["end_utc"], end_utc=times["start_utc"])  # fmt: skip


def test_halves_are_reviewed_apart_and_can_be_joined_again(reviewer):
    whole = reviewer.review().lines[1]
    at = format_utc(whole.start_utc + timedelta(seconds=100))
    review = reviewer.edit("split", item_id=whole.item_id, at_utc=at)
    first, second = review.lines[1:3]
    assert (first.item_id, second.item_id) == (f"{whole.item_id}a", f"{whole.item_id}b")
    assert first.end_utc == second.start_utc
    assert {first.status, second.status} == {Status.PENDING}
    reviewer.edit("accept", item_ids=[first.item_id])
    merged = reviewer.edit("merge", item_ids=[second.item_id, first.item_id]).lines[1]
    assert (merged.start_utc, merged.end_utc, merged.status) == (whole.start_utc, whole.end_utc, Status.PENDING)
    assert not merged.is_sure
    with pytest.raises(UsageError, match="not being played"):
        reviewer.edit("split", item_id=merged.item_id, at_utc=format_utc(whole.end_utc))


def test_a_medley_stands_before_its_parts_and_is_no_work(reviewer):
    parts = ids(reviewer.review(), 3, 4)
    review = reviewer.edit("medley", item_ids=parts)
    frame, first, second = review.lines[2:5]
    assert (frame.kind, frame.named, frame.status) == (ItemKind.MEDLEY, None, Status.ADDED_BY_HUMAN)
    assert {first.kind, second.kind} == {ItemKind.MEDLEY_PART}
    assert {first.part_of, second.part_of} == {frame.item_id}
    assert (frame.start_utc, frame.end_utc) == (first.start_utc, second.end_utc)
    for verb in ("merge", "medley"):
        with pytest.raises(UsageError):
            reviewer.edit(verb, item_ids=parts)
    with pytest.raises(UsageError, match="^line 4: it belongs to a medley"):
        reviewer.edit("change", item_ids=parts, changes={"kind": "snippet"})
    with pytest.raises(UsageError, match="no work"):
        reviewer.edit("correct", item_ids=[frame.item_id], chosen=FREE)


def test_undo_takes_back_the_last_edit_that_still_counts(reviewer):
    begun = reviewer.review().lines
    middle = reviewer.edit("accept", item_ids=ids(reviewer.review(), 2)).lines
    reviewer.edit("reject", item_ids=ids(reviewer.review(), 3))
    assert reviewer.undo().lines == middle
    review = reviewer.undo()
    assert (review.lines, review.edits) == (begun, [])
    with pytest.raises(UsageError, match="nothing to undo"):
        reviewer.undo()


def test_signing_needs_every_line_decided(reviewer):
    with pytest.raises(UsageError, match="13 lines are still pending"):
        sign(reviewer)
    first, *others = reviewer.review().pending
    reviewer.edit("reject", item_ids=[line.item_id for line in others])
    with pytest.raises(UsageError, match="one line is still pending"):
        sign(reviewer)
    reviewer.edit("accept", item_ids=[first.item_id])
    assert sign(reviewer).state is State.REVIEWED
    assert sign(reviewer, "venue").state is State.SIGNED
    with pytest.raises(UsageError, match="does not sign"):
        sign(reviewer, "roadie")


@pytest.mark.parametrize("edit", ["note", "undo", "describe"])
def test_any_edit_voids_the_signatures(reviewer, edit):
    accept_everything(reviewer)
    sign(reviewer)
    assert len(sign(reviewer, "venue").signatures) == 2
    if edit == "undo":
        review = reviewer.undo()
    elif edit == "note":
        review = reviewer.edit("note", item_ids=ids(reviewer.review(), 2), note="second verse twice")
    else:
        review = reviewer.edit("describe", details={"event": {"name": "May Day"}})
    assert review.signatures == []
    assert review.state in (State.REVIEWED, State.IN_REVIEW)


def test_a_filing_stays_with_its_revision(reviewer):
    with pytest.raises(UsageError, match="still pending"):
        file(reviewer)
    accept_everything(reviewer)
    assert (file(reviewer).state, reviewer.review().revision) == (State.FILED, 1)
    review = reviewer.edit("change", item_ids=ids(reviewer.review(), 2), changes={"section": "encore"})
    assert (review.state, review.revision) == (State.REVIEWED, 2)
    assert [revision for revision, _ in file(reviewer).filings] == [1, 2]
    assert reviewer.edit("note", item_ids=ids(review, 2), note="x").revision == 3


def test_a_filing_by_mistake_is_withdrawn_and_the_signatures_stay(reviewer):
    accept_everything(reviewer)
    sign(reviewer)
    sign(reviewer, "venue")
    with pytest.raises(UsageError, match="no filing with 'Koda'"):
        reviewer.withdraw("Koda", None)
    file(reviewer)
    review = reviewer.withdraw(" koda", "the wrong night")
    assert (review.state, review.revision, review.filings) == (State.SIGNED, 1, [])
    edited = reviewer.edit("note", item_ids=ids(review, 2), note="x")
    assert edited.revision == 1, "nobody has filed revision 1"
    file(reviewer)
    reviewer.edit("note", item_ids=ids(review, 2), note="y")
    assert reviewer.withdraw("Koda", None).revision == 2, "a revision never comes twice"


def test_the_latest_word_on_the_night_counts(reviewer):
    reviewer.edit("describe", details={"event": {"name": "May Day", "attendance": 120}})
    review = reviewer.edit("describe", details={"event": {"attendance": 130}})
    assert review.details == {"event": {"name": "May Day", "attendance": 130}, "venue": {}, "act": {}}


def hear_again(ledger, *, act="The Tin Harbour"):
    """The same night through another model."""
    old = sessions_by_report(ledger, NIGHT)[KEY][0].start
    copied = {name: old[name] for name in ("input_sha256", "stage", "timezone")}
    sessions = Sessions(ledger)
    start = replace(START, **copied, started_at=STARTED_AT, act=act, key="another model")
    sessions.finish(sessions.open(start), performances()[:5], STARTED_AT, describe,
                    STARTED_AT + timedelta(hours=1), {})  # fmt: skip


def test_a_night_heard_anew_orphans_its_edits_and_voids_its_signatures(ledger, reviewer):
    accept_everything(reviewer)
    sign(reviewer)
    file(reviewer)
    edits = len(ledger.events(EDITED))
    hear_again(ledger)
    review = reviewer.review()
    assert {line.status for line in review.lines} == {Status.PENDING}
    assert (len(review.orphans), review.signatures, review.revision) == (edits, [], 2)
    assert {"there is no line" in orphan.reason for orphan in review.orphans} == {True}
    with pytest.raises(UsageError, match="nothing to undo"):
        reviewer.undo()


def test_what_is_heard_after_a_signature_voids_it(ledger, reviewer):
    accept_everything(reviewer)
    sign(reviewer)
    session_id = sessions_by_report(ledger, NIGHT)[KEY][0].session_id
    Sessions(ledger).gap(session_id, 3600.0, 3601.0, "late")
    assert reviewer.review().signatures == []


def test_an_act_of_another_name_is_reviewed_apart(ledger, reviewer):
    other = ReportKey(NIGHT, "Nobody", "main")
    with pytest.raises(UsageError, match="nothing was heard of 'Nobody'"):
        Reviewer(ledger, other, "Aino").review()
    with pytest.raises(UsageError, match="without a name"):
        Reviewer(ledger, KEY, " ")


@pytest.mark.parametrize("seed", range(4))
def test_undoing_everything_leads_back_through_every_state(ledger, reviewer, seed):
    """Random edits, those that make no sense refused: as many undos lead back the same way."""
    dice = random.Random(seed)
    seen = [reviewer.review().lines]
    for _ in range(25):
        lines = seen[-1]
        some = dice.sample(range(len(lines) - 1), 1)[0]
        line, after = lines[some], lines[some + 1]
        middle = format_utc(line.start_utc + (line.end_utc - line.start_utc) / 2)
        verb, body = dice.choice([
            ("accept", {"item_ids": [line.item_id]}), ("reject", {"item_ids": [line.item_id, after.item_id]}),
            ("split", {"item_id": line.item_id, "at_utc": middle}),
            ("merge", {"item_ids": [line.item_id, after.item_id]}),
            ("medley", {"item_ids": [line.item_id, after.item_id]}),
            ("correct", {"item_ids": [line.item_id], "chosen": FREE, "usage": "live"}),
            ("change", {"item_ids": [line.item_id], "changes": {"usage": dice.choice(list(Usage))}}),
        ])  # fmt: skip
        try:
            seen.append(reviewer.edit(verb, **body).lines)
        except UsageError:
            assert reviewer.review().lines == seen[-1]
    assert len(seen) > 8
    for lines in reversed(seen[:-1]):
        assert reviewer.undo().lines == lines
    with pytest.raises(UsageError, match="nothing to undo"):
        reviewer.undo()
    sessions = sessions_by_report(ledger, NIGHT)[KEY]
    assert review_of(ledger, KEY, sessions).orphans == []
    assert ledger.verify() == []
