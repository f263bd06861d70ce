"""Check digits by hand-checked values, and by trying every single-digit slip."""

import random

import pytest

from livecsi.catalogue.identifiers import (
    generated_work_key,
    ipi_check_digits,
    iswc_check_digit,
    match_key,
    normal_ipi,
    normal_isni,
    normal_isrc,
    normal_iswc,
    normal_mbid,
)


@pytest.mark.parametrize(
    "text", ["T-034.524.680-1", "T0345246801", "t-034524680-1", "ISWC T-034.524.680-1", " T 034 524 680 1 "]
)
def test_an_iswc_has_one_spelling(text):
    assert normal_iswc(text) == "T-034.524.680-1"


def test_the_iswc_of_the_old_handout_is_wrong():
    with pytest.raises(ValueError, match="should be 3"):
        normal_iswc("T-345246800-1")


@pytest.mark.parametrize("text", ["", "T-034.524.680", "X-034.524.680-1", "T-034.524.680-12", "T-٠٣٤.524.680-1"])
def test_what_is_no_iswc_is_refused(text):
    with pytest.raises(ValueError, match="ISWC"):
        normal_iswc(text)


def test_an_iswc_catches_most_slips_and_its_own_digit_always_fits():
    """Modulo 10 with weights 1..9 misses some slips at the even and fifth places; the odd ones are all caught."""
    rng = random.Random(1)
    for _ in range(200):
        digits = f"{rng.randrange(10**9):09d}"
        whole = f"T{digits}{iswc_check_digit(digits)}"
        assert normal_iswc(whole).replace(".", "").replace("-", "") == whole
        for place in (1, 3, 7, 9):
            slipped = str((int(digits[place - 1]) + rng.randrange(1, 10)) % 10)
            with pytest.raises(ValueError, match="mistyped"):
                normal_iswc(f"T{digits[: place - 1]}{slipped}{digits[place:]}{whole[-1]}")


@pytest.mark.parametrize("text", ["00014107338", "14107338", "00250165006", "250165006", " 00014107338 "])
def test_an_ipi_is_padded(text):
    assert normal_ipi(text) == text.strip().zfill(11)


def test_an_ipi_catches_every_single_slip():
    rng = random.Random(2)
    for _ in range(100):
        digits = f"{rng.randrange(1, 10**9):09d}"
        whole = digits + ipi_check_digits(digits)
        assert normal_ipi(whole) == whole
        place = rng.randrange(9)
        slipped = str((int(whole[place]) + rng.randrange(1, 10)) % 10)
        wrong = whole[:place] + slipped + whole[place + 1 :]
        if int(wrong):
            with pytest.raises(ValueError, match="mistyped"):
                normal_ipi(wrong)


@pytest.mark.parametrize("text", ["", "abc", "000141073380", "0"])
def test_what_is_no_ipi_is_refused(text):
    with pytest.raises(ValueError, match="IPI"):
        normal_ipi(text)


def test_isrc_isni_and_mbid_have_one_spelling():
    assert normal_isrc("gb-aye-65-00521") == "GBAYE6500521"
    assert normal_isni("0000 0001 2103 2683") == "0000000121032683"
    assert normal_mbid("65F4F0C5-EF9E-490C-AEE3-909E7AE6B2AB") == "65f4f0c5-ef9e-490c-aee3-909e7ae6b2ab"


@pytest.mark.parametrize("normalise", [normal_isrc, normal_isni, normal_mbid])
def test_nonsense_is_refused(normalise):
    with pytest.raises(ValueError, match="no "):
        normalise("nonsense")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Don't Stop", "Sigur Rós"), ("dont stop", "SIGUR ROS")),
        (("Salt & Cedar", "The Tin Harbour"), ("Salt and Cedar!", "the  tin harbour")),
        (("Über uns", "Straße"), ("uber uns", "STRASSE")),
    ],
)
def test_spellings_of_one_song_agree(one, other):
    assert match_key(*one) == match_key(*other)


def test_another_word_in_another_script_is_another_song():
    assert match_key("かき", "夜") != match_key("かぎ", "夜")
    assert match_key("कि", "x") != match_key("का", "x")


def test_silence_about_the_artist_matches_nothing():
    assert match_key("Intro", "") is None
    assert match_key("???", "Somebody") is None


def test_a_made_up_key_is_stable():
    assert generated_work_key("A", "B", "1") == generated_work_key("a!", "b", "2")
    assert generated_work_key("A", "", "1") != generated_work_key("A", "", "2")
