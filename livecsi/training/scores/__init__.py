"""Songs as notes: reading scores, finding their beats and chords, splitting them by work."""
