"""Names for sound cards that survive a reboot, because the number of a card does not (it is given out at random).

A card is called by the USB port it is plugged into, else by vendor, product and serial number, else by its ALSA id:

    usb-port:0000:00:14.0-2.1    usb:08bb:2902:SERIAL    card:PCH        (and card:PCH/2 for its second input)

Inputs that are no cards (`default` and what ALSA is configured to offer) are called as ALSA calls them, `pcm:pulse`.
All three names of a card are understood. Parsing is apart from reading, and the root of the file system is given.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

DEFAULT_INPUT = "default"
CARD_LINE = re.compile(r"^\s*(\d+) \[(\S+)\s*\]: .*? - (.*)$", re.MULTILINE)
PCM_LINE = re.compile(r"^(\d+)-(\d+): .*\bcapture \d+", re.MULTILINE)
USB_DEVICE = re.compile(r"/([^/]+)/usb\d+/(?:[^/]+/)*\d+-([\d.]+)$")
HARDWARE = re.compile(r"\(hw:(\d+),(\d+)\)$")


@dataclass(frozen=True, slots=True)
class Card:
    """A sound card that can record; `inputs` are the numbers of its capture devices."""

    index: int
    card_id: str
    name: str
    inputs: tuple[int, ...]
    usb_port: str = ""
    usb_product: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it may be called, the most stable first."""
        parts = (("usb-port", self.usb_port), ("usb", self.usb_product), ("card", self.card_id))
        return tuple(f"{kind}:{value}" for kind, value in parts if value)


def parse_cards(cards: str, pcm: str) -> list[Card]:
    """From the texts of /proc/asound/cards and /proc/asound/pcm; cards that only play are left out."""
    inputs: dict[int, list[int]] = {}
    for card, device in PCM_LINE.findall(pcm):
        inputs.setdefault(int(card), []).append(int(device))
    return [
        Card(int(index), card_id, name.strip(), tuple(inputs[int(index)]))
        for index, card_id, name in CARD_LINE.findall(cards)
        if int(index) in inputs
    ]


def parse_usb_port(device: PurePath) -> str:
    """`0000:00:14.0-2.1` from the path of a USB device under /sys/devices, `.../0000:00:14.0/usb1/1-2/1-2.1`.

    The number of a bus depends on the order of starting, so the address of its controller stands for it.
    """
    match = USB_DEVICE.search(device.as_posix())
    return f"{match.group(1)}-{match.group(2)}" if match else ""


def read_cards(root: Path = Path("/")) -> list[Card]:
    """The cards this machine has now; none where there is no ALSA."""
    proc = root / "proc" / "asound"
    return [_with_usb(card, root) for card in parse_cards(_text(proc / "cards"), _text(proc / "pcm"))]


def _with_usb(card: Card, root: Path) -> Card:
    path = (root / "sys" / "class" / "sound" / f"card{card.index}").resolve()
    device = next((parent for parent in path.parents if (parent / "idVendor").is_file()), None)
    if device is None:
        return card
    facts = [_text(device / file).strip() for file in ("idVendor", "idProduct", "serial")]
    product = ":".join(fact for fact in facts if fact)
    return replace(card, usb_port=parse_usb_port(device), usb_product=product)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def names_of(portaudio_name: str, cards: Iterable[Card]) -> tuple[str, ...]:
    """Everything an input may be called that PortAudio calls `portaudio_name`; `livecsi devices` prints the first."""
    hardware = HARDWARE.search(portaudio_name)
    if hardware is None:
        return (DEFAULT_INPUT,) if portaudio_name == DEFAULT_INPUT else (f"pcm:{portaudio_name}",)
    index, device = (int(number) for number in hardware.groups())
    for card in cards:
        if card.index == index:
            suffix = "" if device == card.inputs[0] else f"/{device}"
            return tuple(name + suffix for name in card.names)
    return (f"pcm:{portaudio_name}",)


def unlisted(portaudio_names: Iterable[str], cards: Sequence[Card]) -> list[Card]:
    """Cards that PortAudio does not offer: it leaves out those that a program holds, the daemon among them."""
    offered = {name.partition("/")[0] for each in portaudio_names for name in names_of(each, cards)}
    return [card for card in cards if card.names[0] not in offered]


def find(wanted: str, portaudio_names: Sequence[str], cards: Sequence[Card]) -> int:
    """The index of the input that is meant, to be asked at every opening; raises LookupError with one line."""
    found = [index for index, name in enumerate(portaudio_names) if wanted in names_of(name, cards)]
    if len(found) == 1:
        return found[0]
    if found:
        raise LookupError(f"{len(found)} inputs are called {wanted}; choose one by its usb-port")
    if any(wanted in card.names for card in cards):
        raise LookupError(f"{wanted} is plugged in, but another program holds it")
    if not portaudio_names:
        raise LookupError("there is no input at all; plug in a sound card, or start the sound server")
    raise LookupError(f"no input is called {wanted}; plug it in, or choose one of `livecsi devices`")
