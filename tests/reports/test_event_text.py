"""The texts for setlist.fm and MusicBrainz state only what a person decided."""

import random

import pytest

from livecsi.reports import event_text
from livecsi.reports.model import Decision, ItemKind, Status, Usage, Work
from livecsi.reports.render import render
from tests.reports.two_acts import reports

MBID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"


@pytest.fixture
def night():
    return reports()[1]


def changed(report, seq, **changes):
    items = [item.model_copy(update=changes) if item.seq == seq else item for item in report.items]
    return report.model_copy(update={"items": items})


def test_setlistfm_has_a_song_per_line_a_medley_in_one_and_a_blank_before_the_encore(night):
    assert render(night, "setlistfm").decode().splitlines() == [
        "Paper Lanterns",
        "Slow Ferry Home",
        "Unknown @Info[not identified, 03:39:20 UTC+03:00, 03:55]",
        "Unknown @Info[not identified, 03:44:10 UTC+03:00, 03:56]",
        "Hard Water",
        "Little Machines / Salt & Cedar",
        "Marjatan laulu @Info[snippet]",
        "Unknown @Info[not identified, 03:08:20 UTC+02:00, 04:01]",
        "",
        "Unknown @Info[not identified, 03:13:10 UTC+02:00, 04:02]",
        "Unknown @Info[not identified, 03:18:00 UTC+02:00, 04:03]",
    ]


def test_musicbrainz_marks_artist_works_and_comments(night):
    night = changed(night, 1, work=Work(title="Paper [live] & Lanterns", society_ids={"MusicBrainz": MBID}))
    lines = render(night, "musicbrainz").decode().splitlines()
    assert lines[:3] == ["@ The Tin Harbour", f"* [{MBID}|Paper &lsqb;live&rsqb; &amp; Lanterns]", "* Slow Ferry Home"]
    assert lines[3] == "# Not identified, 03:39:20 UTC+03:00, 03:55"
    assert lines[lines.index("# Medley") + 1 :][:2] == ["* Little Machines", "* Salt &amp; Cedar"]
    assert lines[lines.index("# Encore") - 1] == ""
    assert "* Marjatan laulu (snippet)" in lines


def test_covers_tapes_and_repeats_have_their_tags(night):
    night = changed(night, 1, origin="cover", times_performed=2)
    night = changed(night, 2, usage=Usage.PLAYBACK_TAPE, work=Work(title="A @Home[x] / B"))
    lines = event_text.setlistfm(night).splitlines()
    assert lines[:2] == ["Paper Lanterns @Cover[Revontuli] @Info[2 times]", "A at Home(x)/B @Tape[]"]
    assert "# From tape: A @Home&lsqb;x&rsqb; / B" in event_text.musicbrainz(night)


def test_no_name_is_stated_that_nobody_decided(night):
    dice = random.Random(7)
    for _ in range(300):
        items = []
        for item in night.items:
            kind, usage, status = dice.choice(list(ItemKind)), dice.choice(list(Usage)), dice.choice(list(Status))
            work = Work(title=f"{kind.value}-{usage.value}-{status.value}")
            changes = {"kind": kind, "usage": usage, "decision": Decision(status=status), "work": work}
            items.append(item.model_copy(update=changes))
        made = night.model_copy(update={"items": items})
        for text in (event_text.setlistfm(made), event_text.musicbrainz(made)):
            for word in ("-pending", "-rejected", "unclear-", "background-", "karaoke-", "speech-", "medley-"):
                assert word not in text
