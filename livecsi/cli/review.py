"""`livecsi review`: a person goes through the list of a night, decides every line and signs."""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from livecsi.cli.review_desk import at_desk, night_options, open_desk
from livecsi.cli.review_verbs import VERBS

if TYPE_CHECKING:
    from livecsi.ledger.ledger import Event
    from livecsi.ledger.review import Review
    from livecsi.reports.model import SetlistReport
    from livecsi.service.review import Desk


@click.group(invoke_without_command=True)
@night_options(required=False)
@click.pass_context
def command(context: click.Context, night: datetime | None, act: str | None, stage: str | None, by: str | None) -> None:
    """Check the list of a night line by line, correct it and sign it; on a terminal with single keys.

    A line is named by its number in `livecsi review show` or by its id. Nothing that was heard is ever changed.
    """
    if context.invoked_subcommand is not None:
        return
    from livecsi.cli.review_walk import Terminal, walk
    from livecsi.errors import UsageError

    if night is None:
        raise UsageError("which night is meant?", "say --night 2024-05-01; see `livecsi nights`")
    if not sys.stdin.isatty():
        raise UsageError("going through a list needs a terminal", "scripts use `livecsi review accept` and so on")
    with open_desk(night, act, stage, by) as desk:
        walk(desk, Terminal())


for verb in VERBS:
    command.add_command(verb)


@command.command()
@at_desk
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(desk: "Desk", as_json: bool) -> None:
    """Show every line with its number, what was decided, and whether the signatures still hold."""
    review, report = desk.review(), desk.report()
    if as_json:
        click.echo(json.dumps(_document(report), indent=2, ensure_ascii=False))
        return
    from livecsi.cli.review_desk import describe_line

    evidence = desk.evidence()
    for number, line in enumerate(review.lines, start=1):
        click.echo(describe_line(desk, number, line))
        if line.item_id in evidence:
            click.echo(f"     evidence: {evidence[line.item_id]}")
    for text in _standing(review, report):
        click.echo(text)


@command.command()
@at_desk
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def log(desk: "Desk", as_json: bool) -> None:
    """List everything that anybody did to this list, taken back or not, with who and when."""
    events = desk.events()
    if as_json:
        click.echo(json.dumps([_logged(event) for event in events], indent=2, ensure_ascii=False))
        return
    for entry in map(_logged, events):
        click.echo("  ".join(str(part) for part in (entry["at"], entry["by"], entry["what"], *entry["about"])))


@command.command()
@at_desk
@click.option("--revision", type=click.IntRange(1), help="Which revision; default: the one filed last.")
def filed(desk: "Desk", revision: int | None) -> None:
    """Print a list as it was filed, word for word, as JSON."""
    from livecsi.errors import FindingsError

    filings = desk.review().filings
    reports = [event.body["report"] for number, event in filings if revision in (None, number)]
    if not reports:
        raise FindingsError("nobody has filed that", "see `livecsi review log`")
    click.echo(json.dumps(reports[-1], indent=2, sort_keys=True, ensure_ascii=False))


def _document(report: "SetlistReport") -> dict[str, Any]:
    content = report.content_sha256()
    dumped = report.model_dump(mode="json")
    copied = ("report_id", "revision", "review_state", "items", "attestations", "filings", "orphaned_edits")
    document = {name: dumped[name] for name in copied}
    for attestation in document["attestations"]:
        attestation["holds"] = attestation["report_sha256"] == content
    return {**document, "content_sha256": content}


def _standing(review: "Review", report: "SetlistReport") -> list[str]:
    content = report.content_sha256()
    lines = ["", f"revision {report.revision}, {report.review_state}, {len(review.pending)} pending, {content}"]
    for signature in report.attestations:
        verdict = "holds" if signature.report_sha256 == content else "DOES NOT stand under this content"
        lines.append(f"signed as {signature.role} by {signature.name} at {signature.at:%Y-%m-%d %H:%M} UTC: {verdict}")
    for filing in report.filings:
        lines.append(
            f"revision {filing.revision} filed with {filing.society} on {filing.filed_on} by {filing.filed_by}"
        )
    lines += [f"orphaned, because the night was heard anew: {edit.verb} by {edit.by}" for edit in report.orphaned_edits]
    return lines


def _logged(event: "Event") -> dict[str, Any]:
    from livecsi.clock import format_utc

    body = event.body
    known = ("night", "act", "stage", "by", "verb", "item_id", "item_ids", "chosen", "report")
    about = [*([body["item_id"]] if "item_id" in body else []), *body.get("item_ids", [])]
    return {
        "at": format_utc(event.recorded_at), "by": body["by"], "what": body.get("verb") or event.kind.split(".")[1],
        "about": about, "details": {name: value for name, value in body.items() if name not in known},
        "title": body["chosen"]["facts"].get("work_title") or body["chosen"]["title"] if "chosen" in body else None,
    }  # fmt: skip
