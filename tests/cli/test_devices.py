"""`livecsi devices` against a real sound server, and against none."""

import json

import pytest
from click.testing import CliRunner

from livecsi.audio.levels import InputLevels
from livecsi.audio.live import CaptureStatus
from livecsi.audio.probe import Input
from livecsi.cli import main, root
from livecsi.cli.devices import _line, _meter


def status(level_dbfs: float, peak_dbfs: float, trouble: str = "") -> CaptureStatus:
    return CaptureStatus(not trouble, "default", InputLevels(level_dbfs, peak_dbfs), {}, trouble)


def test_inputs_are_listed_with_identity_and_level(pulse):
    result = CliRunner().invoke(root, ["devices", "--json", "--levels"])
    assert result.exit_code == 0, result.output
    default = next(entry for entry in json.loads(result.stdout) if entry["identity"] == "default")
    assert default["is_default"] and default["channels"] == 2
    assert default["rate_hertz"] in default["rates_hertz"]
    assert default["level_dbfs"] == -120.0 and default["zeros_seconds"] >= 0.9 and default["trouble"] == ""


def test_each_line_begins_with_what_goes_into_the_settings(pulse):
    lines = CliRunner().invoke(root, ["devices"]).output.splitlines()
    assert any(line.startswith("* default  ") for line in lines)


def test_without_a_sound_server_there_is_one_line_of_advice(pulse, capsys):
    pulse.kill()
    with pytest.raises(SystemExit) as left:
        main(["devices"])
    assert left.value.code == 1
    output = capsys.readouterr()
    assert output.err == "livecsi: no input found (plug in a sound card, or start the sound server)\n"


def test_an_input_in_use_is_shown_without_what_nobody_can_know():
    line = _line(Input("card:PCH", (), "HDA Intel PCH", 0, 0, (), False), None)
    assert line.startswith("  card:PCH  HDA Intel PCH, in use") and "Hz" not in line


@pytest.mark.parametrize(
    ("heard", "colour"),
    [(status(-20, -8), "green"), (status(-55, -40), "yellow"), (status(-10, -0.1), "red"), (status(0, 0, "x"), "red")],
)
def test_the_meter_is_green_only_where_the_level_is_right(heard, colour):
    assert _meter(heard).startswith(f"[{colour}]")
