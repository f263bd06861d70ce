"""How good it is: the same figures for every model, in one place, with the conventions of the published studies."""
