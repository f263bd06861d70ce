"""Teaching the networks: scores become arranged and rendered covers, covers become pairs, pairs train a model.

    scores/ -> rendering/ -> dataset -> networks/ + losses -> trainer -> export -> models/

Only this package imports torch, numba, pandas and librosa, and nothing but its own commands imports this package.
"""
