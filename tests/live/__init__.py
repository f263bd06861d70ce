"""The whole daemon on a real sound server, in real time."""
