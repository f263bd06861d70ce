"""Where the rooms are joined: audio and features flow into names, names into the ledger and onto paper."""
