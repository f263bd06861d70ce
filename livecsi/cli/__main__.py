"""`python -m livecsi.cli`, for places where the script is not on the path."""

from livecsi.cli import main

main()
