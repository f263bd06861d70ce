"""From one score to any number of performances: arranged, given instruments, put on a stage, seen as constant-Q."""
