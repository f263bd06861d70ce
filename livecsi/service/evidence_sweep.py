"""Evidence that has to go: what the ledger says is overdue or taken back, and every file that it does not know.

The ledger decides, not the age of files. What cannot be erased is counted, and tried again the next time.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from livecsi.audio.evidence import erase_clip, files_in
from livecsi.ledger.clips import ERASED, Clip, clips
from livecsi.ledger.ledger import Ledger
from livecsi.settings import PrivacySettings

EXPIRED, WITHDRAWN, NOT_OURS = "kept as long as the settings say", "consent withdrawn", "not in the ledger"


@dataclass(frozen=True, slots=True)
class Swept:
    """Files that are gone, and files that would not go."""

    erased: tuple[str, ...]
    failed: tuple[str, ...]


def overdue(ledger: Ledger, folder: Path, privacy: PrivacySettings, today: date) -> dict[str, str]:
    """Why each file has to go, by its name within the folder."""
    known = clips(ledger)
    reasons = {clip.file: _reason(clip, privacy, today) for clip in known}
    strays = {file: NOT_OURS for file in _present(folder) if file not in reasons}
    return {file: reason for file, reason in reasons.items() if reason} | strays


def sweep(ledger: Ledger, folder: Path, privacy: PrivacySettings, today: date) -> Swept:
    """Erase what is overdue and write down what is gone; raises LivecsiError when the ledger cannot be written."""
    with ledger.transaction():  # a clip that is being made is never taken for a stray
        reasons, present = overdue(ledger, folder, privacy, today), _present(folder)
        failed = tuple(file for file in reasons if file in present and not _erased(folder / file))
        gone = {file: reason for file, reason in reasons.items() if file not in failed}
        _write_down(ledger, gone)
    return Swept(tuple(gone), failed)


def last_day(clip: Clip, privacy: PrivacySettings) -> date:
    """What was promised when it was kept, or sooner where the settings have become stricter; never after its night."""
    kept = clip.kept_on + timedelta(days=privacy.keep_evidence_days)
    return min(clip.expires_on, kept, clip.night + timedelta(days=privacy.keep_setlists_days))


def _reason(clip: Clip, privacy: PrivacySettings, today: date) -> str:
    if clip.is_withdrawn:
        return WITHDRAWN
    return EXPIRED if last_day(clip, privacy) < today else ""


def _present(folder: Path) -> frozenset[str]:
    return frozenset(path.relative_to(folder).as_posix() for path in files_in(folder))


def _erased(path: Path) -> bool:
    try:
        erase_clip(path)
    except OSError:
        return False
    return True


def _write_down(ledger: Ledger, gone: dict[str, str]) -> None:
    known = clips(ledger)
    for reason in sorted(set(gone.values())):
        files = [file for file, why in gone.items() if why == reason]
        seqs = [clip.seq for clip in known if clip.file in files]
        ledger.append(ERASED, {"seqs": seqs, "files": files, "reason": reason})
