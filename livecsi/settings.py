"""Every knob of livecsi in one typed file, and the only reader of the environment.

Precedence: defaults < /etc/livecsi/livecsi.toml < ~/.config/livecsi/livecsi.toml < LIVECSI_* < command-line options.
In the environment a section is joined with two underscores: `LIVECSI_VENUE__TIMEZONE=Europe/Helsinki`.
Unknown keys are refused with the nearest known one.
"""

import difflib
import os
import tomllib
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from livecsi.countries import country_code
from livecsi.errors import SettingsError

ENVIRONMENT_PREFIX = "LIVECSI_"
TRACEBACK_VARIABLE = "LIVECSI_TRACEBACK"
RAW_INPUT = "-"
"""The `capture.input` that means stdin."""


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class VenueSettings(Section):
    """The place, as a society wants to read it."""

    name: str = ""
    """Name of the venue, printed on every report."""
    street: str = ""
    """Street and number."""
    postcode: str = ""
    """Postal code."""
    city: str = ""
    """City."""
    country: str = ""
    """ISO 3166 two-letter country code."""
    stage: str = "main"
    """Which stage of the venue this box listens to."""
    capacity: int | None = Field(default=None, ge=1)
    """How many people fit in."""
    timezone: str = "UTC"
    """IANA time zone of the venue; nights are counted in it."""
    night_cutoff: time = time(6, 0)
    """Before this local time a moment still belongs to the night before."""
    language: Literal["en", "fi", "sv", "de"] = "en"
    """Language of printed reports."""

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        return country_code(value)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"no time zone is called {value!r}; use a name such as Europe/Helsinki") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class ModelSettings(Section):
    """Which network listens."""

    name: str = "livecsi"
    """A model of `livecsi models list`."""
    directory: Path | None = None
    """Where released models lie; the ones that came with livecsi when empty."""
    threads: int = Field(default=1, ge=1, le=64)
    """Threads of one ONNX session; one is the better default on a busy machine."""


class CaptureSettings(Section):
    """Where live audio comes from."""

    input: str = Field(default="default", min_length=1)
    """`default`, a name that `livecsi devices` prints, a URL that FFmpeg reads, or `-` for raw PCM on stdin."""
    rate_hertz: int | None = Field(default=None, ge=8_000, le=384_000)
    """Sample rate of the input; its own when empty. Raw PCM needs it."""
    channels: tuple[int, ...] = ()
    """Channels that are mixed to mono, the first is 1; all when empty."""
    gain_db: float = Field(default=0.0, ge=-40.0, le=40.0)
    """Amplification of what arrives; it mends no clipping."""
    raw_format: Literal["s16le", "f32le"] = "s16le"
    """Values of raw PCM on stdin: 16-bit integers or 32-bit floats, little-endian."""
    raw_channels: int = Field(default=1, ge=1, le=64)
    """Channels of raw PCM on stdin, interleaved."""
    stall_seconds: float = Field(default=1.5, ge=0.5, le=60.0)
    """After this long without a sample the input counts as hung and is opened again."""

    @field_validator("channels")
    @classmethod
    def _real_channels(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(channel < 1 for channel in value) or len(set(value)) < len(value):
            raise ValueError("channels are counted from 1, and each is named once")
        return value

    @model_validator(mode="after")
    def _raw_has_a_rate(self) -> "CaptureSettings":
        if self.input == RAW_INPUT and self.rate_hertz is None:
            raise ValueError("raw PCM does not say how fast it is; set capture.rate_hertz")
        return self


class ListeningSettings(Section):
    """How the stream is cut into windows."""

    window_seconds: float = Field(default=60.0, ge=20.0, le=240.0)
    """Length of audio scored at once."""
    hop_seconds: float = Field(default=10.0, ge=1.0, le=60.0)
    """How often a window is scored."""
    ring_seconds: float = Field(default=300.0, ge=60.0, le=3600.0)
    """How much audio the ring buffer keeps in memory."""

    @field_validator("hop_seconds")
    @classmethod
    def _no_holes(cls, value: float, info: ValidationInfo) -> float:
        if value > info.data.get("window_seconds", value):
            raise ValueError("between two windows there would be audio that is never heard; hop at most one window")
        return value


class TrackingSettings(Section):
    """When a song is named."""

    name_probability: float = Field(default=0.90, gt=0.0, lt=1.0)
    """Calibrated probability from which a performance gets its name; below, it is unknown."""
    shortlist: int = Field(default=64, ge=1)
    """How many studio songs are compared in full after the quick first ranking."""
    minimum_music_seconds: float = Field(default=45.0, ge=1.0)
    """Shorter stretches of unnamed music are not reported as a performance."""


class DecodingSettings(Section):
    """Limits of the child process that opens audio files."""

    maximum_seconds: float = Field(default=12 * 3600.0, gt=0.0)
    """Longest recording that is decoded."""
    maximum_memory_megabytes: int = Field(default=1024, ge=128)
    """Address space of the decoder beyond what the interpreter itself needs."""
    timeout_seconds: float = Field(default=30.0, gt=0.0)
    """How long the decoder may go without delivering a sample."""


class PrivacySettings(Section):
    """What is forgotten, and when."""

    keep_setlists_days: int = Field(default=1096, ge=1)
    """How long nights stay in the ledger, with all that was heard and decided; three years unless set otherwise."""
    journal_dir: Path | None = None
    """Where coarse features of the running night lie until it is over; the state directory when empty. A folder in
    memory, such as /run/livecsi, keeps them off the disk, and a power cut then costs what was heard so far."""
    evidence_seconds: float = Field(default=30.0, ge=5.0, le=120.0)
    """Length of the clip kept of each performance of an act that said yes (`livecsi privacy consent`)."""
    keep_evidence_days: int = Field(default=90, ge=1)
    """How long clips are kept."""


class ServiceSettings(Section):
    """Where the daemon answers `/metrics`, `/healthz`, `/readyz` and `/status`."""

    host: str = "127.0.0.1"
    """Address to listen on. Nobody is asked for a password, so leave this machine only on a network you trust."""
    port: int = Field(default=9424, ge=0, le=65535)
    """TCP port; 0 takes any free one and says which in the log."""


class Settings(BaseSettings):
    """The effective settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    state_dir: Path = Field(default_factory=lambda: _default_state_dir())
    """Catalogue, ledger and reports live here."""
    venue: VenueSettings = VenueSettings()
    model: ModelSettings = ModelSettings()
    capture: CaptureSettings = CaptureSettings()
    listening: ListeningSettings = ListeningSettings()
    tracking: TrackingSettings = TrackingSettings()
    decoding: DecodingSettings = DecodingSettings()
    privacy: PrivacySettings = PrivacySettings()
    service: ServiceSettings = ServiceSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def catalogue_path(self) -> Path:
        return self.state_dir / "catalogue.sqlite"

    @property
    def ledger_path(self) -> Path:
        return self.state_dir / "ledger.sqlite"

    @property
    def journal_path(self) -> Path:
        return (self.privacy.journal_dir or self.state_dir) / "journal.sqlite"

    @property
    def evidence_dir(self) -> Path:
        return self.state_dir / "evidence"

    @property
    def reports_dir(self) -> Path:
        return self.state_dir / "reports"


def load_settings(files: list[Path] | None = None, **options: Any) -> Settings:
    """Merge files, environment and options; raises SettingsError with the file, the key and what to do.

    An option that is a table changes those keys of its section.
    """
    merged: dict[str, Any] = {}
    for path in default_files() if files is None else files:
        merged = _merge(merged, _read_toml(path))
    _refuse_unknown_variables()
    try:
        settings = Settings(**merged)
        return settings.model_copy(update={key: _optional(settings, key, value) for key, value in options.items()})
    except ValidationError as error:
        raise SettingsError(*_explain(error)) from error


def _optional(settings: Settings, key: str, value: Any) -> Any:
    section = getattr(settings, key)
    return type(section).model_validate(section.model_dump() | value) if isinstance(value, dict) else value


def wants_traceback() -> bool:
    """Developers set LIVECSI_TRACEBACK=1 to see where an internal error came from."""
    return bool(os.environ.get(TRACEBACK_VARIABLE))


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """What systemd told this process when it started it; empty on a terminal."""

    notify_socket: str = ""
    """Where it wants to hear of us; a leading @ means the abstract namespace."""
    watchdog_seconds: float | None = None
    """How often at least it wants a sign of life, or None."""


def service_manager() -> ServiceManager:
    """What systemd asks of this process; a watchdog meant for another process is not ours."""
    usec, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    is_watched = usec.isdecimal() and int(usec) > 0 and pid in ("", str(os.getpid()))
    return ServiceManager(os.environ.get("NOTIFY_SOCKET", ""), int(usec) / 1e6 if is_watched else None)


def default_files() -> list[Path]:
    """The settings files that are read when they exist, weakest first."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return [Path("/etc/livecsi/livecsi.toml"), home / "livecsi" / "livecsi.toml"]


def _default_state_dir() -> Path:
    if service := os.environ.get("STATE_DIRECTORY"):
        return Path(service)
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return home / "livecsi"


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path}: {error}", "mend the file or move it away") from error
    _refuse_unknown_keys(table, Settings, str(path))
    return table


def _refuse_unknown_keys(table: dict[str, Any], model: type[BaseModel], where: str) -> None:
    for key, value in table.items():
        if key not in model.model_fields:
            raise SettingsError(f"{where}: unknown key {key!r}", _did_you_mean(key, list(model.model_fields)))
        section = model.model_fields[key].annotation
        if isinstance(value, dict) and isinstance(section, type) and issubclass(section, BaseModel):
            _refuse_unknown_keys(value, section, f"{where} [{key}]")


def _refuse_unknown_variables() -> None:
    known = [*_variables(Settings), TRACEBACK_VARIABLE]
    for name in os.environ:
        if name.upper().startswith(ENVIRONMENT_PREFIX) and name.upper() not in known:
            raise SettingsError(f"unknown environment variable {name}", _did_you_mean(name.upper(), known))


def _variables(model: type[BaseModel], prefix: str = ENVIRONMENT_PREFIX) -> list[str]:
    names = []
    for key, field in model.model_fields.items():
        names.append(prefix + key.upper())
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += _variables(field.annotation, f"{prefix}{key.upper()}__")
    return names


def _did_you_mean(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"


def _explain(error: ValidationError) -> tuple[str, str]:
    first = error.errors()[0]
    names, given = [str(part) for part in first["loc"]], first.get("input")
    got = "" if isinstance(given, dict) else f", got {given!r}"
    says = first["msg"].removeprefix("Value error, ")
    variable = ENVIRONMENT_PREFIX + "__".join([*names, *(["..."] if isinstance(given, dict) else [])]).upper()
    return f"setting {'.'.join(names)}: {says}{got}", f"it is in the settings file or in {variable}"


def _merge(weak: dict[str, Any], strong: dict[str, Any]) -> dict[str, Any]:
    merged = dict(weak)
    for key, value in strong.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(cast(dict[str, Any], merged[key]), value) if both_tables else value
    return merged
