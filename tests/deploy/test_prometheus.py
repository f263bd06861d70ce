"""Alerts and dashboard against a real Prometheus that scrapes a real health server: no query is a dead letter."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from livecsi.service.health import HealthServer
from livecsi.service.telemetry import Telemetry
from tests.deploy.prometheus_server import RULES, PrometheusServer
from tests.service.made_up_status import TITLE, a_status
from tests.service.test_telemetry import live_a_little, samples

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "livecsi.json").read_text())
SCRAPED = 'count_over_time(up{job="livecsi"}[20s]) >= 4'
"""True once there is enough for a rate."""
OF_PROMETHEUS = {"up"}


def expressions() -> list[str]:
    """Every query of the dashboard as Grafana would send it."""
    found = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [expression.replace("$instance", ".*").replace("$__rate_interval", "1m") for expression in found]


def metrics_of(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:livecsi|process)_\w+\b|\bup\b", expression))


@pytest.fixture(scope="module")
def telemetry():
    return live_a_little(Telemetry())


@pytest.fixture(scope="module")
def prometheus(telemetry, tmp_path_factory):
    """It has seen a daemon at work for a few seconds."""
    health = HealthServer("127.0.0.1", 0, telemetry, a_status, lambda: True)
    health.start()
    try:
        with PrometheusServer(tmp_path_factory.mktemp("prometheus"), health.port) as server:
            deadline = time.monotonic() + 20.0
            while not server.query(SCRAPED):
                live_a_little(telemetry)
                time.sleep(0.2)
                assert time.monotonic() < deadline, "nothing was scraped"
            yield server
    finally:
        health.stop()


def test_every_alert_is_tested_and_fires_only_when_it_should():
    answer = subprocess.run(
        ["promtool", "test", "rules", "livecsi.rules.test.yml"],
        cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    alerts = re.findall(r"alert: (\w+)", RULES.read_text())
    tested = (DEPLOY / "prometheus" / "livecsi.rules.test.yml").read_text()
    assert len(alerts) == len(set(alerts)) >= 10
    for alert in alerts:
        assert len(re.findall(rf"alertname: {alert}\b", tested)) >= 2, f"{alert} needs a quiet case and a firing one"


def test_the_example_of_the_configuration_is_one(tmp_path):
    example = DEPLOY / "prometheus" / "prometheus.yml.example"
    answer = subprocess.run(["promtool", "check", "config", str(example)], capture_output=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr


def test_promtool_finds_nothing_wrong_with_the_metrics(telemetry):
    answer = subprocess.run(
        ["promtool", "check", "metrics"], input=telemetry.exposition(), capture_output=True, timeout=60, check=False
    )
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, b"")


def test_prometheus_evaluates_every_rule(prometheus, telemetry):
    (group,) = prometheus.ask("rules")["groups"]
    assert {rule["name"] for rule in group["rules"]} == set(re.findall(r"alert: (\w+)", RULES.read_text()))
    assert {(rule["name"], rule["health"], rule.get("lastError")) for rule in group["rules"]} == {
        (rule["name"], "ok", None) for rule in group["rules"]
    }
    known = set(samples(telemetry)) | {"livecsi_ledger_commit_seconds_bucket"} | OF_PROMETHEUS
    for rule in group["rules"]:
        assert metrics_of(rule["query"]) and metrics_of(rule["query"]) <= known, rule["name"]


@pytest.mark.parametrize("expression", expressions())
def test_every_query_of_the_dashboard_has_an_answer(prometheus, expression):
    assert metrics_of(expression)
    assert prometheus.query(expression), expression


def test_the_boxes_to_choose_from_are_found(prometheus):
    (variable,) = (each for each in DASHBOARD["templating"]["list"] if each["name"] == "instance")
    metric = re.fullmatch(r"label_values\((\w+), instance\)", variable["query"]["query"])
    assert metric and len(prometheus.query(metric[1])) == 1


def test_no_series_tells_what_was_played(prometheus):
    series = prometheus.ask("series", **{"match[]": '{job="livecsi", alertname=""}'})
    assert len(series) > 50
    words = {value for labels in series for value in labels.values()}
    assert TITLE not in words and not any("tin harbour" in word.lower() for word in words)
    assert {label for labels in series for label in labels} == {
        "__name__", "instance", "job", "reason", "outcome", "stage", "status", "kind", "path", "state", "le",
        "version", "model",
    }  # fmt: skip


def test_the_panels_lie_side_by_side_and_have_something_to_say():
    places = set()
    for panel in DASHBOARD["panels"]:
        assert panel["title"] and panel["description"]
        place = panel["gridPos"]
        covered = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not covered & places and place["x"] + place["w"] <= 24, panel["title"]
        places |= covered


def test_whoever_gets_an_alert_can_read_what_to_do():
    page = (DEPLOY.parent / "docs" / "operating.md").read_text()
    described = set(re.findall(r"^\| (Livecsi\w+) \|", page, re.MULTILINE))
    assert described == set(re.findall(r"alert: (\w+)", RULES.read_text()))
