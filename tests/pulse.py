"""A sound card made of software: a private, real PulseAudio whose only input is what is played into it.

PortAudio reaches it the way it does on a desktop, through ALSA's "pulse" plugin. Nothing of the machine's own sound
set-up is read or changed. `norewinds=1` matters: without it the monitor repeats and drops pieces of what was played.
"""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MODULES = (
    "module-native-protocol-unix auth-anonymous=1 socket={socket}",
    "module-null-sink sink_name=stage norewinds=1 rate=44100",
)
ALSA_CONFIGURATION = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
"""
START_SECONDS = 10.0
SILENT: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class PulseServer:
    """The server as a context manager; it can be killed, restarted, frozen and thawed while others use it."""

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="pulse-")  # not pytest's: a socket's path must stay short
        self._folder = Path(self._home.name)
        self._socket = self._folder / "native"
        self._server: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs beside its own environment to record from and play to this server."""
        return {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_CLIENTCONFIG": str(self._folder / "client.conf"),
            "ALSA_CONFIG_PATH": str(self._folder / "asound.conf"),
        }

    def __enter__(self) -> Self:
        (self._folder / "client.conf").write_text("autospawn = no\nenable-shm = no\n", encoding="ascii")
        (self._folder / "asound.conf").write_text(ALSA_CONFIGURATION, encoding="ascii")
        self.restart()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()
        for player in self._players:
            player.kill()
            player.wait()
        self._home.cleanup()

    def restart(self) -> None:
        """Start the server, again or for the first time, and wait until it answers."""
        self.kill()
        private = {"HOME": str(self._folder), "XDG_RUNTIME_DIR": str(self._folder)}
        modules = [argument for module in MODULES for argument in ("-L", module.format(socket=self._socket))]
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no"]
        self._server = subprocess.Popen(["pulseaudio", *options, *modules], env={**os.environ, **private}, **SILENT)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline and self._server.poll() is None, "PulseAudio does not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """What a crash does to everybody who was connected."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def freeze(self) -> None:
        """The server stays, and does nothing at all."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """The frozen server goes on."""
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Start playing a sound file; the returned player ends with it, or with the server."""
        command = ["paplay", "--device=stage", str(path)]
        self._players.append(subprocess.Popen(command, env={**os.environ, **self.environment}, **SILENT))
        return self._players[-1]

    def _answers(self) -> bool:
        environment = {**os.environ, **self.environment}
        return subprocess.run(["pactl", "info"], env=environment, timeout=START_SECONDS, **SILENT).returncode == 0
