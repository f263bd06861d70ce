"""How times, lengths and people are written in every printed form, so that two forms of one report never disagree.

What needs words takes them from a `Language`; what is only figures is the same everywhere.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from livecsi.reports.language import Language
from livecsi.reports.model import (
    Alternative,
    Attestation,
    CaptureGap,
    Item,
    ItemKind,
    Money,
    SetlistReport,
    SourceSession,
    Status,
    Usage,
    Work,
)

SIGNERS = ("performer", "venue")
ALTERNATIVES_PRINTED = 3
DOUBTFUL_PROBABILITY = 0.10
WORTH_A_LOOK_PROBABILITY = 0.01
HASH_CHARACTERS_PRINTED = 16

_ON_STAGE = (Usage.LIVE, Usage.LIVE_WITH_BACKING, Usage.DJ_FEATURED, Usage.UNCLEAR)
_MACHINE_NAMED = (Status.PENDING, Status.ACCEPTED, Status.REJECTED)
_PLAIN_KINDS = (ItemKind.SONG, ItemKind.UNKNOWN)
_NAMELESS_KINDS = (ItemKind.MEDLEY, ItemKind.IMPROVISATION)


def zone_of(report: SetlistReport) -> ZoneInfo:
    return ZoneInfo(report.event.timezone)


def local_time(moment: datetime, report: SetlistReport) -> str:
    """hh:mm:ss at the venue; with the offset in a night in which the clocks change."""
    local = moment.astimezone(zone_of(report))
    offsets = {edge.astimezone(zone_of(report)).utcoffset() for edge in (report.event.start_utc, report.event.end_utc)}
    return local.strftime("%H:%M:%S") + (f" {offset_of(local)}" if len(offsets) > 1 else "")


def local_moment(moment: datetime, report: SetlistReport) -> str:
    """`2024-05-02 10:15` at the venue, for what happened on another day."""
    return moment.astimezone(zone_of(report)).strftime("%Y-%m-%d %H:%M")


def offset_of(local: datetime) -> str:
    """`UTC+03:00`."""
    text = local.strftime("%z")
    return f"UTC{text[:3]}:{text[3:5]}"


def length(seconds: float) -> str:
    """mm:ss, or h:mm:ss from one hour on."""
    whole = int(seconds + 0.5)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"


def hours_minutes_seconds(seconds: float) -> str:
    """hh:mm:ss, always."""
    whole = int(seconds + 0.5)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def percent(fraction: float) -> str:
    """Whole percents, but never 100 % for something that is not certain."""
    return f"{min(99, int(fraction * 100 + 0.5)) if fraction < 1 else 100}\N{NO-BREAK SPACE}%"


def writers(work: Work | None, say: Language) -> str:
    """`Aino Aalto (composer), Ben Berg (lyricist)`; the artist of a recording is never among them."""
    if work is None:
        return ""
    people = ", ".join(f"{person.name} ({say.named('role', person.role)})" for person in work.writers)
    return as_proposed(people, work, say)


def as_proposed(people: str, work: Work, say: Language) -> str:
    """`Aino Aalto [from the file's tags, not checked]` when no person entered the writers of the work."""
    return f"{people} [{say(f'writers_from_{work.writers_source}')}]" if people and work.writers_source else people


def title(item: Item, say: Language) -> str:
    """The work's title; `recorded music: Kaamos` for a record between the sets."""
    if item.work:
        return f"{say('recorded_music')}: {item.work.title}" if item.usage is Usage.BACKGROUND else item.work.title
    if item.kind in _NAMELESS_KINDS:
        return say.named("kind", item.kind.value)
    if is_aside(item):
        return say("recorded_music")
    return say("played_nameless" if is_played_nameless(item) else "not_recognised")


def titles(alternatives: list[Alternative]) -> str:
    """`Kaamos (Revontuli) 18 % · Halla 7 %`."""
    named = (f"{other.title} ({other.original_artist})" if other.original_artist else other.title
             for other in alternatives)  # fmt: skip
    return " \N{MIDDLE DOT} ".join(
        f"{name} {percent(other.probability)}" for name, other in zip(named, alternatives, strict=True)
    )


def worth_a_look(item: Item) -> list[Alternative]:
    """The alternatives a reader can use: beside a name only real rivals, without a name the best guesses."""
    if item.decision.status is not Status.PENDING:
        return []
    least = DOUBTFUL_PROBABILITY if item.work else WORTH_A_LOOK_PROBABILITY
    return [other for other in item.evidence.alternatives if other.probability >= least][:ALTERNATIVES_PRINTED]


def is_aside(item: Item) -> bool:
    """Music that was there but is no part of what the act played."""
    return item.usage not in _ON_STAGE


def is_rejected(item: Item) -> bool:
    return item.decision.status is Status.REJECTED


def is_played(item: Item) -> bool:
    """A piece of the act: no record between sets, nothing a person struck out, no medley beside its parts."""
    return not is_aside(item) and not is_rejected(item) and item.kind is not ItemKind.MEDLEY


def edges(report: SetlistReport) -> tuple[Item, Item] | None:
    """The line that the show begins with and the one it ends with; a microphone listens before and after that."""
    played = [item for item in report.items if is_played(item)]
    if not played:
        return None
    return min(played, key=lambda item: item.start_utc), max(played, key=lambda item: item.end_utc)


def played(report: SetlistReport, say: Language) -> str:
    """`21:09:51 to 22:09:55`, from the first song to the last; nothing when no song was played."""
    found = edges(report)
    return from_to(found[0].start_utc, found[1].end_utc, report, say) if found else ""


def listened(report: SetlistReport, say: Language) -> str:
    """`21:02:40 to 22:10:55`, from the first sound we heard to the last."""
    return from_to(report.event.start_utc, report.event.end_utc, report, say)


def from_to(start: datetime, end: datetime, report: SetlistReport, say: Language) -> str:
    return say("from_to", start=local_time(start, report), end=local_time(end, report))


def is_open(item: Item) -> bool:
    """Whether a person still has to say something about the line."""
    return item.decision.status is Status.PENDING and not is_aside(item)


def is_played_nameless(item: Item) -> bool:
    """Whether a person says that it was played, and nobody says what it was."""
    return is_played(item) and item.work is None and item.decision.status is not Status.PENDING


def is_to_write(item: Item) -> bool:
    """Whether paper has to leave room for a title."""
    return item.work is None and is_open(item) and item.kind not in _NAMELESS_KINDS


def is_machine_named(item: Item) -> bool:
    """Whether confidence and recording speak of the title that is printed; not after a person changed it."""
    return item.work is not None and item.decision.status in _MACHINE_NAMED


def sureness(item: Item, say: Language) -> str:
    """`high 98 %` when a measured precision stands behind the band, else `98 % uncalibrated`."""
    if not is_machine_named(item):
        return ""
    figure = percent(item.evidence.confidence)
    if item.evidence.band_basis == "calibrated":
        return f"{say.named('band', item.evidence.band)} {figure}"
    return f"{figure} {say('uncalibrated')}"


def tags(item: Item, say: Language) -> list[str]:
    """What is unusual about a line: its kind, how it came about, how much of it nobody heard."""
    is_said = item.kind in _PLAIN_KINDS or item.kind in _NAMELESS_KINDS and item.work is None
    kind = [] if is_said else [say.named("kind", item.kind.value)]
    usage = [] if item.usage is Usage.LIVE else [say.named("usage", item.usage.value)]
    times = [f"\N{MULTIPLICATION SIGN} {item.times_performed}"] if item.times_performed > 1 else []
    missed = [say("not_heard", length=length(item.gap_s))] if item.gap_s else []
    return kind + usage + times + missed


def decision(item: Item, say: Language) -> str:
    """`accepted by Maija`."""
    status = say.named("decision", item.decision.status.value)
    return f"{status} {say('decision_by', name=item.decision.by)}" if item.decision.by else status


def sections(report: SetlistReport, say: Language) -> Iterator[tuple[str, Item]]:
    """Every item with the heading it begins, mostly none; a night of one main set needs no headings."""
    before = "main"
    for item in report.items:
        yield ("" if item.section == before else say.named("section", item.section)), item
        before = item.section


def gap(missing: CaptureGap, report: SetlistReport, say: Language) -> str:
    """`Nobody listened from 21:42:30 (the input went away)`."""
    return say("heard_gap", start=local_time(missing.start_utc, report), reason=say.named("loss", missing.reason))


def warnings(report: SetlistReport, say: Language) -> list[str]:
    """What a reader must know before believing the list; once it is signed, only what it was heard with."""
    standing = [say.phrases.get(f"warning_{report.review_state.value}", "")]
    count = len(report.orphaned_edits)
    lost = [say.counted("warning_orphaned", count, count=count)] if count else []
    return list(filter(None, standing + lost)) + _clock_warnings(report, say)


def _clock_warnings(report: SetlistReport, say: Language) -> list[str]:
    """What is to be known of the clock that the times come from, signed or not."""
    sources = report.provenance.sessions
    unset = [say("warning_clock_unset")] if any(source.clock_synchronised is False for source in sources) else []
    steps = [step for source in sources for step in source.clock_steps]
    return unset + [
        say("warning_clock_step", time=local_time(step.at_utc, report), seconds=f"{step.step_s:+.1f}") for step in steps
    ]


def other_catalogues(source: SourceSession, report: SetlistReport, say: Language) -> list[str]:
    """`from 21:40:12 c2f0...`, for every time that the catalogue was changed while we listened."""
    return [
        say("source_catalogue_from", time=local_time(change.at_utc, report), catalogue=change.catalogue_id[:32])
        for change in source.catalogue_changes
    ]


def signature(report: SetlistReport, role: str) -> Attestation | None:
    """The newest signature of a role."""
    return next((signed for signed in reversed(report.attestations) if signed.role == role), None)


def place(report: SetlistReport, say: Language) -> str:
    """Venue, stage and address in one line."""
    venue = report.venue
    town = " ".join(part for part in (venue.postcode, venue.city) if part)
    parts = [venue.name or say("no_venue"), say("stage", stage=venue.stage), venue.street, town, venue.country]
    return ", ".join(part for part in parts if part)


def money(amount: Money | None) -> str:
    """`12.50 EUR`, as somebody said it."""
    return f"{amount.amount} {amount.currency}" if amount else ""


def told(report: SetlistReport, say: Language) -> list[str]:
    """`Attendance: 120`: what a person told of the event, and nothing about the rest."""
    event = report.event
    values = {"event_name": event.name, "event_type": event.type, "access": event.access, "promoter": event.promoter,
              "attendance": None if event.attendance is None else str(event.attendance),
              "ticket_price": money(event.ticket_price), "receipts": money(event.receipts)}  # fmt: skip
    return [f"{say(f'field_{name}')}: {value}" for name, value in values.items() if value]


def act(report: SetlistReport, say: Language) -> str:
    return report.act.name or say("no_act")


def counted(report: SetlistReport, say: Language) -> str:
    """`10 songs named, 1 open, 1 played without a name`; recorded music between the sets is no song of the act."""
    played = [item for item in report.items if is_played(item)]
    named = sum(item.work is not None for item in played)
    nameless = sum(is_played_nameless(item) for item in played)
    counted = say.counted("songs", named, named=named, open=len(played) - named - nameless)
    return f"{counted}, {say.counted('songs_nameless', nameless, count=nameless)}" if nameless else counted


def running(report: SetlistReport, say: Language) -> str:
    """What stands at the top of every further page."""
    parts = (act(report, say), report.venue.name or say("no_venue"), report.event.business_date.isoformat())
    return " \N{MIDDLE DOT} ".join([*parts, say(f"state_{report.review_state.value}")])


def named_share(report: SetlistReport) -> float | None:
    """Which part of the music in the list has a name; None when there was no music."""
    known = report.coverage.identified_s
    total = known + report.coverage.unknown_s
    return known / total if total else None
