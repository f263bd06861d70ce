"""`livecsi augment` and `examples`: what they write, and one clear line for what they cannot."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from livecsi.types import SAMPLE_RATE_HERTZ
from tests.training.made_up import write_tables

LENGTH = 2 * SAMPLE_RATE_HERTZ
HERTZ = 440.0


@pytest.fixture
def tone(tmp_path) -> Path:
    path = tmp_path / "tone.wav"
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * HERTZ * np.arange(LENGTH) / SAMPLE_RATE_HERTZ), SAMPLE_RATE_HERTZ)
    return path


def heard(path: Path) -> np.ndarray:
    samples, rate_hertz = soundfile.read(path, dtype="float32")
    assert rate_hertz == SAMPLE_RATE_HERTZ and samples.ndim == 1
    return samples


def loudest_hertz(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * SAMPLE_RATE_HERTZ / len(samples))


def test_nothing_asked_nothing_changed(livecsi, tone, tmp_path):
    answer = livecsi("augment", tone, "--output", tmp_path / "same.wav")
    assert (answer.exit_code, answer.stdout) == (0, f"{tmp_path / 'same.wav'}\n")
    np.testing.assert_allclose(heard(tmp_path / "same.wav"), heard(tone), atol=1e-4)


def test_key_and_speed_change_apart_from_each_other(livecsi, tone, tmp_path):
    assert livecsi("augment", tone, "--output", tmp_path / "up.wav", "--semitones", "12").exit_code == 0
    assert livecsi("augment", tone, "--output", tmp_path / "slow.wav", "--speed", "0.5").exit_code == 0
    up, slow = heard(tmp_path / "up.wav"), heard(tmp_path / "slow.wav")
    assert len(up) == LENGTH and loudest_hertz(up) == pytest.approx(2 * HERTZ, rel=0.01)
    assert len(slow) == pytest.approx(2 * LENGTH, rel=0.01) and loudest_hertz(slow) == pytest.approx(HERTZ, rel=0.01)


def test_room_crowd_and_codec_leave_the_song_and_a_seed_is_a_crowd(livecsi, tone, tmp_path):
    room = np.zeros(4000)
    room[[0, 3000]] = 1.0, 0.5
    soundfile.write(tmp_path / "room.wav", room, SAMPLE_RATE_HERTZ)
    options = ("--room", tmp_path / "room.wav", "--crowd-db", "6", "--codec", "mp3:64")
    made = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        path = tmp_path / f"{name}.wav"
        assert livecsi("augment", tone, "--output", path, *options, "--seed", seed).exit_code == 0
        made.append(heard(path))
    assert all(len(samples) == LENGTH and loudest_hertz(samples) == pytest.approx(HERTZ, rel=0.01) for samples in made)
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
    noise = np.abs(np.fft.rfft(made[0]))
    tonal = noise[int(430 * 2) : int(450 * 2)]
    ratio = 10 * np.log10((tonal**2).sum() / ((noise**2).sum() - (tonal**2).sum()))
    assert ratio == pytest.approx(6, abs=3), "the music is 6 dB above the crowd"


@pytest.mark.parametrize(
    ("options", "exit_code", "message"),
    [
        (("--codec", "wma:1"), 2, "'wma:1' is no codec (write one of mp3, aac, opus"),
        (("--codec", "mp3:9999"), 2, "is no codec"),
        (("--room", "nowhere.wav"), 3, "nowhere.wav"),
        (("--crowd", "."), 3, "no audio files here"),
    ],
)
def test_options_that_make_no_sense_are_one_line(livecsi, tone, tmp_path, monkeypatch, options, exit_code, message):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    answer = livecsi("augment", tone, "--output", tmp_path / "x.wav", *options)
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (exit_code, "", 1)
    assert message in answer.stderr and not (tmp_path / "x.wav").exists()


@pytest.mark.parametrize("option", [("--speed", "0"), ("--semitones", "40"), ("--seed", "-1"), ("--crowd-db", "loud")])
def test_numbers_out_of_range_are_usage(livecsi, tone, tmp_path, option):
    assert livecsi("augment", tone, "--output", tmp_path / "x.wav", *option).exit_code == 2


def test_recordings_and_places_that_cannot_be(livecsi, tone, tmp_path):
    broken, short = tmp_path / "broken.mp3", tmp_path / "short.wav"
    broken.write_bytes(b"this is no sound")
    soundfile.write(short, np.zeros(100), SAMPLE_RATE_HERTZ)
    for audio in (broken, short, tmp_path / "nowhere.wav"):
        answer = livecsi("augment", audio, "--output", tmp_path / "x.wav")
        assert (answer.exit_code, answer.stderr.count("\n")) == (3, 1), answer.stderr
    for output in (tmp_path / "x.mp3", tmp_path / "no" / "folder" / "x.wav", tone):
        answer = livecsi("augment", tone, "--output", output)
        assert (answer.exit_code, answer.stderr.count("\n")) == (2, 1), answer.stderr


def test_examples_are_two_sounds_a_picture_and_a_page(livecsi, tmp_path):
    scores = write_tables(tmp_path / "scores", [{"version_id": 1, "cluster_id": 1}])
    answer = livecsi("examples", "--scores", scores, "--output", tmp_path / "out", "--count", "1")
    assert (answer.exit_code, answer.stdout) == (0, f"{tmp_path / 'out' / 'index.html'}\n"), answer.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "1-studio.wav", "1-live.wav", "1.png", "index.html"}  # fmt: skip
    page = (tmp_path / "out" / "index.html").read_text()
    assert "pop909:1" in page and "semitones" in page and "beats a minute" in page and "drums" in page
    assert all(f'"1{name}"' in page for name in ("-studio.wav", "-live.wav", ".png"))
    studio, live = heard(tmp_path / "out" / "1-studio.wav"), heard(tmp_path / "out" / "1-live.wav")
    assert len(studio) == len(live) and not np.array_equal(studio, live)
    halves = [np.abs(half).max() for half in np.array_split(studio, 2)]
    assert all(0.01 < loudest <= 0.91 for loudest in halves)


def test_examples_need_scores_and_soundfonts(livecsi, tmp_path):
    answer = livecsi("examples", "--scores", tmp_path, "--output", tmp_path / "out")
    assert (answer.exit_code, answer.stderr.count("\n")) == (3, 1)
    answer = livecsi("examples", "--scores", tmp_path, "--output", tmp_path / "out", "--soundfonts", tmp_path)
    assert answer.exit_code == 3 and "no *.sf2 or *.sf3 here" in answer.stderr
