"""One ``walkdown.toml``: read once at the edge, never at import.

Order: command line over ``WALKDOWN_*`` over the file over the defaults. An unknown key is refused, wherever it stands.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from infra.merge_rules import MergeRules
from infra.settings_errors import explain, refuse_unknown_variables
from vision.errors import ConfigError
from vision.sampling import Every

FILE_NAME = "walkdown.toml"
FILE_VARIABLE = "WALKDOWN_CONFIG"


def _absolute(path: Path) -> Path:
    """Make a path that means the same in a worker, which has another working directory."""
    return path.expanduser().absolute()


LocalPath = Annotated[Path, AfterValidator(_absolute)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _xdg_folder(variable: str, fallback: str) -> Path:
    """Give walkdown's folder as the XDG base directory specification places it."""
    base = os.environ.get(variable)
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / fallback) / "walkdown"


def _default_database_url() -> str:
    return f"sqlite:///{_xdg_folder('XDG_DATA_HOME', '.local/share') / 'ledger.db'}"


def _default_evidence_url(validated: Mapping[str, Any]) -> str:
    """Give a folder beside the SQLite file, or in the data folder beside any other database."""
    url = make_url(str(validated.get("database_url", _default_database_url())))
    beside_file = url.get_backend_name() == "sqlite" and url.database
    folder = Path(str(url.database)).absolute().parent if beside_file else _xdg_folder("XDG_DATA_HOME", ".local/share")
    return (folder / "evidence").as_uri()


class StorageSettings(_Group):
    """Where the ledger, the evidence and converted models are kept.

    Attributes:
        database_url: Any SQLAlchemy URL.
        evidence_url: Any fsspec URL.
        cache_dir: What can be made again at any time, such as models converted for OpenVINO.
    """

    database_url: str = Field(default_factory=_default_database_url)
    evidence_url: str = Field(default_factory=_default_evidence_url)
    cache_dir: LocalPath = Field(default_factory=lambda: _xdg_folder("XDG_CACHE_HOME", ".cache"))

    @field_validator("database_url")
    @classmethod
    def _is_database_url(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError as err:
            message = "no database URL; write for instance sqlite:///ledger.db or postgresql://user@host/name"
            raise ValueError(message) from err
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return value
        url = url.set(database=str(_absolute(Path(url.database))))
        return url.render_as_string(hide_password=False)

    @field_validator("evidence_url")
    @classmethod
    def _with_protocol(cls, value: str) -> str:
        return value if "://" in value else _absolute(Path(value)).as_uri()


class DetectorSettings(_Group):
    """Which model looks at the frames.

    Attributes:
        weights: Any ultralytics weights file, or a folder of a transformers detector; None for the shipped road model.
        confidence: Detections below it are dropped.
        image_size_px: Long side of the picture that the model sees.
        batch_size: Frames handed to the model at once.
        runtime: ``auto`` takes torch on a CUDA GPU if there is one, else OpenVINO, else ONNX Runtime.
        precision: ``auto`` takes float16 on a GPU; on a CPU bfloat16 where it has it, else float32.
        tile_px: Side of tiles that larger pictures are looked at in besides; 0 for none.
        tile_overlap: Share of its side by which a tile reaches into the next.
    """

    weights: LocalPath | None = None
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.15
    image_size_px: Annotated[int, Field(ge=64, le=4096, multiple_of=32)] = 640
    batch_size: Annotated[int, Field(ge=1)] = 8
    runtime: Literal["auto", "openvino", "onnxruntime", "torch", "tensorrt"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16", "int8"] = "auto"
    tile_px: Literal[0] | Annotated[int, Field(ge=128)] = 0
    tile_overlap: Annotated[float, Field(ge=0, le=0.8)] = 0.2

    @property
    def precision_beside(self) -> Literal["auto", "fp32", "bf16", "fp16"]:
        """Of the other models, which run as this one does: an int8 form was made and judged of this one alone."""
        return "auto" if self.precision == "int8" else self.precision


class RoadsideSettings(_Group):
    """Whether signs and signals beside the road are looked for, and which model does.

    Attributes:
        enabled: Looks for them, where there are weights for it.
        weights: Any ultralytics weights file with walkdown's roadside classes; None for the shipped one, if any.
        confidence: Detections below it are dropped.
        image_size_px: Long side of the picture that the model sees; signs are small.
        signs_by: What judges a sign: measures, a network trained on simulated signs, or measures and then the network.
        read_signs: Reads what signs say (RapidOCR); about 50 ms for each sign and frame that shows it large enough.
    """

    enabled: bool = True
    weights: LocalPath | None = None
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.1
    image_size_px: Annotated[int, Field(ge=64, le=4096, multiple_of=32)] = 960
    signs_by: Literal["both", "measures", "network"] = "both"
    read_signs: bool = True


class LineSettings(_Group):
    """How stations of a factory line are looked at.

    Attributes:
        weights: Any ultralytics weights file of surface defects; None for the shipped one, if any.
        confidence: Detections below it are dropped.
        image_size_px: Long side of the part's picture that the model sees.
        ok_pictures: Of parts without a fault, so many pictures are kept for each footage.
    """

    weights: LocalPath | None = None
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.25
    image_size_px: Annotated[int, Field(ge=64, le=4096, multiple_of=32)] = 416
    ok_pictures: Annotated[int, Field(ge=0)] = 200


class ModelsSettings(_Group):
    """Which of the shipped models may be used.

    Attributes:
        research: Also those that were trained on sets for research only, or of no stated licence.
    """

    research: bool = False


class LiveSettings(_Group):
    """How a station is inspected live.

    Attributes:
        webhook_url: Told every alert by HTTP POST; None: nobody.
        least_severity: Alerts below it aren't told; one whose severity nothing states is.
        classes: Only alerts of these are told; empty: all. ``anomaly`` and ``equipment_state`` are among them.
        queue_frames: Frames that may wait to be looked at; the oldest makes room.
        camera_timeout_s: How long to wait for the camera to answer, and for its next packet.
        reconnect_first_s: Wait before a camera that went away is tried again; doubled after each try.
        reconnect_longest_s: Longest such wait.
        give_up_s: Without a picture for so long, the shift ends; None: never.
    """

    webhook_url: str | None = None
    least_severity: Literal["low", "medium", "high"] = "low"
    classes: tuple[str, ...] = ()
    queue_frames: Annotated[int, Field(ge=1)] = 8
    camera_timeout_s: Annotated[float, Field(gt=0)] = 5.0
    reconnect_first_s: Annotated[float, Field(gt=0)] = 1.0
    reconnect_longest_s: Annotated[float, Field(gt=0)] = 30.0
    give_up_s: Annotated[float, Field(gt=0)] | None = None


class SamplingSettings(_Group):
    """Which frames are examined.

    Attributes:
        every: Such as ``3m``, ``0.5s`` or ``all``.
    """

    every: str = "3m"

    @field_validator("every")
    @classmethod
    def _can_be_parsed(cls, value: str) -> str:
        try:
            return str(Every.parse(value))
        except ConfigError as err:
            raise ValueError(str(err)) from err


class QualitySettings(_Group):
    """Whether frames that can't be judged are refused.

    Attributes:
        gate: False examines every frame, dark and blurred ones too.
    """

    gate: bool = True


class AgentSettings(_Group):
    """How findings are judged.

    Attributes:
        planner: ``rules`` decides by policy, with no language model.
        standards: Folder of severity standards in place of the shipped ones.
        treatments: Treatments file in place of the shipped one.
    """

    planner: Literal["rules"] = "rules"
    standards: LocalPath | None = None
    treatments: LocalPath | None = None


class EngineSettings(_Group):
    """What runs the stages.

    Attributes:
        kind: ``inline`` in this process, ``ray`` with actor pools; ``auto`` takes Ray for several workers or a cluster.
        workers: Processes that examine footage; ``inline`` is one process on all cores.
        ray_address: Of a running cluster; None starts one here.
    """

    kind: Literal["auto", "inline", "ray"] = "auto"
    workers: Annotated[int, Field(ge=1)] = 1
    ray_address: str | None = None

    @property
    def chosen(self) -> Literal["inline", "ray"]:
        """What ``auto`` comes to."""
        if self.kind == "auto":
            return "ray" if self.workers > 1 or self.ray_address is not None else "inline"
        return self.kind


class Settings(BaseModel):
    """Everything that a user may set. Made by ``load_settings``; made directly it holds the defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    storage: StorageSettings = Field(default_factory=StorageSettings)
    detector: DetectorSettings = Field(default_factory=DetectorSettings)
    roadside: RoadsideSettings = Field(default_factory=RoadsideSettings)
    line: LineSettings = Field(default_factory=LineSettings)
    models: ModelsSettings = Field(default_factory=ModelsSettings)
    live: LiveSettings = Field(default_factory=LiveSettings)
    sampling: SamplingSettings = Field(default_factory=SamplingSettings)
    quality: QualitySettings = Field(default_factory=QualitySettings)
    ledger: MergeRules = Field(default_factory=MergeRules)
    agent: AgentSettings = Field(default_factory=AgentSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)


def load_settings(file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings once, for a whole run.

    Args:
        file: The settings file; None for the one that WALKDOWN_CONFIG names, else ``walkdown.toml`` in the working
            directory, else none. Relative paths count from the working directory.
        overrides: From the command line: group -> field -> value. What wasn't given must not be in it.

    Raises:
        ConfigError: The file is missing or no TOML, a key is unknown, or a value makes no sense.
    """
    path = file or _find_file()
    if path is not None and not path.is_file():
        raise ConfigError(f"settings file {path} is missing; correct --config or {FILE_VARIABLE}")
    refuse_unknown_variables(Settings, reserved=FILE_VARIABLE)
    given = {group: dict(values) for group, values in (overrides or {}).items() if values}
    try:
        merged = _merge_sources(path)(**given)
    except ValidationError as err:
        raise ConfigError(explain(err, Settings, file=str(path or FILE_NAME), given=given)) from err
    except ValueError as err:  # tomllib's decoding error, and pydantic-settings' for a group that is no JSON
        raise ConfigError(f"{path or 'WALKDOWN_* variables'}: can't be read: {err}") from err
    return Settings.model_validate(merged.model_dump())


def _find_file() -> Path | None:
    named = os.environ.get(FILE_VARIABLE)
    if named:
        return Path(named).expanduser()
    here = Path(FILE_NAME)
    return here if here.is_file() else None


def _merge_sources(path: Path | None) -> Callable[..., Settings]:
    """Make the class that reads this file and the environment when called."""

    class _Sources(Settings, BaseSettings):
        model_config = SettingsConfigDict(
            frozen=True, extra="forbid", env_prefix="WALKDOWN_", env_nested_delimiter="__"
        )

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            if path is None:
                return init_settings, env_settings
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)

    return _Sources
