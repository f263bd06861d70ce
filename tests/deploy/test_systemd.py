"""The unit, the account and the scripts, judged by systemd's own tools and by a root of our own."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from livecsi.service.watch import STUCK_SECONDS
from livecsi.settings import Settings, VenueSettings, load_settings

DEPLOY = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = DEPLOY / "livecsi.service"
EXAMPLE = DEPLOY / "livecsi.toml.example"
INSTALLED = {
    "etc/livecsi/livecsi.toml",
    "etc/livecsi/livecsi.toml.example",
    "etc/systemd/system/livecsi.service",
    "usr/local/bin/livecsi",
    "usr/local/lib/sysusers.d/livecsi.conf",
    "usr/local/lib/tmpfiles.d/livecsi.conf",
    "etc/systemd/system/livecsi-expire.service",
    "etc/systemd/system/livecsi-expire.timer",
    *(f"usr/local/share/doc/livecsi/{page.name}" for page in (DEPLOY.parents[1] / "docs").iterdir()),
}


def run(*command: str | Path, root: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"DESTDIR": str(root)} if root else {})}
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment, check=False, umask=0o077)


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_symlink() or path.is_file()}


@pytest.fixture
def root(tmp_path) -> Path:
    """A root into which everything was installed."""
    answer = run(DEPLOY / "install", root=tmp_path)
    assert answer.returncode == 0, answer.stderr
    return tmp_path


def with_programs(root: Path) -> Path:
    """The root with what the unit calls and the units it refers to."""
    for name in ("opt/livecsi/bin/livecsi", "bin/kill"):
        program = root / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    return root


def test_systemd_finds_nothing_wrong_with_the_unit(root):
    units = ("livecsi.service", "livecsi-expire.service", "livecsi-expire.timer")
    answer = run("systemd-analyze", "verify", f"--root={with_programs(root)}", *units)
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")


def test_systemd_would_find_something_wrong_with_a_broken_unit(root):
    unit = with_programs(root) / "etc/systemd/system/livecsi.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    answer = run("systemd-analyze", "verify", f"--root={root}", "livecsi.service")
    assert "WatchdogSecs" in answer.stderr


@pytest.mark.parametrize("name", ["livecsi.service", "livecsi-expire.service"])
def test_the_exposure_is_at_most_two(name):
    answer = run("systemd-analyze", "security", "--offline=true", "--threshold=20", DEPLOY / name)
    assert answer.returncode == 0, answer.stdout[-200:]
    score = re.search(rf"Overall exposure level for {name}: ([\d.]+)", answer.stdout)
    assert score and float(score[1]) <= 2.0


def directives() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if "=" in line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("hides_the_sound_card", [
    "PrivateDevices", "ProtectClock", "MemoryDenyWriteExecute", "PrivateUsers", "PrivateNetwork",
])  # fmt: skip
def test_hardening_does_not_take_the_sound_card_away(hides_the_sound_card):
    unit = directives()
    assert hides_the_sound_card not in unit
    assert (unit["DeviceAllow"], unit["SupplementaryGroups"]) == (["char-alsa rw"], ["audio"])
    assert unit["ProcSubset"] == ["all"]


def members(group: str) -> set[str]:
    """The calls of a group such as @clock, groups in it included."""
    lines = run("systemd-analyze", "syscall-filter", group).stdout.splitlines()[1:]
    words = {line.strip() for line in lines if line.strip() and not line.strip().startswith("#")}
    nested = [members(word) for word in words if word.startswith("@")]
    return {word for word in words if not word.startswith("@")}.union(*nested)


def test_the_daemon_may_ask_whether_the_network_has_set_the_clock_and_may_not_set_it():
    allowed: set[str] = set()
    for line in directives()["SystemCallFilter"]:
        words = line.removeprefix("~").split()
        calls = set().union(*(members(word) if word.startswith("@") else {word} for word in words))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    assert {"adjtimex", "clock_adjtime", "read", "openat"} <= allowed
    assert not allowed & {"clock_settime", "settimeofday", "reboot", "mount"}


def test_it_is_watched_bounded_and_never_given_up():
    unit = directives()
    assert (unit["Type"], unit["Restart"], unit["StartLimitIntervalSec"]) == (["notify"], ["always"], ["0"])
    assert STUCK_SECONDS + float(unit["WatchdogSec"][0]) + float(unit["RestartSec"][0]) < 30.0
    assert {"MemoryMax", "CPUQuota", "CPUWeight", "TasksMax"} <= unit.keys()


def test_the_account_may_open_sound_cards(root):
    answer = run("systemd-sysusers", f"--root={root}", "livecsi.conf")
    assert answer.returncode == 0, answer.stderr
    assert (root / "etc/passwd").read_text().startswith("livecsi:")
    assert re.search(r"^audio:x:\d+:livecsi$", (root / "etc/group").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", ["install", "uninstall"])
def test_a_script_is_sound_bash_and_refuses_what_it_does_not_know(name):
    assert run("bash", "-n", DEPLOY / name).returncode == 0
    answer = run(DEPLOY / name, "--prefix=/usr")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("usage:")


def test_installing_again_keeps_the_settings_somebody_wrote(root):
    assert files(root) == INSTALLED
    assert (root / "usr/local/bin/livecsi").readlink() == Path("/opt/livecsi/bin/livecsi")
    settings = root / "etc/livecsi/livecsi.toml"
    settings.write_text('[venue]\nname = "Ours"\n')
    assert run(DEPLOY / "install", root=root).returncode == 0
    assert settings.read_text() == '[venue]\nname = "Ours"\n'
    assert (root / "etc/livecsi/livecsi.toml.example").read_bytes() == EXAMPLE.read_bytes()


def test_what_is_installed_can_be_read_whatever_the_umask(root):
    for name in INSTALLED - {"usr/local/bin/livecsi"}:
        assert (root / name).stat().st_mode & 0o444 == 0o444, name
        assert (root / name).parent.stat().st_mode & 0o555 == 0o555, name


def test_uninstalling_keeps_every_night_unless_told_to_purge(root):
    ledger = root / "var/lib/livecsi/ledger.sqlite"
    ledger.parent.mkdir(parents=True)
    ledger.write_bytes(b"a year of nights")
    answer = run(DEPLOY / "uninstall", root=root)
    assert answer.returncode == 0 and "--purge" in answer.stderr
    assert files(root) == {"etc/livecsi/livecsi.toml", "var/lib/livecsi/ledger.sqlite"}
    assert run(DEPLOY / "uninstall", "--purge", root=root).returncode == 0
    assert files(root) == set()


def test_the_example_of_the_settings_loads_and_names_everything_about_the_venue():
    settings = load_settings([EXAMPLE])
    assert settings.state_dir == Path("/var/lib/livecsi")
    venue = EXAMPLE.read_text().partition("[venue]")[2].partition("[capture]")[0]
    assert set(re.findall(r"^(?:# )?(\w+) = ", venue, re.MULTILINE)) == set(VenueSettings.model_fields)
    assert not settings.venue.name, "no report may carry the name of an example"


def test_what_the_example_calls_a_default_is_one(tmp_path):
    uncommented = tmp_path / "livecsi.toml"
    uncommented.write_text(re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE))
    shown, defaults = load_settings([uncommented]), load_settings([])
    assert tomllib.loads(uncommented.read_text()).keys() > {"venue", "service", "privacy"}
    for section in set(Settings.model_fields) - {"venue", "state_dir"}:
        assert getattr(shown, section) == getattr(defaults, section), section
