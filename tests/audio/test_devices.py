"""Sound cards keep their names when their numbers change; /proc and /sys are made up of files."""

from pathlib import Path

import pytest

from livecsi.audio.devices import Card, find, names_of, parse_cards, parse_usb_port, read_cards, unlisted

CARDS = """\
 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7e10000 irq 32
 1 [CODEC          ]: USB-Audio - USB Audio CODEC
                      Burr-Brown from TI USB Audio CODEC at usb-0000:00:14.0-2.1, full speed
 2 [HDMI           ]: HDA-Intel - HDA ATI HDMI
                      HDA ATI HDMI at 0xf7d60000 irq 33
"""
PCM = """\
00-00: ALC269VC Analog : ALC269VC Analog : playback 1 : capture 1
00-02: ALC269VC Alt Analog : ALC269VC Alt Analog : capture 1
01-00: USB Audio : USB Audio : playback 1 : capture 1
02-03: HDMI 0 : HDMI 0 : playback 1
"""
PORTAUDIO = ["HDA Intel PCH: ALC269VC Analog (hw:0,0)", "HDA Intel PCH: ALC269VC Alt Analog (hw:0,2)",
             "USB Audio CODEC: Audio (hw:1,0)", "pulse", "default"]  # fmt: skip


def plug_in(root: Path, card: int, port: str, product: tuple[str, str, str] = ("08bb", "2902", "")) -> None:
    """A USB sound card in /sys, as the kernel lays it out."""
    bus, *hubs = port.replace("-", ".").split(".")
    device = root / "sys/devices/pci0000:00/0000:00:14.0" / f"usb{bus}"
    for depth in range(1, len(hubs) + 1):
        device /= f"{bus}-{'.'.join(hubs[:depth])}"
    place = device / f"{device.name}:1.0" / "sound" / f"card{card}"
    place.mkdir(parents=True)
    for name, value in zip(("idVendor", "idProduct", "serial"), product, strict=True):
        if value:
            (device / name).write_text(f"{value}\n", encoding="ascii")
    link = root / "sys/class/sound" / f"card{card}"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(place)


@pytest.fixture
def root(tmp_path) -> Path:
    (tmp_path / "proc/asound").mkdir(parents=True)
    (tmp_path / "proc/asound/cards").write_text(CARDS, encoding="ascii")
    (tmp_path / "proc/asound/pcm").write_text(PCM, encoding="ascii")
    return tmp_path


def test_only_cards_that_can_record_are_listed():
    assert parse_cards(CARDS, PCM) == [
        Card(0, "PCH", "HDA Intel PCH", (0, 2)),
        Card(1, "CODEC", "USB Audio CODEC", (0,)),
    ]
    assert parse_cards("--- no soundcards ---\n", "") == []


def test_a_usb_card_is_called_by_its_port_then_by_its_product_then_by_its_id(root):
    plug_in(root, 1, "1-2.1", ("08bb", "2902", "A113"))
    internal, usb = read_cards(root)
    assert usb.names == ("usb-port:0000:00:14.0-2.1", "usb:08bb:2902:A113", "card:CODEC")
    assert internal.names == ("card:PCH",)


def test_the_same_port_has_the_same_name_whatever_the_numbers_of_card_and_bus():
    base = "/sys/devices/pci0000:00/0000:00:14.0"
    assert parse_usb_port(Path(base) / "usb1/1-2/1-2.1") == parse_usb_port(Path(base) / "usb3/3-2/3-2.1")
    assert parse_usb_port(Path("/sys/devices/platform/fe980000.usb/usb1/1-1")) == "fe980000.usb-1"
    assert parse_usb_port(Path("/sys/devices/pci0000:00/0000:00:1f.3")) == ""


def test_an_input_is_found_by_each_of_its_names(root):
    plug_in(root, 1, "1-2.1", ("08bb", "2902", "A113"))
    cards = read_cards(root)
    for name in ("usb-port:0000:00:14.0-2.1", "usb:08bb:2902:A113", "card:CODEC"):
        assert find(name, PORTAUDIO, cards) == 2
    found = [find(name, PORTAUDIO, cards) for name in ("card:PCH", "card:PCH/2", "pcm:pulse", "default")]
    assert found == [0, 1, 3, 4]


def test_every_input_is_found_by_the_name_it_is_listed_under(root):
    cards = read_cards(root)
    assert [find(names_of(name, cards)[0], PORTAUDIO, cards) for name in PORTAUDIO] == list(range(len(PORTAUDIO)))


def test_a_card_that_became_number_0_at_the_next_start_is_still_the_same(root):
    plug_in(root, 0, "1-2.1")
    moved = CARDS.replace(" 0 [PCH  ", " 9 [PCH  ").replace(" 1 [CODEC", " 0 [CODEC")
    (root / "proc/asound/cards").write_text(moved, encoding="ascii")
    assert find("usb-port:0000:00:14.0-2.1", ["USB Audio CODEC: Audio (hw:0,0)"], read_cards(root)) == 0


@pytest.mark.parametrize(
    ("wanted", "names", "words"),
    [
        ("card:X32", PORTAUDIO, "no input is called card:X32"),
        ("card:CODEC", ["default"], "another program holds it"),
        ("default", [], "no input at all"),
    ],
)
def test_what_cannot_be_found_says_what_to_do(root, wanted, names, words):
    with pytest.raises(LookupError, match=words):
        find(wanted, names, read_cards(root))


def test_two_cards_of_one_make_are_not_guessed_between(root):
    plug_in(root, 0, "1-1")
    plug_in(root, 1, "1-2")
    with pytest.raises(LookupError, match="choose one by its usb-port"):
        find("usb:08bb:2902", PORTAUDIO, read_cards(root))


def test_a_machine_without_sound_has_no_cards(tmp_path):
    assert read_cards(tmp_path) == []


def test_a_card_that_a_program_holds_is_known_though_portaudio_leaves_it_out(root):
    cards = read_cards(root)
    assert unlisted(PORTAUDIO, cards) == []
    assert unlisted(PORTAUDIO[:2], cards) == [cards[1]], "its second input is free, so card 0 is not held"
    assert unlisted(["pulse", "default"], cards) == cards
