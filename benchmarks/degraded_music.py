"""Real music, badly heard: another key, another speed, a hall, a crowd; the same recording has to be found.

Each recording of `music/` that is not also in `music_more/` (so never trained on) is transposed by up to three
semitones, played up to 15 % faster or slower (phase vocoder and resampling), put into a hall of `rir/` and under a
synthesised crowd, then searched among all real music of the data folder and rendered songs.

    python -m benchmarks.degraded_music --data DIR [--rendered 300] [--draws 4] [--models DIR]
"""

import argparse
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import soxr
from scipy.signal import fftconvolve

from benchmarks.real_retrieval import distractors
from benchmarks.report import write_table
from livecsi.audio.recording import read_recording
from livecsi.evaluation.metrics import retrieval_figures
from livecsi.features.cqt import constant_q
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import Reference
from livecsi.service.ear import Ear
from livecsi.settings import DecodingSettings, ModelSettings, Settings
from livecsi.training.crowds import crowd
from livecsi.types import SAMPLE_RATE_HERTZ, Samples

SECONDS = (120, 60, 30)
LEVELS_DECIBELS = (6.0, 0.0)
SHORTLIST = 60
SEED = 5
HELD_OUT = (
    "147793_setuniman_sweet_waltz_0i_22mi_hq",
    "442789_lena_orsa_happy_music_pistachio_ice_cream_ragtime_hq",
    "gold_rush",
    "kevin_macleod_p_i_tchaikovsky_dance_of_the_sugar_plum_fairy_hq",
    "kevin_macleod_vibe_ace_hq",
    "krampus_workshop",
    "obrien_inspiration_strikes",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rendered", type=int, default=300)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    ear = Ear(Settings(model=ModelSettings(directory=arguments.models)))
    sequences = [ear.system.encode(f) for f in distractors(arguments.data, arguments.cache, arguments.rendered)]
    bare = [Reference(i, i, s) for i, s in enumerate(sequences)]
    means = ear.system.impostor_means(bare, choose_impostors(bare, 32))
    references = [replace(reference, impostor_mean=mean) for reference, mean in zip(bare, means, strict=True)]
    paths = sorted((arguments.data / "music").glob("*.ogg"))
    recordings = {i: read_recording(path, DecodingSettings()) for i, path in enumerate(paths) if path.stem in HELD_OUT}
    rows = [
        measure(ear, references, recordings, arguments.data, seconds, level, arguments.draws)
        for level in LEVELS_DECIBELS
        for seconds in SECONDS
    ]
    write_table(
        "degraded_music",
        "Real music in another key, speed, room and crowd",
        f"python -m benchmarks.degraded_music --data DIR --rendered {arguments.rendered} --draws {arguments.draws}",
        ["crowd", "query", "queries", "references", "top-1", "top-5", "MAP"],
        rows,
        f"Model {ear.model_id}. Seed {SEED}.",
    )


def measure(
    ear: Ear,
    references: list[Reference],
    recordings: dict[int, Samples],
    data: Path,
    seconds: int,
    level: float,
    draws: int,
) -> list[str]:
    """One row; a recording's number is that of its reference."""
    rng = np.random.default_rng(SEED)
    halls = [read_recording(path, DecodingSettings()) for path in sorted((data / "rir").glob("**/*hall*"))[:12]]
    voices = [read_recording(path, DecodingSettings()) for path in sorted((data / "noise").glob("speech*"))[:20]]
    matcher = ear.system.matcher(references)
    scores, right = [], []
    for number, recording in recordings.items():
        for _ in range(draws):
            heard = degrade(_cut(recording, int(seconds * 1.2), rng), halls, voices, level, rng)
            query = ear.system.encode(constant_q(ear.system.features, heard[: seconds * SAMPLE_RATE_HERTZ]))
            row = np.full(len(references), -1e6)
            for match in matcher.rank(query, SHORTLIST):
                row[match.reference.recording_id] = match.score
            scores.append(row)
            right.append(number)
    relevant = np.array(right)[:, None] == np.arange(len(references))[None]
    figures = retrieval_figures(np.array(scores), relevant)
    return [
        f"{level:.0f} dB", f"{seconds} s", str(len(scores)), str(len(references)),
        f"{figures.top1:.3f}", f"{figures.top5:.3f}", f"{figures.map:.3f}",
    ]  # fmt: skip


def degrade(
    samples: Samples, halls: list[Samples], voices: list[Samples], level_decibels: float, rng: np.random.Generator
) -> Samples:
    """Another key and speed, a hall, and a crowd `level_decibels` below the music."""
    semitones, speed = int(rng.integers(-3, 4)), rng.uniform(0.85, 1.15)
    ratio = 2 ** (semitones / 12)
    stretched = librosa.effects.time_stretch(samples, rate=speed / ratio)
    moved = soxr.resample(stretched, SAMPLE_RATE_HERTZ * ratio, SAMPLE_RATE_HERTZ)
    hall = halls[int(rng.integers(len(halls)))]
    wet = fftconvolve(moved, hall / (np.abs(hall).max() + 1e-9))[: len(moved)]
    noise = crowd(rng, len(wet) / SAMPLE_RATE_HERTZ + 1, voices)[: len(wet)]
    gain = wet.std() / (noise.std() + 1e-9) * 10 ** (-level_decibels / 20)
    mixed: Samples = (wet + gain * noise).astype(np.float32)
    return mixed / (np.abs(mixed).max() + 1e-9)


def _cut(recording: Samples, seconds: int, rng: np.random.Generator) -> Samples:
    spare = len(recording) - seconds * SAMPLE_RATE_HERTZ
    first = int(rng.integers(0, spare)) if spare > 0 else 0
    return recording[first : first + seconds * SAMPLE_RATE_HERTZ]


if __name__ == "__main__":
    main()
