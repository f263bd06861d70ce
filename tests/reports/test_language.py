"""Four languages say the same things: no key and no placeholder is missing, and no page mixes two of them."""

import re
import string
from datetime import date
from typing import get_args

import pytest

from livecsi.audio.splicer import Loss
from livecsi.catalogue.identifiers import ROLES
from livecsi.errors import UsageError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.lines import Section
from livecsi.ledger.review import State
from livecsi.ledger.sessions import LIVE, RECORDING
from livecsi.reports import copysheet, fields, language
from livecsi.reports.build import reports_of_night
from livecsi.reports.model import Act, Evidence, ItemKind, SetlistReport, Status, Usage
from livecsi.reports.profiles import Filer
from livecsi.reports.profiles import load as load_profile
from livecsi.reports.render import render, render_night
from livecsi.reports.words import SIGNERS
from livecsi.service.inbox import OVERRUN
from livecsi.service.live_session import RESTART
from livecsi.settings import VenueSettings
from tests.fakes import FakeClock
from tests.reports.made_up_night import NIGHT, write_night

EN = language.load("en")
OTHERS = [code for code in language.codes() if code != "en"]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> SetlistReport:
    path = tmp_path_factory.mktemp("night") / "ledger.sqlite"
    write_night(path, FakeClock())
    with Ledger.open(path, FakeClock()) as ledger:
        return next(iter(reports_of_night(ledger, NIGHT).values()))


def placeholders(phrase):
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def seen(html):
    """What a reader sees of a page, without style and markup."""
    text = re.sub(r"<style>.*?</style>|<title>.*?</title>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_languages_that_came_along():
    assert language.codes() == ["de", "en", "fi", "sv"]
    assert set(get_args(VenueSettings.model_fields["language"].annotation)) == set(language.codes())
    with pytest.raises(UsageError, match="no language 'et'.*known are de, en"):
        language.load("et")


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_has_the_same_keys_and_placeholders(code):
    other = language.load(code).phrases
    assert other.keys() == EN.phrases.keys()
    for key, phrase in EN.phrases.items():
        assert placeholders(other[key]) == placeholders(phrase), key
        assert other[key].strip(), key


@pytest.mark.parametrize("code", language.codes())
def test_every_word_of_the_model_and_of_the_forms_has_a_phrase(code):
    phrases = language.load(code).phrases
    wanted = [f"usage_{usage.value}" for usage in Usage] + [f"decision_{status.value}" for status in Status]
    wanted += [f"kind_{kind.value}" for kind in ItemKind if kind not in (ItemKind.SONG, ItemKind.UNKNOWN)]
    wanted += [f"field_{name}" for name in [*fields.HEAD, *fields.LINE]]
    assert set(wanted) <= phrases.keys()


def choices(block, name):
    """The values that a field of the model may have, null aside."""
    return [one for one in re.findall(r"'([\w-]+)'", str(block.model_fields[name].annotation)) if one != "none"]


@pytest.mark.parametrize("code", language.codes())
def test_every_word_that_the_ledger_may_hold_has_a_phrase(code):
    wanted = {
        "input": [LIVE, RECORDING],
        "loss": [*Loss, OVERRUN, RESTART],
        "state": list(State),
        "section": get_args(Section),
        "band": choices(Evidence, "band"),
        "billing": choices(Act, "billing"),
        "role": ROLES,
        "signer": SIGNERS,
        "filer": get_args(Filer),
    }
    assert all(wanted.values())
    phrases = language.load(code).phrases
    keys = [f"{family}_{value}" for family, values in wanted.items() for value in values]
    missing = [key for key in keys if key not in phrases]
    assert missing == []


@pytest.mark.parametrize("code", language.codes())
@pytest.mark.parametrize("form", ["text", "html"])
def test_a_live_night_prints_words_and_no_codes(report, code, form):
    gaps = [report.coverage.gaps[0].model_copy(update={"reason": reason}) for reason in (*Loss, OVERRUN, RESTART)]
    sources = [source.model_copy(update={"input_kind": LIVE}) for source in report.provenance.sessions]
    heard = {"coverage": report.coverage.model_copy(update={"gaps": gaps})}
    live = report.model_copy(update={**heard, "provenance": report.provenance.model_copy(update={"sessions": sources})})
    say, text = language.load(code), render(live, form, None, code).decode()
    night = render_night([live], "html" if form == "html" else "text", code).decode()
    for gap in gaps:
        assert f"({say(f'loss_{gap.reason}')})" in text and f"({say(f'loss_{gap.reason}')})" in night
    assert f"{say('input_live')} kulma-2024" in text
    assert "_lost" not in seen(text)


def english_phrases(code):
    """Phrases of at least one long word that this language says differently."""
    other = language.load(code).phrases
    plain = {phrase for key, phrase in EN.phrases.items() if other[key] != phrase and not placeholders(phrase)}
    return sorted(phrase for phrase in plain if re.search(r"\w{6}", phrase))


def assert_no_english(text, code):
    own = " ".join(language.load(code).phrases.values()).casefold()
    for phrase in english_phrases(code):
        if phrase.casefold() not in own:
            assert not re.search(rf"\b{re.escape(phrase)}\b", text, re.IGNORECASE), phrase


@pytest.mark.parametrize("code", OTHERS)
def test_no_english_is_left_in_any_printed_form(report, code):
    for form in ("html", "text", "table"):
        assert_no_english(seen(render(report, form, None, code).decode()), code)
    assert_no_english(seen(render_night([report], "html", code).decode()), code)
    assert_no_english(render_night([report], "table", code).decode(), code)


@pytest.mark.parametrize("code", OTHERS)
def test_the_frame_of_a_copy_sheet_is_in_the_language_of_the_house(report, code):
    say, profile = language.load(code), load_profile("stim")
    text = copysheet.text(copysheet.fill(report, profile, say), say)
    frame = text.split("\n- ")[0].replace("\n", " ").replace(profile.source, "").replace(profile.portal, "")
    assert_no_english(frame, code)
    assert load_profile("koda").head[0].label in render(report, "text", "koda", code).decode()


def test_the_test_for_english_would_find_some(report):
    with pytest.raises(AssertionError):
        assert_no_english(seen(render(report, "html").decode()), "fi")


@pytest.mark.parametrize(
    ("code", "text"),
    [("en", "Sunday, 27 October 2024"), ("fi", "sunnuntai 27. lokakuuta 2024"), ("sv", "söndag 27 oktober 2024"),
     ("de", "Sonntag, 27. Oktober 2024")],
)  # fmt: skip
def test_dates_are_written_as_people_write_them(code, text):
    assert language.load(code).date_in_words(date(2024, 10, 27)) == text


def test_one_and_many():
    assert EN.counted("songs", 1, named=1, open=0) == "1 song named, 0 open"
    assert EN.counted("songs", 2, named=2, open=0) == "2 songs named, 0 open"


def test_a_value_is_never_taken_for_a_placeholder():
    assert EN("stage", stage="{zone}") == "stage: {zone}"
