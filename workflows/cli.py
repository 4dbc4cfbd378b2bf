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
from typing import Annotated, Literal

import typer

from vision.errors import ConfigError, WalkdownError

app = typer.Typer(
    name="walkdown",
    help="Goes over roads from footage and writes down what needs maintenance, with its place.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
simulate_app = typer.Typer(no_args_is_help=True, help="Make drives whose truth is known.")
train_app = typer.Typer(no_args_is_help=True, help="Train walkdown's own models.")
evaluate_app = typer.Typer(no_args_is_help=True, help="Measure how good walkdown is.")
app.add_typer(simulate_app, name="simulate")
app.add_typer(train_app, name="train")
app.add_typer(evaluate_app, name="evaluate")

INTERRUPTED = 130
"""The exit code that typer makes of Ctrl-C: 128 and the number of SIGINT, as shells count."""

Config = Annotated[Path | None, typer.Option("--config", help="Settings file; walkdown.toml by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


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
    footage: Annotated[list[Path], typer.Argument(help="Videos, images, or folders of either.")],
    telemetry: Annotated[
        list[Path] | None,
        typer.Option(help="GPX, CSV or geotagged images; once for each footage, or found beside it."),
    ] = None,
    camera: Annotated[Path | None, typer.Option(help="camera.toml: height, pitch, field of view.")] = None,
    site: Annotated[Path | None, typer.Option(help="site.toml: routes and their centre lines.")] = None,
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
    """Inspect footage; print the report's path."""
    from infra.settings import load_settings
    from workflows.inspect import InspectRequest, run_inspection
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
    request = InspectRequest(tuple(footage), tuple(telemetry or ()), camera, site, out, clock_offset_s)
    with console_progress() as progress:
        result = run_inspection(request, settings, progress)
    print_summary(result.content)
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


@train_app.command("detector")
def train_detector_command(
    data: Annotated[Path, typer.Option(help="A mix (TOML) or a YOLO data.yaml.")],
    init: Annotated[Path, typer.Option(help="Weights to start from.")],
    out: Annotated[Path, typer.Option(help="Checkpoints and the finished weights; an unfinished run goes on.")],
    data_root: Annotated[Path | None, typer.Option(help="Where a mix's paths start from.")] = None,
    simulated_frames: Annotated[int, typer.Option(min=0, help="Rendered frames to add.")] = 0,
    epochs: Annotated[int, typer.Option(min=1)] = 30,
    image_size: Annotated[int, typer.Option(min=64)] = 640,
    batch_size: Annotated[int, typer.Option(min=1)] = 8,
    learning_rate: Annotated[float | None, typer.Option(help="By ultralytics' own choice if left out.")] = None,
    device: Annotated[str, typer.Option(help="cpu, or a CUDA device number.")] = "cpu",
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train a YOLO-seg detector; print the finished weights' path."""
    from vision.training.detector import DetectorTraining
    from workflows.train import DetectorJob, run_detector_training

    training = DetectorTraining(
        data_yaml=data,
        init=init,
        out_dir=out,
        epochs=epochs,
        image_size=image_size,
        batch_size=batch_size,
        learning_rate=learning_rate,
        device=device,
        seed=seed,
    )
    typer.echo(str(run_detector_training(DetectorJob(data, data_root, init, out, simulated_frames, training))))


@train_app.command("calibration")
def train_calibration_command(
    weights: Annotated[Path, typer.Option(help="The detector; its calibration is written beside it.")],
    drives: Annotated[int, typer.Option(min=1, help="Simulated drives.")] = 20,
    length_m: Annotated[float, typer.Option(min=50.0, help="Of each drive.")] = 150.0,
    mask_logit: Annotated[float, typer.Option(help="Edge of a mask; the one with the least area error.")] = 0.0,
    config: Config = None,
) -> None:
    """Calibrate a detector's confidence on simulated drives; print the calibration's path."""
    from dataclasses import replace

    from infra.settings import load_settings
    from vision.calibration import calibration_path
    from vision.training.calibrate import write_calibration
    from workflows.calibrate import calibrate
    from workflows.inspect import detector_config
    from workflows.progress import console_progress

    detector = detector_config(load_settings(config), mask_logit)
    detector = replace(detector, weights=weights)
    with console_progress() as progress:
        calibration = calibrate(detector, drives, length_m, progress)
    write_calibration(calibration, calibration_path(weights))
    typer.echo(str(calibration_path(weights)))


@evaluate_app.command("detector")
def evaluate_detector_command(
    data: Annotated[Path, typer.Option(help="A mix (TOML); the val split of each of its sets is scored.")],
    data_root: Annotated[Path | None, typer.Option(help="Where the mix's paths start from.")] = None,
    weights: Annotated[Path | None, typer.Option(help="The shipped road model by default.")] = None,
    image_size: Annotated[int, typer.Option(min=64)] = 640,
    as_json: AsJson = False,
) -> None:
    """Average precision on labelled pictures that the model did not train on, each set by itself."""
    from vision.detectors.weights import find_weights
    from workflows.evaluate_detector import as_rows, evaluate_detector
    from workflows.listing import print_rows

    rows = as_rows(evaluate_detector(find_weights(weights), data, data_root, image_size))
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(rows, "nothing to score")


@evaluate_app.command("pipeline")
def evaluate_pipeline_command(
    simulated: Annotated[int, typer.Option(min=1, help="Drives of each condition, with seeds from 0 up.")] = 10,
    conditions: Annotated[str, typer.Option(help="Of day,night,rain,low_sun.")] = "day",
    length_m: Annotated[float, typer.Option(min=50.0, help="Of each drive.")] = 300.0,
    gps_noise_m: Annotated[float, typer.Option(min=0.0)] = 2.0,
    keep: Annotated[Path | None, typer.Option(help="Keep drives and reports here.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Recall, precision, duplicates, place and size on simulated drives whose truth is known."""
    from typing import get_args

    from infra.settings import load_settings
    from vision.simulation.options import ConditionName, RoadSimulation
    from workflows.evaluate_pipeline import PipelineEvaluation, evaluate_pipeline, score_rows
    from workflows.listing import print_rows
    from workflows.progress import console_progress

    named = [name.strip().replace("-", "_") for name in conditions.split(",")]
    known: tuple[ConditionName, ...] = get_args(ConditionName)
    if unknown := set(named) - set(known):
        raise ConfigError(f"no condition {', '.join(sorted(unknown))}: choose of {', '.join(known)}")
    evaluation = PipelineEvaluation(
        seeds=tuple(range(simulated)),
        conditions=tuple(name for name in known if name in named),
        drive=RoadSimulation(seed=0, length_m=length_m, gps_noise_m=gps_noise_m),
        keep_dir=keep,
    )
    with console_progress() as progress:
        rows = score_rows(evaluate_pipeline(evaluation, load_settings(config), progress))
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(rows, "nothing to score")


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
