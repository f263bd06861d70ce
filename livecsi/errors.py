"""Everything that can go wrong for a user, as one tree with one exit code per branch.

    LivecsiError                 70  internal error
    +-- FindingsError             1  the command ran, and what it checked is not in order
    +-- UsageError                2  a command or an option that makes no sense
    |   +-- SettingsError         2  a setting that is unknown or has no sensible value
    +-- InputError                3  a recording or a table that cannot be read
    +-- BusyError                 4  somebody else holds the state
    +-- UntrustedError            5  a model, a catalogue or a ledger we must not rely on

A message says what is wrong and where; `advice` says what to do about it. Both fit on one line.
"""


class LivecsiError(Exception):
    """The base of all errors meant for a person."""

    exit_code = 70

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message} ({self.advice})" if self.advice else message


class FindingsError(LivecsiError):
    """The command did its work and found something wrong, or one of its tasks failed."""

    exit_code = 1


class UsageError(LivecsiError):
    """The request itself makes no sense."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is unknown or has a value that cannot be used."""


class InputError(LivecsiError):
    """A file handed to us cannot be read as what it claims to be."""

    exit_code = 3


class BusyError(LivecsiError):
    """Another process holds what this command needs."""

    exit_code = 4


class UntrustedError(LivecsiError):
    """A model, catalogue or ledger does not match what its manifest or its chain promises."""

    exit_code = 5
