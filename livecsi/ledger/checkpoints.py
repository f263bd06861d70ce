"""Signed checkpoints beside the ledger, because a chain alone cannot know that its end was cut off.

A checkpoint says: at this time event `seq` had this hash. It is signed with Ed25519, carries the hash of the checkpoint
before it, and is on the disk before anybody goes on. The key lies on the same machine, so whoever owns the machine can
make new ones; give the public key and now and then a copy of the checkpoints to somebody else.
Conventions: one JSON object a line; hashes, keys and signatures in hex; times as in the ledger.
"""

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livecsi.errors import FindingsError, InputError, LivecsiError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FIRST = "0" * 64
PURPOSE = b"livecsi ledger checkpoint\n"
"""Goes before what is signed, so that no signature can be passed off as one for something else."""

Checkpoint = dict[str, Any]


class UnsignedError(LivecsiError):
    """The events are on the disk, their signature is not."""


class Checkpoints:
    """The checkpoint file and the key of one ledger."""

    def __init__(self, ledger_path: Path) -> None:
        self.key_path = ledger_path.with_name("ledger-key.pem")
        self.path = ledger_path.with_name("ledger-checkpoints.jsonl")

    def make_ready(self) -> None:
        """Load the key, or make it, and all that signs; raises LivecsiError or OSError when nothing can be signed."""
        self._key()

    def add(self, seq: int, event_hash: str, at: str) -> None:
        """Sign the head of the ledger; when this returns, the checkpoint is on the disk."""
        try:
            key = self._key()
            with self.path.open("a+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                lines = file.readall().splitlines()
                previous = _digest(lines[-1]) if lines else FIRST
                _append(file, _signed(key, len(lines) + 1, seq, event_hash, at, previous))
        except (OSError, LivecsiError) as error:
            raise UnsignedError(
                f"{self.path}: the checkpoint cannot be written: {error}", "the events are safe"
            ) from error

    def public_key(self) -> str:
        """The public half of the key as PEM; raises FindingsError when there is none yet."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        if not self.key_path.exists():
            raise FindingsError(f"there is no key at {self.key_path}", "`livecsi ledger checkpoint` makes one")
        return self._key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def lines(self) -> list[bytes]:
        return self.path.read_bytes().splitlines() if self.path.exists() else []

    def _key(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        if not self.key_path.exists():
            _make_key(self.key_path)
        try:
            key = load_pem_private_key(self.key_path.read_bytes(), password=None)
        except ValueError as error:
            raise LivecsiError(f"{self.key_path} is no key: {error}", "restore it from a backup") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise LivecsiError(f"{self.key_path} holds another sort of key", "restore it from a backup")
        return key


def verify(lines: Sequence[bytes], events: Mapping[int, str], public_key: str) -> Iterator[str]:
    """Everything wrong with checkpoints under a public key (PEM) and with the events (hash by number) they signed."""
    key, previous = _load_public(public_key), FIRST
    for number, line in enumerate(lines, start=1):
        found = _read(line)
        if found is None:
            yield f"checkpoint {number} cannot be read"
        elif found["number"] != number or found["previous"] != previous:
            yield f"checkpoint {number} does not follow the one before it"
        elif not _is_signed_by(key, found):
            yield f"checkpoint {number} was altered or signed with another key"
        elif found["seq"] not in events:
            yield f"event {found['seq']}, which checkpoint {number} signed, is gone: the end was cut off"
        elif events[found["seq"]] != found["hash"]:
            yield f"event {found['seq']} is not the one that checkpoint {number} signed: the chain was written anew"
        previous = _digest(line)


def last_signed(lines: Sequence[bytes]) -> int:
    """The newest event that a checkpoint covers, 0 when there is none."""
    return max((found["seq"] for line in lines if (found := _read(line))), default=0)


def _make_key(path: Path) -> None:
    """A key appears whole and only once, also when two processes make it at the same time."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not path.exists():
            os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()


def _append(file: FileIO, line: bytes) -> None:
    """All of it or nothing: half a line would pass for tampering."""
    end = file.seek(0, os.SEEK_END)
    try:
        if file.write(line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise


def _signed(key: "Ed25519PrivateKey", number: int, seq: int, event_hash: str, at: str, previous: str) -> bytes:
    said = {"number": number, "seq": seq, "hash": event_hash, "at": at, "previous": previous}
    return _text({**said, "signature": key.sign(PURPOSE + _text(said)).hex()}) + b"\n"


def _is_signed_by(key: "Ed25519PublicKey", found: Checkpoint) -> bool:
    from cryptography.exceptions import InvalidSignature

    said = {name: value for name, value in found.items() if name != "signature"}
    try:
        key.verify(bytes.fromhex(found["signature"]), PURPOSE + _text(said))
    except (InvalidSignature, ValueError):
        return False
    return True


def _read(line: bytes) -> Checkpoint | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    wanted = {"number": int, "seq": int, "hash": str, "at": str, "previous": str, "signature": str}
    is_whole = isinstance(found, dict) and {name: type(value) for name, value in found.items()} == wanted
    return found if is_whole else None


def _load_public(text: str) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except ValueError as error:
        raise InputError(f"this is no public key: {error}", "use what `livecsi ledger key` printed") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("this is another sort of key", "use what `livecsi ledger key` printed")
    return key


def _text(values: Checkpoint) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
