"""A run of a family becomes a released model: graphs, a manifest entry with its figures, and a card."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from livecsi.features.cqt import ConstantQSpec
from livecsi.training.calibrate import spec_facts
from livecsi.training.compression import calibration_feeds, graph_scores, quantise
from livecsi.training.families.export import export_family, input_name
from livecsi.training.families.material import gather_trial
from livecsi.training.families.objectives import EmbeddingObjective, Objective, PairObjective
from livecsi.training.families.plan import FamilyPlan, LossPlan
from livecsi.training.families.registry import Network, load_family, plan_of_run
from livecsi.training.families.validation import FamilyTrial, all_against_all, search
from livecsi.training.networks.blocks import EmbeddingNetwork
from livecsi.training.networks.hakala import FRAMES, HakalaNetwork
from livecsi.training.release import file_facts, staged, write_entry
from livecsi.training.run_folder import cost_of, released_state
from livecsi.training.sources import Sources

SHIPPED_BYTES = 10_000_000
"""Models that come with livecsi are no larger; a larger one is a build command."""
HOPS_PER_SEGMENT = 4
TEST_WORKS = 32
"""Of the split that chose nothing: three versions of each are searched among all."""
Say = Callable[[str], None]


def release_family(sources: Sources, models: Path, config: dict[str, Any], say: Say, int8: bool = False) -> str:
    """Export the run, search held-out works with it, write the entry named after the run's folder; returns its name.

    With `int8` the graph is quantised, the entry is called NAME-int8, and the figures are those of the quantised graph.
    """
    run = sources.run
    plan, network, state = plan_of_run(run), load_family(run), released_state(run)
    name = f"{run.name}-int8" if int8 else run.name
    trial = gather_trial(sources, "test", TEST_WORKS)
    facts = family_facts(name, plan, network)
    with staged(models, name) as stage:
        roles = export_family(network, stage / name)
        if int8 and isinstance(network, EmbeddingNetwork):
            graph = _quantised(roles["embedder"], calibration_feeds(plan, network, sources))
            facts["figures"] = measured_graph(graph, network, plan, trial)
        else:
            facts["figures"] = measured(network, plan, trial)
        facts["files"] = {role: file_facts(stage, f"{name}/{path.name}") for role, path in roles.items()}
        facts["training"] = {"config": config, **cost_of(state)}
        (stage / name / "README.md").write_text(card(facts), encoding="utf-8")
    write_entry(models, facts)
    size = sum(entry["size_bytes"] for entry in facts["files"].values())
    if size > SHIPPED_BYTES:
        say(f"{name}: {size / 1e6:.0f} MB, more than livecsi ships; build it from its configuration where needed")
    return name


def _quantised(graph: Path, feeds: list[dict[str, Any]]) -> Path:
    """The graph in eight bits in the place of the whole one."""
    small = graph.with_name("int8.onnx")
    quantise(graph, small, feeds)
    return small.replace(graph)


def family_facts(name: str, plan: FamilyPlan, network: Network) -> dict[str, Any]:
    """What the runtime has to know of a network: the manifest entry without files and figures."""
    facts: dict[str, Any] = {
        "name": name,
        "family": plan.family,
        "licence": "Apache-2.0",
        "preprocessing": spec_facts(ConstantQSpec()),
    }
    if isinstance(network, HakalaNetwork):
        facts["pairwise"] = {"frames": FRAMES, "feature": "chorus" if plan.batch.chorus else "basic"}
        facts["signature"] = {
            "encoder": "magnitude (1, 72, 401) -> level1, level2, level3, level4 (1, channels, moments)",
            "matcher": "a1..a4, b1..b4 -> score (1,): probability that both are one song, not symmetric",
        }
        return facts
    segment = plan.batch.frames[0]
    facts["embedding"] = {
        "dimensions": network.dimensions,
        "segment_frames": segment,
        "hop_frames": segment // HOPS_PER_SEGMENT,
        "shortest_frames": network.shortest_frames,
        "input": network.input,
    }
    rows = 12 if network.input == "hpcp" else 72
    shape = f"{input_name(network)} (1, {rows}, frames)"
    facts["signature"] = {"embedder": f"{shape} -> embedding (1, {network.dimensions}) of unit length"}
    return facts


def measured(network: Network, plan: FamilyPlan, trial: FamilyTrial) -> dict[str, Any]:
    """Retrieval figures of all against all, 120 s each: rendered held-out works and real re-performances, if any."""
    objective, sets = scorer(network), {"rendered": trial.rendered, "real": trial.real}
    return {name: _rounded(search(objective, found, plan).as_dict()) for name, found in sets.items() if found}


def measured_graph(graph: Path, network: EmbeddingNetwork, plan: FamilyPlan, trial: FamilyTrial) -> dict[str, Any]:
    """The same figures by a graph alone."""
    sets = {"rendered": trial.rendered, "real": trial.real}
    return {
        name: _rounded(
            all_against_all(graph_scores(graph, network, plan, versions), [work for work, _ in versions]).as_dict()
        )
        for name, versions in sets.items()
        if versions
    }


def scorer(network: Network) -> Objective:
    """A network that only has to compare."""
    if isinstance(network, HakalaNetwork):
        return PairObjective(network, LossPlan()).eval()
    return EmbeddingObjective(network, LossPlan(classification=0.0), 1).eval()


def card(facts: dict[str, Any]) -> str:
    """The model's page."""
    embedding, training = facts.get("embedding"), facts["training"]
    what = (
        f"One vector of {embedding['dimensions']} for any stretch of at least {embedding['shortest_frames']} frames; "
        f"songs are indexed in segments of {embedding['segment_frames']} frames every {embedding['hop_frames']}."
        if embedding
        else f"Compares two stretches of {facts['pairwise']['frames']} frames ({facts['pairwise']['feature']} feature)."
    )
    rows = [
        f"| {name} | {f['map']:.3f} | {f['p_at_10']:.3f} | {f['top1']:.3f} | {f['mr1']:.1f} | {f['queries']} |"
        for name, f in facts["figures"].items()
    ]
    graphs = [
        f"{entry['file'].rsplit('/')[-1]} ({entry['size_bytes'] / 1e6:.1f} MB)" for entry in facts["files"].values()
    ]
    lines = [
        f"# {facts['name']}",
        "",
        f"Family `{facts['family']}`; what it is and where it departs from its paper: docs/models.md. {what}",
        "",
        f"Taught for {training['steps']} steps, {training['seconds']} s, on songs rendered from scores "
        "(configuration in the manifest). All against all on 120 s each:",
        "",
        "| set | MAP | P@10 | top-1 | MR1 | queries |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        f"Files: {', '.join(graphs)}. Apache-2.0.",
        "",
    ]
    return "\n".join(lines)


def _rounded(figures: dict[str, float | int]) -> dict[str, float | int]:
    return {name: round(value, 4) for name, value in figures.items()}
