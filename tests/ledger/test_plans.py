"""Plans come and go, and those of an earlier livecsi are still read."""

from datetime import date

import pytest

from livecsi.errors import UsageError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import ReportKey
from livecsi.ledger.plans import PLANNED, Plan, announced_as, plans, withdraw, write_plans
from tests.fakes import FakeClock

NIGHT = date(2024, 5, 1)
KEY = ReportKey(NIGHT, "Halla", "main")
OLD = {"night": "2024-05-01", "act": "Halla", "stage": "main", "start_utc": None, "songs": [], "source": "list",
       "by": "Aino"}  # fmt: skip


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        yield ledger


def test_a_plan_that_was_written_before_calendars_had_a_uid_is_read_and_can_be_withdrawn(ledger):
    ledger.append(PLANNED, OLD)
    assert (plans(ledger), announced_as(ledger)) == ({KEY: Plan(KEY, (), "list", "Aino")}, {})
    assert withdraw(ledger, [KEY, ReportKey(NIGHT, "Nobody", "main")], "Aino") == [KEY]
    assert plans(ledger) == plans(ledger, NIGHT) == {}


def test_what_is_withdrawn_is_nobodys_turn_until_it_is_planned_again(ledger):
    plan = Plan(KEY, (), "list", "Aino", uid="h")
    for _ in range(2):
        assert write_plans(ledger, [plan]) == [plan]
        assert plans(ledger, NIGHT) == {KEY: plan}
        assert (withdraw(ledger, [KEY], "Aino"), withdraw(ledger, [KEY], "Aino")) == ([KEY], [])
        assert plans(ledger, NIGHT) == {}
    assert announced_as(ledger) == {"h": KEY}


def test_somebody_withdraws_it(ledger):
    ledger.append(PLANNED, OLD)
    with pytest.raises(UsageError, match="nobody is named"):
        withdraw(ledger, [KEY], " ")
    assert list(plans(ledger)) == [KEY]
