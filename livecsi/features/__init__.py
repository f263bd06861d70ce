"""What the networks hear: pure functions, arrays in and arrays out, the same numbers for a stream and a whole file."""
