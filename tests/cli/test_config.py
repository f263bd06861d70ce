"""Settings from file and environment: what is in force can be seen, and a slip of the pen is never silently ignored."""

import json
import tomllib

import pytest


def write(state, text: str):
    path = state.parent / "config" / "livecsi" / "livecsi.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_what_is_shown_is_a_settings_file(livecsi, state):
    answer = livecsi("config", "show")
    assert (answer.exit_code, answer.stderr) == (0, "")
    shown = tomllib.loads(answer.stdout)
    assert shown["state_dir"] == str(state)
    assert shown["listening"]["window_seconds"] == 60.0
    sections = {"venue", "model", "capture", "listening", "tracking", "decoding", "privacy", "service"}
    assert set(shown) == {"state_dir", *sections}


def test_a_country_is_known_however_it_is_written(livecsi, state, monkeypatch):
    monkeypatch.setenv("LIVECSI_VENUE__COUNTRY", "fi ")
    assert json.loads(livecsi("config", "show", "--json").stdout)["venue"]["country"] == "FI"


def test_the_environment_is_stronger_than_the_file_and_the_file_than_the_defaults(livecsi, state, monkeypatch):
    write(state, '[venue]\nname = "The Shed"\ncity = "Turku"\n[tracking]\nname_probability = 0.7\n')
    monkeypatch.setenv("LIVECSI_VENUE__NAME", "The Barn")
    shown = json.loads(livecsi("config", "show", "--json").stdout)
    assert (shown["venue"]["name"], shown["venue"]["city"], shown["venue"]["stage"]) == ("The Barn", "Turku", "main")
    assert shown["tracking"]["name_probability"] == 0.7


@pytest.mark.parametrize(("text", "expected"), [
    ('[venue]\ntimezon = "UTC"\n', " [venue]: unknown key 'timezon' (did you mean 'timezone'?)"),
    ("[tracker]\n", ": unknown key 'tracker' (did you mean 'tracking'?)"),
    ("state_dir\n", ": Expected '=' after a key"),
])  # fmt: skip
def test_a_file_with_a_slip_is_refused_by_every_command(livecsi, state, text, expected):
    path = write(state, text)
    for command in (["config", "show"], ["nights"], ["replay", "x.wav"]):
        answer = livecsi(*command)
        assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)
        assert answer.stderr.startswith(f"livecsi: {path}{expected}")


@pytest.mark.parametrize(("name", "value", "line"), [
    ("LIVECSI_VENUES__NAME", "x", "unknown environment variable LIVECSI_VENUES__NAME "
                                  "(did you mean 'LIVECSI_VENUE__NAME'?)"),
    ("LIVECSI_TRACKING__SHORTLIST", "0", "setting tracking.shortlist: Input should be greater than or equal to 1, "
                                         "got '0' (it is in the settings file or in LIVECSI_TRACKING__SHORTLIST)"),
    ("LIVECSI_VENUE__COUNTRY", "Finland", "setting venue.country: no country has the code 'Finland'; use "
                                          "two letters of ISO 3166 such as FI or GB, got 'Finland' "
                                          "(it is in the settings file or in LIVECSI_VENUE__COUNTRY)"),
    ("LIVECSI_VENUE__TIMEZONE", "Mars/Base", "setting venue.timezone: no time zone is called 'Mars/Base'; "
                                             "use a name such as Europe/Helsinki, got 'Mars/Base' "
                                             "(it is in the settings file or in LIVECSI_VENUE__TIMEZONE)"),
    ("LIVECSI_CAPTURE__INPUT", "-", "setting capture: raw PCM does not say how fast it is; set capture.rate_hertz "
                                    "(it is in the settings file or in LIVECSI_CAPTURE__...)"),
])  # fmt: skip
def test_a_variable_that_is_unknown_or_makes_no_sense(livecsi, state, monkeypatch, name, value, line):
    monkeypatch.setenv(name, value)
    answer = livecsi("config", "show")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", f"livecsi: {line}\n")


def test_windows_may_not_leave_holes_in_the_night(livecsi, state, monkeypatch):
    monkeypatch.setenv("LIVECSI_LISTENING__WINDOW_SECONDS", "20")
    assert livecsi("config", "show").exit_code == 0
    monkeypatch.setenv("LIVECSI_LISTENING__HOP_SECONDS", "21")
    answer = livecsi("config", "show")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "listening.hop_seconds" in answer.stderr and "never heard" in answer.stderr


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_a_password_is_not_shown(livecsi, monkeypatch, how):
    monkeypatch.setenv("LIVECSI_CAPTURE__INPUT", "rtsp://desk:secret@10.0.0.9:554/one?key=secret")
    answer = livecsi("config", "show", *how)
    assert "rtsp://10.0.0.9:554/one" in answer.stdout and "secret" not in answer.stdout
