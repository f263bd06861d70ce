"""Phrases: what is played in every 9.6 s of a song, in 192 numbers, by which a large catalogue is searched too.

A song is the set of its phrases; a query is as much like it as its own phrases are found there, in the best of twelve
keys. Phrases are made of the middle and coarse levels, learned on works (`training/phrases.py`), and stored in eight
bits: 5 kB for four minutes, and two tenths of a second for ten thousand songs. They are no opinion on who it was:
learned from rendered works alone, they are deaf to one real recording in ten.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.sequences import CHANNELS, PHRASE_DIMENSIONS, PITCH_CLASSES, Sequences, unit_codes
from livecsi.identify.song_index import SongIndex

MOMENTS_PER_PHRASE = 4
"""Coarse moments in one phrase."""
Array = NDArray[np.float32]


def moments_of(middle: Array, coarse: Array) -> Array:
    """Levels (96, moments) as the graph hears them: (1, 24, 12, moments), at least one phrase long.

    Channels of the coarse level, then those of the first and of the second middle moment of the same time.
    """
    moments = min(coarse.shape[1], middle.shape[1] // 2)
    pairs = middle[:, : 2 * moments].reshape(CHANNELS, PITCH_CLASSES, moments, 2)
    together = np.concatenate(
        [coarse[:, :moments].reshape(CHANNELS, PITCH_CLASSES, moments), pairs[..., 0], pairs[..., 1]]
    )
    missing = max(0, MOMENTS_PER_PHRASE - moments)
    return np.ascontiguousarray(np.pad(together, ((0, 0), (0, 0), (0, missing)), mode="edge")[None], np.float32)


class PhraseIndex:
    """The phrases of all songs of a catalogue side by side."""

    def __init__(self, songs: Sequence[Sequences]) -> None:
        self._songs = SongIndex([_codes(song) for song in songs])

    def similarity(self, query: Sequences) -> Array:
        """How well the query's phrases are found in each song, in its best key: shape (songs,)."""
        return self._songs.similarity(_in_all_keys(query.phrases))


def _in_all_keys(phrases: Array) -> Array:
    """(192, phrases) rotated down by 0 to 11 semitones: (12, phrases, 192)."""
    pitches = phrases.T.reshape(phrases.shape[1], -1, PITCH_CLASSES)
    return np.stack([np.roll(pitches, -k, axis=2).reshape(len(pitches), -1) for k in range(PITCH_CLASSES)])


def _codes(song: Sequences) -> NDArray[np.int8]:
    """Eight bits; a song without phrases gets one that is like nothing."""
    codes = unit_codes(song.phrases)
    return codes if codes.shape[1] else np.zeros((PHRASE_DIMENSIONS, 1), np.int8)
