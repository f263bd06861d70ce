"""The systems that can name a song, each in its own file and all behind one protocol (`system.py`)."""
