"""From events to the report: what a society would read, and what the software must not claim."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from importlib.resources import files

import jsonschema
import pytest

from livecsi.ledger.ledger import Ledger
from livecsi.ledger.review import Reviewer
from livecsi.ledger.sessions import Sessions
from livecsi.reports import language, words
from livecsi.reports.build import ReportKey, reports_of_night
from livecsi.reports.model import ItemKind, Money, Status, Usage, json_schema
from livecsi.reports.render import render
from livecsi.types import Kind, Performance
from tests.fakes import FakeClock
from tests.ledger.test_sessions import START
from tests.reports.made_up_night import NIGHT, STARTED_AT, candidate, describe, write_night

SCHEMA = json.loads(files("livecsi.reports").joinpath("setlist-report.schema.json").read_text(encoding="utf-8"))


def validate(document):
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(SCHEMA, format_checker=checker).validate(document)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("night") / "ledger.sqlite"
    write_night(path, FakeClock())
    return path


@pytest.fixture(scope="module")
def report(path):
    with Ledger.open(path, FakeClock()) as ledger:
        return reports_of_night(ledger, NIGHT)[ReportKey(NIGHT, "The Tin Harbour", "main")]


def test_the_published_schema_is_the_one_of_the_model():
    """After a change of the model, write `json_schema()` to the file, with indent 2 and sorted keys."""
    assert json_schema() == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_json_follows_the_schema(report):
    validate(json.loads(report.as_json()))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.update(extra=1),
        lambda document: document["items"][1].update(extra=1),
        lambda document: document["items"][1].update(start_utc="yesterday"),
        lambda document: document["items"][1]["decision"].update(status="maybe"),
        lambda document: document["items"][1]["evidence"].update(confidence=1.5),
        lambda document: document.pop("coverage"),
        lambda document: document["event"].update(ticket_price={"amount": 12.5, "currency": "EUR"}),
    ],
)
def test_the_schema_is_strict(report, spoil):
    document = json.loads(report.as_json())
    spoil(document)
    with pytest.raises(jsonschema.ValidationError):
        validate(document)


def test_the_same_night_gives_the_same_bytes(path, report, tmp_path):
    with Ledger.open(path, FakeClock()) as ledger:
        again = reports_of_night(ledger, NIGHT)
    assert next(iter(again.values())).as_json() == report.as_json()
    write_night(tmp_path / "other.sqlite", FakeClock())
    with Ledger.open(tmp_path / "other.sqlite", FakeClock()) as ledger:
        assert next(iter(reports_of_night(ledger, NIGHT).values())).as_json() == report.as_json()


def test_another_night_in_the_ledger_changes_nothing(tmp_path, report):
    path = tmp_path / "ledger.sqlite"
    write_night(path, FakeClock())
    write_night(path, FakeClock(), started_at=STARTED_AT + timedelta(days=1))
    with Ledger.open(path, FakeClock()) as ledger:
        assert next(iter(reports_of_night(ledger, NIGHT).values())).as_json() == report.as_json()


def test_the_event_and_the_venue(report):
    assert report.event.business_date == NIGHT
    assert (report.event.start_utc, report.event.timezone) == (STARTED_AT, "Europe/Helsinki")
    assert (report.venue.name, report.venue.city, report.venue.capacity) == ("Kulma-sali", "Helsinki", 420)
    assert report.act.name == "The Tin Harbour"


def test_every_line_waits_for_a_person(report):
    assert {item.decision.status for item in report.items} == {Status.PENDING}
    assert report.review_state == "unreviewed"
    assert {item.evidence.band_basis for item in report.items} == {"calibrated"}
    assert report.attestations == report.filings == []


def test_lines_are_numbered_in_order_with_their_lengths(report):
    assert [item.seq for item in report.items] == list(range(1, 14))
    assert report.items == sorted(report.items, key=lambda item: item.start_utc)
    paper_lanterns = report.items[1]
    assert paper_lanterns.duration_s == 223.25
    assert paper_lanterns.start_utc == datetime(2024, 5, 1, 18, 9, 51, 500000, tzinfo=UTC)


def test_a_song_has_its_work_and_the_recording_it_was_recognised_from(report):
    song = report.items[1]
    assert (song.kind, song.usage) == (ItemKind.SONG, Usage.LIVE)
    assert (song.work.title, song.work.iswc) == ("Paper Lanterns", "T-034.524.680-1")
    assert [(writer.name, writer.role, writer.ipi) for writer in song.work.writers] == [
        ("Aino Aalto", "composer", "00014107338"), ("Ben Berg", "lyricist", None),
    ]  # fmt: skip
    assert song.matched_recording.original_artist == "The Tin Harbour"


def test_an_artist_is_never_a_writer(report):
    folk_song = next(item for item in report.items if item.work and item.work.title == "Marjatan laulu")
    assert folk_song.work.writers == []
    assert folk_song.work.public_domain


def test_music_without_a_name_keeps_its_times_and_its_alternatives(report):
    unknown = [item for item in report.items if item.usage is Usage.UNCLEAR]
    assert len(unknown) == 2
    for item in unknown:
        assert (item.kind, item.work, item.matched_recording) == (ItemKind.UNKNOWN, None, None)
        assert item.duration_s > 90
        assert [other.title for other in item.evidence.alternatives][0] == "Little Machines"


def test_recorded_music_is_background(report):
    assert (report.items[0].usage, report.items[0].kind) == (Usage.BACKGROUND, ItemKind.UNKNOWN)


def test_a_gap_makes_its_song_partial(report):
    assert [item.seq for item in report.items if item.completeness == "partial"] == [9]


def test_coverage(report):
    coverage = report.coverage
    assert coverage.is_complete
    assert (coverage.music_s, coverage.gap_s) == (2960.0, 12.4)
    assert coverage.listened_s + coverage.gap_s == (report.event.end_utc - STARTED_AT).total_seconds()
    assert coverage.identified_s == round(sum(i.duration_s for i in report.items if i.usage is Usage.LIVE), 3)
    assert coverage.gaps[0].start_utc == STARTED_AT + timedelta(seconds=2390)


def test_provenance(path, report):
    source = report.provenance.sessions[0]
    assert (source.input_kind, source.clock, source.software) == ("recording", "stated", "livecsi 0.1.0")
    with Ledger.open(path, FakeClock()) as ledger:
        assert report.provenance.ledger_hash == ledger.head()
        assert report.provenance.ledger_events == len(ledger.events())


def test_a_named_guess_for_unnamed_music_is_offered_and_not_claimed(tmp_path):
    path = tmp_path / "ledger.sqlite"
    session_id = write_night(path, FakeClock())
    guess = candidate(1, "Paper Lanterns", "The Tin Harbour", 0.5)
    with Ledger.open(path, FakeClock()) as ledger:
        Sessions(ledger).heard(
            session_id, [Performance(4050.0, 4150.0, Kind.UNKNOWN, 0.5, 0.1, guess)], STARTED_AT, describe
        )
        item = next(iter(reports_of_night(ledger, NIGHT).values())).items[-1]
    assert item.work is None
    assert [other.title for other in item.evidence.alternatives] == ["Paper Lanterns"]


def test_a_session_that_broke_off_is_reported_as_such(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        sessions = Sessions(ledger)
        session_id = sessions.open(replace(START, act=""))
        sessions.heard(session_id, [Performance(10.0, 70.0, Kind.UNKNOWN, 0.2, 0.0, None)], START.started_at, describe)
        report = next(iter(reports_of_night(ledger, START.night).values()))
    assert not report.coverage.is_complete
    assert report.event.end_utc - report.event.start_utc == timedelta(seconds=70)
    assert (report.coverage.listened_s, report.coverage.music_s, report.act.name) == (70.0, 60.0, None)
    validate(json.loads(report.as_json()))


def test_acts_and_stages_get_a_report_each(tmp_path):
    path = tmp_path / "ledger.sqlite"
    write_night(path, FakeClock())
    write_night(path, FakeClock(), act="Delta Wren", stage="attic", started_at=STARTED_AT + timedelta(hours=2))
    write_night(path, FakeClock(), started_at=STARTED_AT + timedelta(hours=3))
    with Ledger.open(path, FakeClock()) as ledger:
        reports = reports_of_night(ledger, NIGHT)
        assert reports_of_night(ledger, NIGHT + timedelta(days=5)) == {}
    assert [(key.act, key.stage, len(report.items)) for key, report in reports.items()] == [
        ("The Tin Harbour", "main", 26), ("Delta Wren", "attic", 13),
    ]  # fmt: skip
    assert len({report.report_id for report in reports.values()}) == 2


@pytest.fixture
def reviewed(tmp_path):
    """A ledger with the night gone through: one line of each decision, and the reviewer to go on with."""
    path = tmp_path / "ledger.sqlite"
    write_night(path, FakeClock())
    with Ledger.open(path, FakeClock()) as ledger:
        reviewer = Reviewer(ledger, ReportKey(NIGHT, "The Tin Harbour", "main"), "Aino")
        ids = [line.item_id for line in reviewer.review().lines]
        free = {"title": "", "artist": "", "facts": {"work_title": "Hand-made", "writers": [WRITER],
                "publishers": ["Kulma"], "society_ids": {"Koda": "K1"}}}  # fmt: skip
        reviewer.edit("accept", item_ids=[ids[0], *ids[2:4], *ids[6:10], *ids[11:]])
        reviewer.edit("correct", item_ids=[ids[4]], chosen=reviewer.review().lines[4].heard["alternatives"][0])
        reviewer.edit("correct", item_ids=[ids[5]], chosen=free, usage="live", note="Ben wrote it in the van")
        reviewer.edit("reject", item_ids=[ids[1], ids[10]], note="sound check")
        reviewer.edit("describe", details={"event": {"ticket_price": {"amount": "12.50", "currency": "EUR"}}})
        reviewer.edit("describe", details={"act": {"billing": "headline"}})
        yield ledger, reviewer


WRITER = {"name": "Ben Berg", "role": "composer", "ipi": None}


def only_report(ledger):
    (report,) = reports_of_night(ledger, NIGHT).values()
    validate(json.loads(report.as_json()))
    return report


def test_decisions_reach_the_report_and_what_was_heard_stays_as_evidence(reviewed):
    report = only_report(reviewed[0])
    assert report.review_state == "reviewed"
    corrected, named, rejected = report.items[4], report.items[5], report.items[1]
    assert (corrected.decision.status, corrected.work.title) == (Status.CORRECTED, "Little Machines")
    assert corrected.evidence.best.title.startswith("Kaamos")
    assert corrected.matched_recording.original_artist == "Delta Wren"
    assert (named.work.publishers, named.work.society_ids, named.matched_recording) == (["Kulma"], {"Koda": "K1"}, None)
    assert (rejected.decision.status, rejected.decision.by, rejected.decision.note) == (
        Status.REJECTED, "Aino", "sound check",
    )  # fmt: skip
    assert [edit.verb for edit in named.edits] == ["correct"]
    assert (report.event.ticket_price.amount, report.act.billing) == ("12.50", "headline")


def test_an_accepted_line_carries_all_the_machine_measured(reviewed):
    evidence = only_report(reviewed[0]).items[2].evidence
    assert evidence.session_id == only_report(reviewed[0]).provenance.sessions[0].session_id
    assert (evidence.best.score, evidence.best.probability) == (2.5, 0.974)


def test_a_signature_stands_under_exactly_this_content(reviewed):
    ledger, reviewer = reviewed
    content = only_report(ledger).content_sha256()
    for role in ("performer", "venue"):
        reviewer.sign(role, "Aino Aalto", "True and complete.", content)
    signed = only_report(ledger)
    assert signed.review_state == "signed"
    assert {attestation.report_sha256 for attestation in signed.attestations} == {signed.content_sha256()}
    filing = {"society": "Koda", "profile": "koda", "filed_by": "Aino", "filed_on": "2024-05-09", "reference": "17",
              "report_sha256": content, "report": {}}  # fmt: skip
    reviewer.file(filing)
    filed = only_report(ledger)
    assert (filed.review_state, filed.content_sha256(), filed.filings[0].revision) == ("filed", content, 1)
    reviewer.edit("note", item_ids=[filed.items[3].item_id], note="twice as slow")
    edited = only_report(ledger)
    assert (edited.revision, edited.attestations, len(edited.filings)) == (2, [], 1)
    assert edited.content_sha256() != content


def test_the_place_and_the_act_as_a_person_said_them(reviewed):
    ledger, reviewer = reviewed
    before = only_report(ledger)
    reviewer.edit("describe", details={
        "act": {"name": "The Tin Harbour Trio"},
        "venue": {"name": "Vanha Makasiini", "street": "", "country": "SE", "licences": {"SUISA": "12345"}},
    })  # fmt: skip
    told = only_report(ledger)
    assert (told.act.name, told.act.billing) == ("The Tin Harbour Trio", before.act.billing)
    assert (told.venue.name, told.venue.street, told.venue.country) == ("Vanha Makasiini", None, "SE")
    assert (told.venue.city, told.venue.capacity) == ("Helsinki", 420), "what nobody said stays"
    assert told.venue.licences == {"SUISA": "12345"}
    assert told.report_id == before.report_id
    reviewer.undo()
    assert (only_report(ledger).act, only_report(ledger).venue) == (before.act, before.venue)


def test_a_list_signed_by_an_earlier_livecsi_still_has_the_same_content(tmp_path):
    """The content is pinned: whoever adds something to the report must not void what people signed."""
    write_night(tmp_path / "ledger.sqlite", FakeClock())
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        reviewer = Reviewer(ledger, ReportKey(NIGHT, "The Tin Harbour", "main"), "Aino")
        for line in reviewer.review().pending:
            reviewer.edit("reject" if line.usage == "unclear" else "accept", item_ids=[line.item_id])
        reviewer.edit("describe", details={"event": {"attendance": 120}, "act": {"billing": "headline"}})
        content = "d7ad25fd1167cb9a65b6d6f643d6ee1b106475970dca20293bcb568d33537a43"
        assert only_report(ledger).content_sha256() == content


@pytest.mark.parametrize("source", ["tags", "musicbrainz", "entered"])
def test_writers_nobody_entered_are_told_from_those_a_person_did(tmp_path, report, source):
    def told(candidate):
        return {**describe(candidate), "writers_source": source}

    write_night(tmp_path / "ledger.sqlite", FakeClock(), told=told)
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        named = only_report(ledger)
    validate(json.loads(named.as_json()))
    sources = {item.work.writers_source for item in named.items if item.work and item.work.writers}
    assert sources == {None if source == "entered" else source}
    assert {item.work.writers_source for item in named.items if item.work and not item.work.writers} == {None}
    is_same = named.items == report.items and "writers_source" not in named.as_json()
    assert is_same == (source == "entered")


def live_night(path, *, is_synchronised=True, step_seconds=None, catalogue_id=None):
    """One song heard live; after 100 s somebody set the clock or edited the catalogue."""
    clock = {"boot_id": "b", "monotonic_seconds": 7.0, "is_synchronised": is_synchronised}
    with Ledger.open(path, FakeClock()) as ledger:
        sessions = Sessions(ledger)
        session_id = sessions.open(replace(START, input_kind="live", started_at=STARTED_AT, clock=clock))
        if step_seconds:
            sessions.clock_step(session_id, 100.0, step_seconds, clock)
        if catalogue_id:
            sessions.catalogue_changed(session_id, 100.0, catalogue_id)
        song = Performance(10.0, 200.0, Kind.SONG, 0.97, 0.5, candidate(1, "Paper Lanterns", "The Tin Harbour", 0.97))
        sessions.finish(session_id, [song], STARTED_AT, describe, STARTED_AT + timedelta(hours=1), {})
        return only_report(ledger)


def test_what_the_clock_and_the_catalogue_did_stands_in_the_provenance_and_voids_no_signature(tmp_path):
    """The content is pinned: a live night that was signed before this was reported holds."""
    told = live_night(tmp_path / "told.sqlite", is_synchronised=False, step_seconds=-3600.0, catalogue_id="c2")
    calm = live_night(tmp_path / "calm.sqlite")
    content = "c6fbb393b902a298538f49c7e8a3b21a02e1efe56179b911378b1ca241e17855"
    assert (told.content_sha256(), calm.content_sha256()) == (content, content)
    (source,), at = told.provenance.sessions, STARTED_AT + timedelta(seconds=100)
    assert source.clock_synchronised is False
    assert [(step.at_utc, step.step_s) for step in source.clock_steps] == [(at, -3600.0)]
    assert [(change.at_utc, change.catalogue_id) for change in source.catalogue_changes] == [(at, "c2")]
    assert calm.provenance.sessions[0].clock_synchronised is True
    assert "clock_steps" not in calm.as_json() and "catalogue_changes" not in calm.as_json()
    for one in (told, calm):
        validate(json.loads(one.as_json()))


@pytest.mark.parametrize("code", language.codes())
def test_a_clock_that_nobody_set_or_that_jumped_is_told_on_the_list(tmp_path, code):
    say = language.load(code)
    unset = live_night(tmp_path / "unset.sqlite", is_synchronised=False)
    jumped = live_night(tmp_path / "jumped.sqlite", step_seconds=-3600.0, catalogue_id="c2")
    calm = live_night(tmp_path / "calm.sqlite")
    time = words.local_time(STARTED_AT + timedelta(seconds=100), jumped)
    lines = {"unset": say("warning_clock_unset"), "jumped": say("warning_clock_step", time=time, seconds="-3600.0")}
    changed = say("source_catalogue_from", time=time, catalogue="c2")
    for form in ("text", "html"):
        pages = [" ".join(unescape(render(one, form, language_code=code).decode()).split())
                 for one in (unset, jumped, calm)]  # fmt: skip
        assert [lines["unset"] in page for page in pages] == [True, False, False]
        assert [lines["jumped"] in page for page in pages] == [False, True, False]
        assert [changed in page for page in pages] == [False, True, False]


def test_a_line_that_a_person_added_has_no_evidence(reviewed):
    ledger, reviewer = reviewed
    chosen = {"title": "Late one", "artist": "", "facts": {}}
    reviewer.edit("add", chosen=chosen, usage="live", duration_source="entered", section="encore",
                  start_utc="2024-05-01T19:12:00.000Z", end_utc="2024-05-01T19:15:00.000Z")  # fmt: skip
    added = only_report(ledger).items[-1]
    assert (added.evidence.band, added.evidence.confidence, added.evidence.best) == ("none", 0.0, None)
    assert (added.section, added.duration_s, added.duration_source) == ("encore", 180.0, "entered")


def test_money_is_exact():
    assert Money(amount="12.50", currency="EUR").amount == "12.50"


def test_a_report_says_which_plan_it_was_heard_under(tmp_path, report):
    assert [source.plan_id for source in report.provenance.sessions] == [None]
    write_night(tmp_path / "ledger.sqlite", FakeClock(), plan_id="9a" * 32)
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        planned = next(iter(reports_of_night(ledger, NIGHT).values()))
    assert [source.plan_id for source in planned.provenance.sessions] == ["9a" * 32]
    validate(json.loads(planned.as_json()))
