"""A small disk that can be filled without harm, in a mount namespace that goes away with its holder."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

SIZE_MEGABYTES = 256
"""Large enough to be a healthy disk before it is filled: the daemon complains below 200 MB."""

FILM = "somebody's film"


class SmallDisk:
    """A file system of its own at `folder`, seen only by programs that were started with `inside` before them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._holder: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        script = f'mount -t tmpfs -o size={SIZE_MEGABYTES}m disk "$1" && echo ready && exec sleep 3600'
        self._holder = subprocess.Popen(
            ["unshare", "--mount", *as_root, "sh", "-c", script, "sh", str(self._folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n", "this test needs root, or user namespaces"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._holder is not None and self._holder.stdout is not None
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    @property
    def inside(self) -> list[str]:
        """What goes before a command that is to see the disk."""
        assert self._holder is not None
        as_root = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", str(self._holder.pid), "--mount", *as_root]

    @property
    def folder(self) -> Path:
        """The disk as seen from here."""
        assert self._holder is not None
        return Path(f"/proc/{self._holder.pid}/root{self._folder}")

    def fill(self) -> None:
        """Take the last byte."""
        with suppress(OSError), (self.folder / FILM).open("wb", buffering=0) as film:
            while True:
                film.write(bytes(1 << 20))

    def make_read_only(self) -> None:
        """For as long as it lasts; nobody may have a file open for writing."""
        subprocess.run([*self.inside, "mount", "-o", "remount,ro", str(self._folder)], check=True, timeout=10)

    def free(self) -> None:
        """Somebody deletes the film."""
        (self.folder / FILM).unlink()
