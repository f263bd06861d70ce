"""Which act is meant: never a guess, and always a line that says what there is."""

from datetime import date, timedelta

import pytest

from livecsi.errors import FindingsError, UsageError
from livecsi.ledger.acts import acts_meant, only
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import ReportKey
from tests.fakes import FakeClock
from tests.reports.made_up_night import NIGHT, STARTED_AT, write_night

FIRST, SECOND = ReportKey(NIGHT, "The Tin Harbour", "main"), ReportKey(NIGHT, "Aino", "attic")


@pytest.fixture
def ledger(tmp_path):
    path, clock = tmp_path / "ledger.sqlite", FakeClock()
    write_night(path, clock)
    write_night(path, clock, act="Aino", stage="attic", started_at=STARTED_AT + timedelta(hours=2))
    with Ledger.open(path, clock) as ledger:
        yield ledger


def test_acts_in_the_order_they_came_on(ledger):
    assert acts_meant(ledger, NIGHT, None, None) == [FIRST, SECOND]
    assert acts_meant(ledger, NIGHT, "Aino", None) == acts_meant(ledger, NIGHT, None, "attic") == [SECOND]


def test_one_of_several_is_never_chosen_for_the_user(ledger):
    with pytest.raises(UsageError, match="there were 2 acts .*--act 'The Tin Harbour' --stage 'main'; --act 'Aino'"):
        only(acts_meant(ledger, NIGHT, None, None))
    assert only([SECOND]) == SECOND


def test_a_stranger_and_an_empty_night_are_findings(ledger):
    with pytest.raises(FindingsError, match="no such act .*there are --act 'The Tin Harbour'"):
        acts_meant(ledger, NIGHT, "Nobody", None)
    with pytest.raises(FindingsError, match="nothing was heard in the night of 2024-05-03 .*there are 2024-05-01"):
        acts_meant(ledger, date(2024, 5, 3), None, None)
