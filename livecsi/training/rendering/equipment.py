"""What there is to make sound with: soundfonts, recorded rooms, recorded crowds; folders of files, nothing more."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from livecsi.errors import InputError
from livecsi.training.recordings import audio_files

INSTALLED_SOUNDFONTS = Path("/usr/share/sounds/sf2")
INSTALL_ADVICE = "scripts/system-packages --develop installs fluidsynth and two soundfonts"


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """Files to choose from; without rooms and crowds they are made up."""

    soundfonts: tuple[Path, ...]
    rooms: tuple[Path, ...] = ()
    crowds: tuple[Path, ...] = ()

    @classmethod
    def of_folders(cls, soundfonts: Path | None = None, rooms: Path | None = None, crowds: Path | None = None) -> Self:
        """Everything usable in these folders; raises InputError where one that was given has nothing."""
        return cls(
            soundfonts=find_soundfonts(soundfonts),
            rooms=audio_files(rooms) if rooms else (),
            crowds=audio_files(crowds) if crowds else (),
        )


def find_soundfonts(folder: Path | None = None) -> tuple[Path, ...]:
    """Every different *.sf2 and *.sf3 of a folder, by default of Debian's own; InputError where there is none.

    Links to the same file count once, so that an alternative name does not make a soundfont twice as likely.
    """
    where = folder or INSTALLED_SOUNDFONTS
    fonts = sorted({path.resolve() for path in where.glob("*.sf[23]") if path.exists()})
    if not fonts:
        raise InputError(f"{where}: no *.sf2 or *.sf3 here", INSTALL_ADVICE)
    return tuple(fonts)
