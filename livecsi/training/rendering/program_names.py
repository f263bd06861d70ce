"""The 128 sounds of General MIDI by name, so that a page can say who plays."""

PROGRAM_NAMES = tuple(
    name.strip()
    for name in """
    grand piano, bright piano, electric grand, honky-tonk piano, Rhodes piano, chorused piano, harpsichord, clavinet,
    celesta, glockenspiel, music box, vibraphone, marimba, xylophone, tubular bells, dulcimer,
    drawbar organ, percussive organ, rock organ, church organ, reed organ, accordion, harmonica, bandoneon,
    nylon guitar, steel guitar, jazz guitar, clean guitar, muted guitar, overdriven guitar, distorted guitar, harmonics,
    upright bass, fingered bass, picked bass, fretless bass, slapped bass, popped bass, synth bass, deep synth bass,
    violin, viola, cello, double bass, tremolo strings, pizzicato strings, harp, timpani,
    strings, slow strings, synth strings, soft synth strings, choir, voices, synth voice, orchestra hit,
    trumpet, trombone, tuba, muted trumpet, French horn, brass section, synth brass, soft synth brass,
    soprano saxophone, alto saxophone, tenor saxophone, baritone saxophone, oboe, English horn, bassoon, clarinet,
    piccolo, flute, recorder, pan flute, blown bottle, shakuhachi, whistle, ocarina,
    square lead, sawtooth lead, calliope lead, chiff lead, charang lead, voice lead, fifths lead, bass lead,
    new age pad, warm pad, polysynth pad, choir pad, bowed pad, metallic pad, halo pad, sweep pad,
    rain, soundtrack, crystal, atmosphere, brightness, goblins, echoes, science fiction,
    sitar, banjo, shamisen, koto, kalimba, bagpipe, fiddle, shanai,
    tinkle bell, agogo, steel drums, woodblock, taiko drum, melodic tom, synth drum, reverse cymbal,
    fret noise, breath noise, seashore, bird, telephone, helicopter, applause, gunshot
    """.replace("\n", " ").split(",")
)
