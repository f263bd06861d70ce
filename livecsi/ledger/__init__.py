"""What was heard and decided, written down once and never changed."""
