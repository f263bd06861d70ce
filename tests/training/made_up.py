"""A made-up song: sixteen bars of four chords with a tune, an accompaniment and a bass, as a Score and as tables."""

from pathlib import Path

import numpy as np
import pandas as pd

from livecsi.training.scores.score import Role, Score

BEAT_SECONDS = 0.5
BARS = 64
CHORDS = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))
"""C, A minor, F, G: one a bar."""
TUNE = (72, 74, 76, 79, 81, 79, 76, 74)
"""Two notes a beat, the same in every other bar."""


def made_up_score(cluster_id: int = 1, source: str = "pop909", bars: int = BARS) -> Score:
    beats = bars * 4
    notes = [(*row, 90.0) for bar in range(bars) for row in _bar(bar, cluster_id)]
    table = np.array([(start, length, pitch, velocity, role) for start, length, pitch, role, velocity in notes])
    chord = [CHORDS[beat // 4 % 4] for beat in range(beats)]
    return Score(
        name=f"made up {cluster_id}", cluster_id=cluster_id, source=source,
        notes=table[np.argsort(table[:, 0], kind="stable")], beat_seconds=np.arange(beats + 1) * BEAT_SECONDS,
        chord_root=np.array([pitches[0] for pitches in chord]),
        chord_mask=np.array([sum(1 << pitch for pitch in pitches) for pitches in chord]),
        bar=np.arange(beats) // 4,
    )  # fmt: skip


def _bar(bar: int, cluster_id: int):
    """Start, length, pitch and role of the notes of one bar; a cluster has its own order of the tune."""
    start, chord = bar * 4 * BEAT_SECONDS, CHORDS[bar % 4]
    order = np.random.default_rng(cluster_id).permutation(8)
    for index in range(8):
        yield start + index * BEAT_SECONDS / 2, BEAT_SECONDS / 2, TUNE[order[index]] + bar % 2, Role.MELODY
    for beat in range(4):
        yield from ((start + beat * BEAT_SECONDS, BEAT_SECONDS, 48 + pitch, Role.ACCOMPANIMENT) for pitch in chord)
    yield start, 4 * BEAT_SECONDS, 36 + chord[0], Role.BASS


def write_tables(folder: Path, versions: list[dict], bars: int = BARS) -> Path:
    """`versions.parquet` and `notes.parquet`; each version plays the made-up song of its cluster."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for version in versions:
        notes = sorted(row for bar in range(bars) for row in _bar(bar, version["cluster_id"]))
        starts = np.round(np.array([start for start, *_ in notes]) * 100).astype(int)
        steps = np.diff(starts, prepend=0)
        for step, (_, length, pitch, role) in zip(steps, notes, strict=True):
            track = {Role.MELODY: 0, Role.ACCOMPANIMENT: 1, Role.BASS: 2}[role]
            rows.append({
                "version_id": version["version_id"], "dstart_cs": step, "dur_cs": round(length * 100), "pitch": pitch,
                "velocity": 0, "track": track, "program": 33 if track == 2 else 0, "is_drum": False,
            })  # fmt: skip
    table = [{"source": "pop909", "kind": "melody+chords", "seconds": bars * 2.0, **version} for version in versions]
    pd.DataFrame(table).to_parquet(folder / "versions.parquet")
    pd.DataFrame(rows).to_parquet(folder / "notes.parquet")
    return folder
