"""``walkdown evaluate``: measure how good walkdown is. Heavy imports sit inside the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from vision.errors import ConfigError
from workflows.cli_options import AsJson, Backbone, Config

evaluate_app = typer.Typer(no_args_is_help=True, help="Measure how good walkdown is.")


@evaluate_app.command("detector")
def evaluate_detector_command(
    data: Annotated[Path, typer.Option(help="A mix (TOML); the val split of each of its sets is scored.")],
    data_root: Annotated[Path | None, typer.Option(help="Where the mix's paths start from.")] = None,
    weights: Annotated[Path | None, typer.Option(help="The shipped road model by default.")] = None,
    image_size: Annotated[int, typer.Option(min=64)] = 640,
    false_positives: Annotated[
        Path | None, typer.Option(help="Write pictures of 50 finds without a label of each set here, and count them.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Average precision on labelled pictures that the model did not train on, each set by itself."""
    from vision.detectors.weights import find_weights
    from workflows.evaluate_detector import as_rows, evaluate_detector
    from workflows.listing import print_rows

    if false_positives is not None:
        rows = _false_positives(find_weights(weights), (data, data_root), image_size, false_positives, config)
    else:
        rows = as_rows(evaluate_detector(find_weights(weights), data, data_root, image_size))
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(rows, "nothing to score")


def _false_positives(
    weights: Path, data: tuple[Path, Path | None], image_size: int, out_dir: Path, config: Path | None
) -> list[dict[str, object]]:
    from infra.settings import load_settings
    from vision.detectors.load import DetectorConfig, load_detector
    from vision.detectors.yolo_decode import YoloConfig
    from workflows.false_positives import FalsePositives, show_false_positives
    from workflows.progress import console_progress

    settings, rules = load_settings(config), FalsePositives()
    yolo = YoloConfig(rules.confidence, image_size=image_size)
    cache_dir = settings.storage.cache_dir / "openvino"
    chosen = settings.detector
    config_of_it = DetectorConfig(weights, cache_dir, chosen.runtime, yolo, precision=chosen.precision)
    detector = load_detector(config_of_it)
    with console_progress() as progress:
        return show_false_positives(detector, *data, out_dir, rules, progress)


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


@evaluate_app.command("roadside")
def evaluate_roadside_command(
    seeds: Annotated[str, typer.Option(help="A drive each: 0-9, or 3,5,8.")] = "0-9",
    oracle: Annotated[bool, typer.Option("--oracle", help="The truth's boxes in place of a detector's.")] = False,
    signs: Annotated[int, typer.Option(min=0, help="Of each drive.")] = 14,
    signals: Annotated[int, typer.Option(min=0, help="Of each drive.")] = 5,
    length_m: Annotated[float, typer.Option(min=50.0, help="Of each drive.")] = 300.0,
    condition: Annotated[str, typer.Option(help="day, night, rain or low_sun.")] = "day",
    keep: Annotated[Path | None, typer.Option(help="Keep drives here, and use those that are there again.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Conditions of signs and faults of signals on simulated drives whose truth is known."""
    from typing import get_args

    from infra.settings import load_settings
    from vision.simulation.options import ConditionName, RoadSimulation
    from workflows.evaluate_roadside import RoadsideEvaluation, evaluate_roadside
    from workflows.listing import print_rows
    from workflows.progress import console_progress
    from workflows.roadside_scoring import confusion_rows, summary_rows

    known: dict[str, ConditionName] = {name: name for name in get_args(ConditionName)}
    named = known.get(condition.replace("-", "_"))
    if named is None:
        raise ConfigError(f"no condition {condition}: choose of {', '.join(known)}")
    drive = RoadSimulation(seed=0, length_m=length_m, condition=named, signs=signs, signals=signals)
    evaluation = RoadsideEvaluation(parse_seeds(seeds), drive, oracle, keep)
    with console_progress() as progress:
        score = evaluate_roadside(evaluation, load_settings(config), progress)
    summary, confusion = summary_rows(score), confusion_rows(score)
    if as_json:
        typer.echo(json.dumps({"summary": summary, "confusion": confusion}, indent=2))
        return
    print_rows(summary, "nothing to score")
    print_rows(confusion, "nothing to score")


def parse_seeds(text: str) -> tuple[int, ...]:
    """Read ``0-9`` or ``3,5,8``, or both mixed.

    Raises:
        ConfigError: It is neither.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or (dash and int(last) < int(first)):
            raise ConfigError(f"--seeds {text}: write 0-9, or 3,5,8")
        seeds.extend(range(int(first), int(last or first) + 1))
    return tuple(seeds)


@evaluate_app.command("anomaly")
def evaluate_anomaly_command(
    model: Annotated[Path, typer.Option(help="The station's model.")],
    normal: Annotated[Path, typer.Option(help="Normal pictures that it didn't learn from: a folder, or a pattern.")],
    defects: Annotated[list[Path] | None, typer.Option(help="Defective ones, likewise; once for each kind.")] = None,
    masks: Annotated[Path | None, typer.Option(help="Folder of masks, named as the picture with .png.")] = None,
    heat_maps: Annotated[Path | None, typer.Option(help="Write each picture with its heat map here.")] = None,
    backbone: Backbone = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """False alarms, AUROC by picture and pixel, and overlap with masks, on pictures kept out of training."""
    from infra.settings import load_settings
    from workflows.evaluate_anomaly import AnomalyEvaluation, evaluate_anomaly
    from workflows.listing import print_rows
    from workflows.progress import console_progress
    from workflows.train_anomaly import BackboneChoice

    choice = BackboneChoice(backbone, load_settings(config).storage.cache_dir)
    evaluation = AnomalyEvaluation(model, normal, tuple(defects or ()), masks, heat_maps)
    with console_progress() as progress:
        rows = evaluate_anomaly(evaluation, choice, progress)
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(rows, "nothing to score")


@evaluate_app.command("state")
def evaluate_state_command(
    model: Annotated[Path, typer.Option(help="The state's model.")],
    state: Annotated[list[str], typer.Option(help="NAME=FOLDER; a NAME that it doesn't know should come out unknown.")],
    backbone: Backbone = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """How the states on pictures kept out of training are read, each folder by itself."""
    from infra.settings import load_settings
    from workflows.evaluate_anomaly import evaluate_state
    from workflows.listing import print_rows
    from workflows.progress import console_progress
    from workflows.train_anomaly import BackboneChoice, parse_states

    choice = BackboneChoice(backbone, load_settings(config).storage.cache_dir)
    with console_progress() as progress:
        rows = evaluate_state(model, parse_states(state), choice, progress)
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(rows, "nothing to score")


@evaluate_app.command("line")
def evaluate_line_command(
    seeds: Annotated[str, typer.Option(help="Lines: 0-9, or 3,5,8.")] = "0-9",
    parts: Annotated[int, typer.Option(min=1, help="On each line.")] = 20,
    fps: Annotated[int, typer.Option(min=1, help="Frames a second.")] = 10,
    oracle: Annotated[bool, typer.Option("--oracle", help="See defects as planted: the judgement alone.")] = False,
    keep: Annotated[Path | None, typer.Option(help="Keep the lines here, and use them again.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Verdicts by part, codes, defects and equipment's states on simulated lines."""
    from infra.settings import load_settings
    from workflows.evaluate_line import LineEvaluation, evaluate_line
    from workflows.line_scoring import score_rows
    from workflows.listing import print_rows
    from workflows.progress import console_progress

    evaluation = LineEvaluation(parse_seeds(seeds), parts, fps, oracle, keep)
    with console_progress() as progress:
        rows = score_rows(evaluate_line(evaluation, load_settings(config), progress))
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(rows, "nothing to score")
