"""The systems of the founding papers: one loop trains them all, on batches of several versions of several works."""
