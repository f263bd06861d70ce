"""Ten thousand songs: how long a query takes, how much memory, and how many right answers the shortlist loses.

Queries are live windows of test works, and the middles of real recordings of which the catalogue holds another version
(`real_retrieval`). What the shortlist loses is bounded from above: the right song is compared in full together with the
shortlist, and where that would put it first though it was not in the list, the list lost it. Songs outside the list
could only take such a win away again.

    python -m benchmarks.catalogue_scale --data DIR [--songs 10000] [--queries 429] [--models DIR]
"""

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.large_catalogue import SONGS, LargeCatalogue
from benchmarks.real_retrieval import versions
from benchmarks.report import write_sections
from livecsi.evaluation.markdown import table
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.matcher import Matcher
from livecsi.identify.references import Reference
from livecsi.identify.sequences import Sequences
from livecsi.identify.shortlist import Listed
from livecsi.identify.systems.livecsi import DeepSequences
from livecsi.service.ear import Ear
from livecsi.settings import ModelSettings, Settings
from livecsi.training.rehearsal import rough_window
from livecsi.training.rendering.performance import render_performance
from livecsi.training.validation import real_features

WINDOWS = ((120, 401), (60, 201))
TIMED_QUERIES = 12
LIVE_FRAMES = 640
REAL_SECONDS = (120.0, 60.0, 30.0)
FIRST_REAL = 1_000_000
SEED = 32
Row = list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--songs", type=int, default=SONGS)
    parser.add_argument("--queries", type=int, default=429)
    arguments = parser.parse_args()
    ear = Ear(Settings(model=ModelSettings(directory=arguments.models)))
    catalogue = LargeCatalogue.made(ear, arguments.data, arguments.cache, arguments.songs)
    references = [*catalogue.references, *ear.system.background()]
    matcher = DeepSequences(ear.model, ear.settings.model.threads).matcher(references)
    shortlist, lost, asked = ear.settings.tracking.shortlist, list[Row](), dict[str, list[Sequences]]()
    for seconds, frames in WINDOWS:
        rows, asked[f"{seconds} s"] = _rendered_rows(ear, matcher, catalogue, seconds, frames, arguments.queries)
        lost += rows
    lost += _real_rows(ear, references, arguments.data, arguments.cache)
    cost = [[query, *_cost(matcher, queries[:TIMED_QUERIES], shortlist)] for query, queries in asked.items()]
    peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    write_sections(
        "catalogue_scale",
        f"A catalogue of {arguments.songs:,} songs",
        f"python -m benchmarks.catalogue_scale --data DIR --songs {arguments.songs} --queries {arguments.queries}",
        [
            "\n".join(
                [*table(["query", "shortlist", "queries", "top-1", "with no shortlist, at most", "lost"], lost), ""]
            ),
            "\n".join([*table(["query", "s, 1 thread", "s, 2 threads", "CPU s, 1 thread"], cost), ""]),
            f"Model {ear.model_id}, a shortlist of {shortlist} where nothing else is said. Peak memory "
            f"{peak_megabytes:.0f} MB, the renderer included.\n",
        ],
    )


def _rendered_rows(
    ear: Ear, matcher: Matcher, catalogue: LargeCatalogue, seconds: int, frames: int, count: int
) -> tuple[list[Row], list[Sequences]]:
    """Rows for queries of one length, with the shortlist as it is set and with one twice as long; and the queries."""
    rng, shortlist = np.random.default_rng([SEED, frames]), ear.settings.tracking.shortlist
    found: dict[int, list[tuple[bool, bool]]] = {shortlist: [], 2 * shortlist: []}
    queries = []
    for number in catalogue.works_of("test")[:count]:
        live = render_performance(catalogue.corpus[number], rng, live=True, frames=LIVE_FRAMES).magnitude
        query = ear.system.encode(rough_window(live, frames, rng))
        queries.append(query)
        listed = matcher.shortlist(query, 2 * shortlist)
        for songs, answers in found.items():
            answers.append(_found(matcher, query, number, listed.only(np.arange(songs))))
    return [_row(f"{seconds} s", songs, answers) for songs, answers in found.items()], queries


def _real_rows(ear: Ear, references: list[Reference], data: Path, cache: Path) -> list[Row]:
    """Real recordings among all these songs, each searched by its middle; its own recording is passed over."""
    labelled = [*real_features(data / "real_features"), *versions(data, cache)]
    numbers = {work: FIRST_REAL + number for number, work in enumerate(sorted({work for work, _ in labelled}))}
    heard = [(numbers[work], ear.system.encode(frames)) for work, frames in labelled]
    bare = [Reference(FIRST_REAL + i, work, sequences) for i, (work, sequences) in enumerate(heard)]
    means = ear.system.impostor_means(bare, choose_impostors(references))
    real = [replace(song, impostor_mean=mean) for song, mean in zip(bare, means, strict=True)]
    matcher = DeepSequences(ear.model, ear.settings.model.threads).matcher([*references, *real])
    shortlist, rows = ear.settings.tracking.shortlist, []
    for seconds in REAL_SECONDS:
        queries = [ear.system.middle(song.sequences, seconds) for song in real]
        answers = [_real_found(matcher, q, own, real, shortlist) for q, own in zip(queries, real, strict=True)]
        rows.append(_row(f"real, {seconds:.0f} s", shortlist, answers))
    return rows


def _real_found(
    matcher: Matcher, query: Sequences, own: Reference, real: list[Reference], shortlist: int
) -> tuple[bool, bool]:
    """As `_found`, where any other version of the work is right."""
    listed = [song for song in matcher.shortlist(query, shortlist + 1).references if song is not own][:shortlist]
    others = [song for song in real if song.work_id == own.work_id and song is not own]
    first = matcher.compare(query, listed)[0].reference.work_id == own.work_id
    missing = [song for song in others if song not in listed]
    return first, first or matcher.compare(query, [*listed, *missing])[0].reference.work_id == own.work_id


def _row(query: str, songs: int, answers: list[tuple[bool, bool]]) -> Row:
    top1, without = np.mean(answers, axis=0)
    return [query, str(songs), str(len(answers)), f"{top1:.3f}", f"{without:.3f}", f"{without - top1:.3f}"]


def _cost(matcher: Matcher, queries: list[Sequences], shortlist: int) -> Row:
    """Seconds of a query with one thread and with two, and of one processor."""
    alone, cpu = _seconds(matcher, queries, shortlist, threads=1)
    together, _ = _seconds(matcher, queries, shortlist, threads=2)
    return [f"{alone:.2f}", f"{together:.2f}", f"{cpu:.2f}"]


def _found(matcher: Matcher, query: Sequences, number: int, listed: Listed) -> tuple[bool, bool]:
    """Whether the right song is first, and whether it would be if it were in the shortlist."""
    first = matcher.compare_shortlist(query, *listed)[0].reference.work_id == number
    own = matcher.references[number]
    if first or own in listed.references:
        return first, first
    best = matcher.compare(query, [own, *listed.references])[0]
    return False, best.reference is own


def _seconds(matcher: Matcher, queries: list[Sequences], shortlist: int, threads: int) -> tuple[float, float]:
    """Median wall and CPU seconds of a query, its encoding not included."""
    wall, cpu = [], []
    with threadpool_limits(threads):
        for query in queries:
            began, spent = time.perf_counter(), time.process_time()
            matcher.rank(query, shortlist)
            wall.append(time.perf_counter() - began)
            cpu.append(time.process_time() - spent)
    return float(np.median(wall)), float(np.median(cpu))


if __name__ == "__main__":
    main()
