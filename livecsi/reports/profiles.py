"""What each society asks for, as data: who files, by when, what counts as live, and the fields in their order.

No society takes such a file; a profile makes a sheet to be typed over. Where a society's columns are not public, the
sheet holds the common minimum and says so.
"""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from livecsi.errors import UsageError
from livecsi.reports.language import Language
from livecsi.reports.model import Block, Usage

FOLDER = Path(__file__).with_name("profiles")

Filer = Literal[
    "agent", "licensee", "manager", "member", "organiser", "performance_director", "performer", "promoter",
    "publisher", "venue", "writer",
]  # fmt: skip
LiveUsage = Literal[Usage.LIVE, Usage.LIVE_WITH_BACKING, Usage.DJ_FEATURED]
"""What some society counts as live; tape, background, karaoke, speech and the unclear are live for none."""


class ProfileField(Block):
    """One field of a form: which of our values belongs in it, and what the society calls it if that is public."""

    value: str
    label: str = ""


COMMON_HEAD = [
    ProfileField(value=name)
    for name in ("act", "billing", "event_name", "date", "start_time", "end_time", "venue_name", "venue_address",
                 "stage", "promoter", "event_type", "access", "attendance", "ticket_price", "receipts")
]  # fmt: skip
COMMON_LINE = [
    ProfileField(value=name)
    for name in ("title", "writers", "minutes_seconds", "times_performed", "live_or_playback", "iswc", "society_id")
]


class Deadline(Block):
    """How long after the night a report is taken; nothing set means that no deadline is known."""

    days: int | None = Field(default=None, ge=1)
    months: int | None = Field(default=None, ge=1)
    rule: Literal["end_of_next_year", "october_or_february"] | None = None

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if sum(given is not None for given in (self.days, self.months, self.rule)) > 1:
            raise ValueError("a deadline is days, months or a rule, never two of them")
        return self

    def due(self, night: date) -> date | None:
        """The last day on which the report of a night is taken."""
        if self.days is not None:
            return night + timedelta(days=self.days)
        if self.months is not None:
            return _months_later(night, self.months)
        return _by_rule(self.rule, night) if self.rule else None

    def in_words(self, say: Language) -> str:
        if self.days is not None:
            return say("deadline_day" if self.days == 1 else "deadline_days", **_count(self.days))
        if self.months is not None:
            return say("deadline_month" if self.months == 1 else "deadline_months", **_count(self.months))
        return say(f"deadline_{self.rule}" if self.rule else "deadline_none")


class Profile(Block):
    """A society's form. `grade` says how good the source is: A its own page, B press, C a third party.

    `A/C`: some of it from the one, some from the other; `A old`: its own page, and not a recent one.
    """

    key: str = ""
    """The name of the profile itself, `buma`."""
    society: str
    form: str = ""
    """Which of the society's forms, when it has several; also for whom it is, where each has a date of its own."""
    country: str
    filed_by: list[Filer]
    portal: str
    source: str
    date_checked: str = Field(pattern=r"^\d{4}-\d{2}$")
    grade: str = Field(pattern="^[ABCMN](/[ABCMN])?( old)?$")
    columns_public: bool
    notes: list[str]
    live: list[LiveUsage]
    needs_writer: Literal["composer", "composer_or_lyricist"] | None = None
    """Whom every title has to name on this form, if anybody."""
    head: list[ProfileField] = COMMON_HEAD
    line: list[ProfileField] = COMMON_LINE
    deadline: Deadline = Deadline()
    ascii_fold: bool = False
    """Whether the portal takes only the letters of ASCII."""

    @property
    def name(self) -> str:
        """`PRS Concerts (GB)`."""
        return f"{self.society} {self.form}".strip() + f" ({self.country})"


def names() -> list[str]:
    """The profiles that came with livecsi."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Profile:
    """A profile by name; raises UsageError when there is none or it is broken."""
    if name not in names():
        raise UsageError(f"there is no profile {name!r}", f"known are {', '.join(names())}")
    try:
        asked = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        return Profile.model_validate({**asked, "key": name})
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise UsageError(f"profile {name!r} is broken: {error}") from error


def _count(number: int) -> dict[str, object]:
    return {"count": number}


def _by_rule(rule: str, night: date) -> date:
    """31 December of the next year; or 1 October for a first half of a year and 1 February for a second."""
    if rule == "end_of_next_year":
        return date(night.year + 1, 12, 31)
    return date(night.year, 10, 1) if night.month <= 6 else date(night.year + 1, 2, 1)


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    after = date(first.year + month // 11, (month + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), after - timedelta(days=1))
