"""How differently two bands may play one song: every freedom of the arranger has a switch, and can be measured.

A rendered cover is only worth learning from when it differs as real covers do. `PLAIN` is the first recipe; the
configuration of a run names what it switches off.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variety:
    """Switches; all on unless a configuration says otherwise.

    `form` longer cuts and repeats, an introduction and a solo of the band's own; `melody` phrases sung otherwise;
    `gliding` voices that slide and tremble, with consonants; `band` riffs, backing choirs, driven guitars that sound
    their difference tones, loud drums; `crowd_sings` the audience sings along.
    """

    form: bool = True
    melody: bool = True
    gliding: bool = True
    band: bool = True
    crowd_sings: bool = True


FULL = Variety()
PLAIN = Variety(form=False, melody=False, gliding=False, band=False, crowd_sings=False)
