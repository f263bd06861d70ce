"""The training corpus: note tables and score files become `Score`s, split by work so that no test work is trained on.

Two tables may lie in the corpus folder, and score files (`files.py`) beside them or instead: `versions.parquet` (one
row per version: `version_id`, `cluster_id`, `source`, `kind`, `licence_class`, `title`, ...) and `notes.parquet`
(`version_id`, `dstart_cs`, `dur_cs`, `pitch`, `velocity`, `track`, `program`, `is_drum`). A cluster holds all versions
of a work and its near-duplicates; splits follow clusters.
"""

import hashlib
import pickle
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livecsi.errors import InputError
from livecsi.training.scores.files import WORKS, read_score_files, score_files
from livecsi.training.scores.harmony import BEATS_PER_BAR, find_beats, find_chords, invent_melody
from livecsi.training.scores.score import Role, Score

CORPUS_VERSION = 3
FILES_VERSION = 1
SOURCES = ("pop909", "mcgill_billboard", "openewld", "airds_airs", "oneills1850", "ryans_mammoth")
SPLIT_PERCENT = {"train": 80, "validation": 8, "test": 12}
MINIMUM_NOTES = 60
MINIMUM_SECONDS = 40.0
LONG_ENOUGH_SECONDS = 110.0
REPEATED_TO_SECONDS = 200.0


def split_of(cluster_id: int) -> str:
    """The split a work belongs to, for ever: a hash of its cluster, not of its place in a list."""
    percent = int(hashlib.sha256(f"livecsi:{cluster_id}".encode()).hexdigest()[:8], 16) % 100
    bound = 0
    for name, share in SPLIT_PERCENT.items():
        bound += share
        if percent < bound:
            return name
    raise AssertionError("shares add up to 100")


def load_scores(folder: Path, cache: Path | None = None, say: Callable[[str], None] = lambda _: None) -> list[Score]:
    """All usable scores of a folder, one per work: those of its tables, then those of its files (`files.py`).

    Both are parsed once, then read from beside `cache`: tables until `CORPUS_VERSION` changes, files until one of them
    does. `say` gets one line for each file that cannot be used.
    """
    files = score_files(folder)
    scores = [] if files and not any(table.is_file() for table in _tables(folder)) else _table_scores(folder, cache)
    return [*scores, *_file_scores(folder, files, cache, say)] if files else scores


def _table_scores(folder: Path, cache: Path | None) -> list[Score]:
    if cache is not None and cache.is_file():
        version, scores = pickle.loads(cache.read_bytes())
        if version == CORPUS_VERSION:
            return list(scores)
    scores = list(_parse(folder))
    _keep(cache, CORPUS_VERSION, scores)
    return scores


def _file_scores(folder: Path, files: list[Path], cache: Path | None, say: Callable[[str], None]) -> list[Score]:
    stamps = [(path.as_posix(), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    works = folder / WORKS
    version = FILES_VERSION, folder.as_posix(), stamps, works.read_bytes() if works.is_file() else b""
    kept = cache.with_name(f"{cache.stem}-files{cache.suffix}") if cache else None
    if kept is not None and kept.is_file():
        kept_version, scores = pickle.loads(kept.read_bytes())
        if kept_version == version:
            return list(scores)
    scores = read_score_files(folder, say)
    _keep(kept, version, scores)
    return scores


def _keep(cache: Path | None, version: object, scores: list[Score]) -> None:
    if cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_bytes(pickle.dumps((version, scores)))


def _tables(folder: Path) -> tuple[Path, Path]:
    return folder / "versions.parquet", folder / "notes.parquet"


def works_of(corpus: Sequence[Score], split: str, sources: Sequence[str] | None = None) -> list[Score]:
    """The works of one split, of some sources or all: sources take turns, so that the first few are like the whole."""
    chosen = [score for score in corpus if split_of(score.cluster_id) == split]
    by_source = [[score for score in chosen if score.source == source] for source in sources or _sources_of(chosen)]
    return [score for turn in zip_longest(*by_source) for score in turn if score is not None]


def _sources_of(scores: Sequence[Score]) -> list[str]:
    return list(dict.fromkeys(score.source for score in scores))


def _parse(folder: Path) -> Iterator[Score]:
    tables = _tables(folder)
    for table in tables:
        if not table.is_file():
            raise InputError(f"{table}: no such table", "point --scores at a folder with such tables or score files")
    versions = pd.read_parquet(tables[0])
    versions = versions[versions.source.isin(SOURCES) & (versions.seconds > MINIMUM_SECONDS)]
    versions = versions.drop_duplicates("cluster_id").set_index("version_id")
    notes = pd.read_parquet(tables[1])
    facts: dict[int, dict[str, Any]] = versions.to_dict("index")  # type: ignore[assignment]  # keys are version ids
    for version_id, played in notes[notes.version_id.isin(versions.index)].groupby("version_id", sort=True):
        row = facts[version_id]  # type: ignore[index]
        score = _score(played, row["kind"], f"{row['source']}:{version_id}", row["cluster_id"], row["source"])
        if score is not None:
            yield score


def _score(table: pd.DataFrame, kind: str, name: str, cluster_id: int, source: str) -> Score | None:
    notes = _notes(table[~table.is_drum], kind, np.cumsum(table.dstart_cs.to_numpy())[~table.is_drum] / 100.0)
    if len(notes) < MINIMUM_NOTES or notes[:, 0].max() > 1500:
        return None
    duration = float((notes[:, 0] + notes[:, 1]).max())
    beats = find_beats(notes[:, 0], duration)
    if len(beats) < 40:
        return None
    root, mask = find_chords(notes, beats, melody_only=kind == "melody")
    if kind == "chords":
        melody = invent_melody(root, mask, beats, np.random.default_rng(cluster_id))
        notes = np.concatenate([notes, melody])
    period = float(beats[1] - beats[0])
    if duration < LONG_ENOUGH_SECONDS and kind in ("melody", "melody+chords"):
        notes, beats, root, mask = _repeat(notes, beats, root, mask, period, duration)
    return Score(
        name=name,
        cluster_id=cluster_id,
        source=source,
        notes=notes[np.argsort(notes[:, 0], kind="stable")],
        beat_seconds=np.append(beats, beats[-1] + period),
        chord_root=root,
        chord_mask=mask,
        bar=np.arange(len(beats)) // BEATS_PER_BAR,
    )


def _notes(table: pd.DataFrame, kind: str, start_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    roles = np.full(len(table), int(Role.ACCOMPANIMENT))
    melody = _melody_track(table, kind)
    for track, part in table.groupby("track"):
        chosen = (table.track == track).to_numpy()
        if track == melody:
            roles[chosen] = Role.MELODY
        elif part.program.iloc[0] in range(32, 40) or part.pitch.mean() < 44:
            roles[chosen] = Role.BASS
        elif kind == "melody+piano" and track == 1:
            roles[chosen] = Role.COUNTER_MELODY
    velocity = np.where(table.velocity > 0, table.velocity, 80)
    return np.stack([start_seconds, table.dur_cs / 100.0, table.pitch, velocity, roles], 1).astype(np.float64)


def _melody_track(table: pd.DataFrame, kind: str) -> int | None:
    if kind == "chords":
        return None
    if kind in ("melody", "melody+piano"):
        return int(table.track.min())
    overlap_free = {int(str(track)): part.dstart_cs.gt(0).mean() for track, part in table.groupby("track")}
    singable = {track: share for track, share in overlap_free.items() if table[table.track == track].pitch.mean() > 57}
    return max(singable or overlap_free, key=lambda track: (singable or overlap_free)[track])


def _repeat(
    notes: NDArray[np.float64],
    beats: NDArray[np.float64],
    root: NDArray[np.int64],
    mask: NDArray[np.int64],
    period: float,
    duration: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """A tune is played several times through: whole bars, until it is as long as a song."""
    bars = int(np.ceil(len(beats) / BEATS_PER_BAR))
    padding = bars * BEATS_PER_BAR - len(beats)
    root, mask = np.pad(root, (0, padding), mode="edge"), np.pad(mask, (0, padding), mode="edge")
    length = bars * BEATS_PER_BAR * period
    times = int(np.ceil(REPEATED_TO_SECONDS / max(length, duration)))
    shifted = [notes + np.array([time * length, 0, 0, 0, 0]) for time in range(times)]
    grid = beats[0] + np.arange(times * bars * BEATS_PER_BAR) * period
    return np.concatenate(shifted), grid, np.tile(root, times), np.tile(mask, times)
