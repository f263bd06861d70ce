"""A whole concert through the pipeline against a studio set, nothing stored: `livecsi evaluate setlist`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from livecsi.audio.recording import sha256_of
from livecsi.catalogue.store import Recording
from livecsi.clock import SystemClock
from livecsi.evaluation.setlists import SetlistFigures, heard_of, setlist_figures
from livecsi.evaluation.tables import LabelledRecording, TrueSegment
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import Reference
from livecsi.identify.systems.system import Encoded
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.service.listener import Hearing
from livecsi.service.replay import hear_recording

Step = Callable[[str, int, int], None]
Song = tuple[Recording, Encoded]


def identifier_of(ear: Ear, studio: Sequence[LabelledRecording], step: Step = lambda *_: None) -> Identifier:
    """An identifier over studio files that are in no catalogue."""
    return identifier_over(ear, studio_songs(ear, studio, step))


def studio_songs(ear: Ear, studio: Sequence[LabelledRecording], step: Step = lambda *_: None) -> list[Song]:
    """Studio files as a catalogue would keep them, numbered from 1 on."""
    works = work_numbers(studio)
    now = SystemClock().utc_now()
    songs = []
    for number, song in enumerate(studio, 1):
        duration, sequences = ear.sequences_of(song.path)
        work_id = works[song.work]
        sha256, name = sha256_of(song.path), song.path.name
        songs.append((Recording(number, work_id, song.title, "", None, duration, sha256, name, now), sequences))
        step("studio songs", number, len(studio))
    return songs


def identifier_over(ear: Ear, songs: Sequence[Song]) -> Identifier:
    """An identifier over songs that are in no catalogue, measured against the impostors among them."""
    references = [Reference(recording.recording_id, recording.work_id, sequences) for recording, sequences in songs]
    background = ear.system.background()
    means = ear.system.impostor_means(references, choose_impostors([*references, *background]))
    measured = [replace(reference, impostor_mean=mean) for reference, mean in zip(references, means, strict=True)]
    return Identifier(ear, [recording for recording, _ in songs], [*measured, *background])


def work_numbers(studio: Sequence[LabelledRecording]) -> dict[str, int]:
    """A number for each work of the table."""
    return {work: number for number, work in enumerate(sorted({song.work for song in studio}), 1)}


def evaluate_concert(
    ear: Ear,
    audio: Path,
    truth: Sequence[TrueSegment],
    studio: Sequence[LabelledRecording],
    step: Step = lambda *_: None,
) -> tuple[SetlistFigures, Hearing, float]:
    """The figures, what was heard, and how many times faster than real time it was heard."""
    return judged_concert(ear, identifier_of(ear, studio, step), audio, truth, studio)


def judged_concert(
    ear: Ear, identifier: Identifier, audio: Path, truth: Sequence[TrueSegment], studio: Sequence[LabelledRecording]
) -> tuple[SetlistFigures, Hearing, float]:
    """The same with an identifier of these studio files, of which many concerts need but one."""
    names = {number: work for work, number in work_numbers(studio).items()}
    clock = SystemClock()
    began = clock.monotonic_seconds()
    hearing = hear_recording(ear, identifier, audio)
    seconds = clock.monotonic_seconds() - began
    known = [replace(segment, work=segment.work if segment.work in names.values() else "") for segment in truth]
    figures = setlist_figures(heard_of(hearing.performances, names), known, hearing.duration_seconds)
    return figures, hearing, hearing.duration_seconds / seconds
