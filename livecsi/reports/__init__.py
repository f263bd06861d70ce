"""A night as a society wants to read it: every report is a view of the ledger."""
