"""The wall clock is set by people and by NTP; only real steps count."""

import pytest

from livecsi.clock import StepWatch, SystemClock
from tests.fakes import FakeClock


@pytest.mark.parametrize("step_seconds", [3600.0, -86_400.0, 1.5])
def test_a_step_is_told_once(step_seconds):
    clock = FakeClock()
    watch = StepWatch(clock)
    clock.advance(100.0)
    assert watch.step_seconds() == 0.0
    clock.step_wall(step_seconds)
    clock.advance(3.0)
    assert watch.step_seconds() == pytest.approx(step_seconds)
    clock.advance(3.0)
    assert watch.step_seconds() == 0.0


def test_a_clock_that_is_slewed_does_not_step():
    clock = FakeClock()
    watch = StepWatch(clock)
    for _ in range(100):
        clock.advance(15.0)
        clock.step_wall(0.01)
        assert watch.step_seconds() == 0.0


def test_the_machine_says_which_boot_this_is_and_whether_its_clock_is_right():
    clock = SystemClock()
    assert len(clock.boot_id()) == 36 and clock.boot_id() == clock.boot_id()
    assert isinstance(clock.is_synchronised(), bool)
