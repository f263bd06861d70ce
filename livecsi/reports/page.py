"""The report as a page: HTML from a template that escapes everything, and PDF from exactly that HTML.

Nothing is ever fetched: style and drawing are inside the document, so it looks the same in ten years.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from livecsi.clock import format_utc
from livecsi.reports import deadlines, timeline, words
from livecsi.reports.language import Language
from livecsi.reports.model import SetlistReport
from livecsi.reports.text import filing

TEMPLATES = Path(__file__).with_name("templates")


def html(report: SetlistReport, say: Language) -> str:
    """The report as one self-contained HTML document."""
    strip = {"bars": timeline.bars(report), "ticks": timeline.ticks(report)}
    still_open = deadlines.to_be_filed(report, say)
    return fill("report.html.j2", {"report": report, "say": say, "filing": filing, "still_open": still_open, **strip})


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A template with its values; every one of them is escaped."""
    return _environment().get_template(template).render(**values)


def pdf(document: str) -> bytes:
    """An HTML document as PDF (A4)."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    written: bytes = HTML(string=document, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf()
    return written


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["words"] = words
    environment.filters["utc"] = format_utc
    return environment
