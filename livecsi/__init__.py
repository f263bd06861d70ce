"""livecsi listens to a stage, works out which songs were really played, and writes a setlist somebody can file."""

__version__ = "0.1.0"
