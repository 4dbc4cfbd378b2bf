"""The command line: each command reads its options, calls one workflow, prints its result. Heavy imports sit inside.

Standard output carries the result; progress and messages go to standard error.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vision.errors import ConfigError, WalkdownError
from workflows.cli_evaluate import evaluate_app
from workflows.cli_options import AsJson, Config
from workflows.cli_train import train_app

if TYPE_CHECKING:
    from infra.settings import Settings
    from workflows.inspect_line import LineRequest
    from workflows.line_conclusion import LineResult
    from workflows.live import LiveRequest

app = typer.Typer(
    name="walkdown",
    help="Goes over roads from footage and writes down what needs maintenance, with its place.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
simulate_app = typer.Typer(no_args_is_help=True, help="Make drives and lines whose truth is known.")
app.add_typer(simulate_app, name="simulate")
app.add_typer(train_app, name="train")
app.add_typer(evaluate_app, name="evaluate")

INTERRUPTED = 130
"""The exit code that typer makes of Ctrl-C: 128 and the number of SIGINT, as shells count."""


def main() -> None:
    """Run the command line; one line per error, and the exit code of its kind."""
    verbose = "-v" in sys.argv or "--verbose" in sys.argv
    try:
        app()
    except WalkdownError as err:
        _complain(str(err), verbose)
        sys.exit(err.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _complain("stopped; run the same command again to go on from here", verbose)
        raise
    except Exception as err:  # noqa: BLE001  # the outer edge: a defect of walkdown's own still ends in one line
        _complain(f"walkdown failed: {type(err).__name__}: {err} (run again with -v for the traceback)", verbose)
        sys.exit(1)


def _complain(message: str, verbose: bool) -> None:
    if verbose:
        traceback.print_exc()
    sys.stderr.write(f"walkdown: {message}\n")


def _version(show: bool) -> None:
    if show:
        typer.echo(f"walkdown {version('walkdown')}")
        raise typer.Exit


@app.callback()
def _common(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show tracebacks and debug messages.")] = False,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s"
    )
    logging.getLogger("walkdown").setLevel(logging.DEBUG if verbose else logging.INFO)


@app.command()
def inspect(
    footage: Annotated[
        list[str], typer.Argument(help="Videos, images, or folders of either; or a camera: rtsp://..., /dev/video0.")
    ],
    telemetry: Annotated[
        list[Path] | None,
        typer.Option(help="GPX, CSV or geotagged images; once for each footage, or found beside it."),
    ] = None,
    camera: Annotated[Path | None, typer.Option(help="camera.toml: height, pitch, field of view.")] = None,
    site: Annotated[
        Path | None, typer.Option(help="site.toml: routes and their centre lines; or plant.toml: a factory's stations.")
    ] = None,
    station: Annotated[str | None, typer.Option(help="With plant.toml: the station that the footage shows.")] = None,
    parts_to: Annotated[
        Path | None, typer.Option(help="With plant.toml: write pictures of parts here, to learn normal from.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Play a video at its own speed, with alerts as for a camera.")
    ] = False,
    shift: Annotated[str | None, typer.Option("--for", help="Live: for how long, such as 8h, 30m or 60s.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the report; made anew.")] = Path("walkdown-report"),
    every: Annotated[str | None, typer.Option(help="3m, 0.5s or all: which frames to examine.")] = None,
    clock_offset_s: Annotated[
        float | None, typer.Option("--clock-offset", help="Seconds to add to the footage's clock; fitted if left out.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="auto, inline or ray; auto takes Ray for several workers.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Ray workers.")] = None,
    ray_address: Annotated[str | None, typer.Option(help="A Ray cluster; the laptop's own by default.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Inspect footage, or a camera live; print the report's path, after the alerts of a live run."""
    from infra.settings import load_settings
    from vision.live.camera import is_stream
    from workflows.inspect import InspectRequest, run_inspection
    from workflows.inspect_line import LineRequest, is_plant_file
    from workflows.live import LiveRequest, parse_duration
    from workflows.progress import console_progress
    from workflows.summary import print_summary

    overrides = _overrides(
        {
            "sampling.every": every,
            "engine.kind": engine,
            "engine.workers": workers,
            "engine.ray_address": ray_address,
        }
    )
    settings = load_settings(config, overrides)
    if live or any(is_stream(one) for one in footage):
        if len(footage) != 1 or site is None or not is_plant_file(site) or parts_to is not None:
            raise ConfigError(
                "a live inspection is of one camera, at a station of a factory: give its plant.toml with --site; "
                "--parts-to is for footage"
            )
        seconds = parse_duration(shift) if shift is not None else None
        _inspect_live(LiveRequest(footage[0], site, station, out, seconds), settings, as_json)
        return
    if shift is not None:
        raise ConfigError("--for is for a camera, or a video with --live")
    paths = tuple(Path(one) for one in footage)
    if is_plant_file(site):
        _inspect_line(LineRequest(paths, site or Path(), station, out, parts_to), settings, as_json)
        return
    if station is not None or parts_to is not None:
        raise ConfigError("--station and --parts-to are for a factory's line: give its plant.toml with --site")
    request = InspectRequest(paths, tuple(telemetry or ()), camera, site, out, clock_offset_s)
    with console_progress() as progress:
        result = run_inspection(request, settings, progress)
    print_summary(result.content)
    if as_json:
        typer.echo((result.report_path.parent / "inspection.json").read_text(encoding="utf-8"))
    else:
        typer.echo(str(result.report_path))


def _inspect_line(request: LineRequest, settings: Settings, as_json: bool) -> None:
    from workflows.inspect_line import run_line_inspection
    from workflows.progress import console_progress

    with console_progress() as progress:
        result = run_line_inspection(request, settings, progress)
    _print_line_result(result, as_json)


def _inspect_live(request: LiveRequest, settings: Settings, as_json: bool) -> None:
    from workflows.live import run_live
    from workflows.progress import console_progress

    with console_progress() as progress:
        result = run_live(request, settings, sys.stdout, progress)
    _print_line_result(result, as_json)


def _print_line_result(result: LineResult, as_json: bool) -> None:
    from workflows.summary import print_line_summary

    print_line_summary(result.report)
    if as_json:
        typer.echo((result.report_path.parent / "inspection.json").read_text(encoding="utf-8"))
    else:
        typer.echo(str(result.report_path))


@app.command()
def inspections(config: Config = None, as_json: AsJson = False) -> None:
    """List the inspections in the ledger."""
    from infra.settings import load_settings
    from workflows.listing import inspection_rows, inspection_table, print_rows

    rows = inspection_rows(load_settings(config))
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(
        inspection_table(rows), "no inspection yet: walkdown inspect FOOTAGE"
    )


@app.command()
def findings(
    inspection: Annotated[str | None, typer.Option(help="Id, or its first characters.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the findings in the ledger."""
    from infra.settings import load_settings
    from workflows.listing import finding_rows, finding_table, print_rows

    rows = finding_rows(load_settings(config), inspection)
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(finding_table(rows), "no findings")


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Print this model's card.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the models that come with walkdown, or print a model's card."""
    from infra.settings import load_settings
    from vision.model_cards import card_of
    from workflows.listing import print_rows
    from workflows.models import model_rows, model_table

    settings = load_settings(config)
    if name is not None and not as_json:
        typer.echo(card_of(name).text)
        return
    rows = [row for row in model_rows(settings.models.research) if name is None or row["model"] == card_of(name).name]
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(model_table(rows), "no model is shipped")


@app.command()
def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Check versions, weights, device, database and install."""
    from infra.database import open_database
    from infra.settings import load_settings
    from workflows.doctor import doctor as examine_installation
    from workflows.listing import check_rows, print_checks

    settings = load_settings(config)

    def find_database() -> str:
        return open_database(settings.storage.database_url).url.render_as_string(hide_password=True)

    report = examine_installation(settings.detector.weights, settings.storage.evidence_url, find_database)
    if as_json:
        typer.echo(json.dumps(check_rows(report), indent=2))
    else:
        print_checks(report)
    if not report.ok:
        raise typer.Exit(1)


@simulate_app.command("road")
def simulate_road_command(
    out: Annotated[Path, typer.Option(help="Folder for drive.mp4, drive.gpx, camera.toml, site.toml, truth.geojson.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same road.")] = 0,
    length_m: Annotated[float, typer.Option(min=30.0, help="Of the drive.")] = 300.0,
    defects: Annotated[int | None, typer.Option(min=0, help="Planted defects; 24, or what a short road holds.")] = None,
    night: Annotated[bool, typer.Option("--night", help="Dark, by headlight.")] = False,
    rain: Annotated[bool, typer.Option("--rain", help="Wet road, drops on the lens.")] = False,
    low_sun: Annotated[bool, typer.Option("--low-sun", help="Glare and long shadows.")] = False,
    gps_noise_m: Annotated[float, typer.Option(min=0.0, help="Radial RMS of the GPS error.")] = 2.0,
    pass_number: Annotated[int, typer.Option(min=1, help="Another drive over the same road.")] = 1,
    months_later: Annotated[int, typer.Option(min=0, help="The same road, that much older.")] = 0,
    speed_mps: Annotated[float, typer.Option(min=1.0, help="Of the vehicle.")] = 13.9,
    width: Annotated[int, typer.Option(min=320, help="Of the picture, in pixels.")] = 1280,
    height: Annotated[int, typer.Option(min=180, help="Of the picture, in pixels.")] = 720,
    fps: Annotated[int, typer.Option(min=1, help="Frames a second.")] = 30,
    signs: Annotated[int, typer.Option(min=0, help="Traffic signs along the way, about half of them sound.")] = 0,
    signals: Annotated[int, typer.Option(min=0, help="Signal heads along the way, about half of them sound.")] = 0,
) -> None:
    """Make a drive over a road with planted defects, signs and signal heads, and its truth."""
    from vision.simulation.options import RoadSimulation, usual_defects
    from workflows.simulate import simulate_road

    chosen = [name for name, on in (("night", night), ("rain", rain), ("low-sun", low_sun)) if on]
    if len(chosen) > 1:
        raise ConfigError(f"--{' and --'.join(chosen)} exclude each other: choose one")
    condition: Literal["day", "night", "rain", "low_sun"] = (
        "night" if night else "rain" if rain else "low_sun" if low_sun else "day"
    )
    options = RoadSimulation(
        seed=seed,
        length_m=length_m,
        defects=defects if defects is not None else usual_defects(length_m),
        condition=condition,
        gps_noise_m=gps_noise_m,
        pass_number=pass_number,
        months_later=months_later,
        speed_mps=speed_mps,
        width_px=width,
        height_px=height,
        fps=fps,
        signs=signs,
        signals=signals,
    )
    typer.echo(str(simulate_road(options, out)))


@simulate_app.command("line")
def simulate_line_command(
    out: Annotated[Path, typer.Option(help="Folder for line.mp4, plant.toml, truth.json and states/.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same line.")] = 0,
    parts: Annotated[int, typer.Option(min=1, help="That pass the camera.")] = 20,
    marker: Annotated[
        Literal["qr", "aruco", "apriltag", "none"], typer.Option(help="Code that each part carries.")
    ] = "qr",
    fps: Annotated[int, typer.Option(min=1, help="Frames a second.")] = 10,
) -> None:
    """Make a factory line: parts with planted defects, equipment whose state changes, and the truth."""
    from vision.simulation.line.options import LineSimulation
    from workflows.simulate_line import simulate_line

    typer.echo(str(simulate_line(LineSimulation(seed=seed, parts=parts, marker=marker, fps=fps), out)))


def _overrides(options: dict[str, object | None]) -> dict[str, dict[str, object]]:
    """Nest the options that were given, as the settings are nested."""
    nested: dict[str, dict[str, object]] = {}
    for dotted, value in options.items():
        if value is not None:
            group, key = dotted.split(".")
            nested.setdefault(group, {})[key] = value
    return nested


if __name__ == "__main__":
    main()
