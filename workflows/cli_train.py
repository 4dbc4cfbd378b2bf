"""``walkdown train``: make walkdown's own models. Heavy imports sit inside the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from workflows.cli_options import AsJson, Backbone, Config

train_app = typer.Typer(no_args_is_help=True, help="Train walkdown's own models.")


@train_app.command("detector")
def train_detector_command(
    data: Annotated[Path, typer.Option(help="A mix (TOML) or a YOLO data.yaml.")],
    init: Annotated[Path, typer.Option(help="Weights to start from.")],
    out: Annotated[Path, typer.Option(help="Checkpoints and the finished weights; an unfinished run goes on.")],
    data_root: Annotated[Path | None, typer.Option(help="Where a mix's paths start from.")] = None,
    simulated_frames: Annotated[int, typer.Option(min=0, help="Rendered frames to add.")] = 0,
    epochs: Annotated[int, typer.Option(min=1)] = 30,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Train for so long instead of so many epochs.")] = None,
    image_size: Annotated[int, typer.Option(min=64)] = 640,
    batch_size: Annotated[int, typer.Option(min=1)] = 8,
    learning_rate: Annotated[float | None, typer.Option(help="By ultralytics' own choice if left out.")] = None,
    device: Annotated[str, typer.Option(help="cpu, or a CUDA device number.")] = "cpu",
    workers: Annotated[int, typer.Option(min=0, help="Loader processes, on CUDA.")] = 4,
    freeze: Annotated[int, typer.Option(min=0, help="First layers to leave as they are; 10: the backbone.")] = 0,
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
        workers=workers,
        minutes=minutes,
        frozen_layers=freeze,
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


@train_app.command("looks")
def train_looks_command(
    out: Annotated[Path, typer.Option(help="Folder of sign-looks.npz and head-looks.npz.")],
    streets: Annotated[int, typer.Option(min=2, help="Simulated roads, each in a light of its own.")] = 64,
    per_street: Annotated[int, typer.Option(min=1, help="Signs of each, and as many signal heads.")] = 60,
    epochs: Annotated[int, typer.Option(min=1)] = 24,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train what tells a sign's condition and a head's lamps from a picture; print how it does on other streets."""
    from workflows.listing import print_rows
    from workflows.progress import console_progress
    from workflows.train_looks import LooksJob, train_looks_nets

    with console_progress() as progress:
        rows = train_looks_nets(LooksJob(out, streets, per_street, epochs, seed), progress)
    print_rows(rows, "nothing to score")


@train_app.command("int8")
def train_int8_command(
    data: Annotated[Path, typer.Option(help="A mix (TOML); the val split of each of its sets judges the int8 model.")],
    weights: Annotated[Path | None, typer.Option(help="The shipped road model by default.")] = None,
    data_root: Annotated[Path | None, typer.Option(help="Where the mix's paths start from.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder to measure on; the mix's training pictures.")] = None,
    count: Annotated[int, typer.Option(min=30, help="Pictures to measure on.")] = 150,
    image_size: Annotated[int, typer.Option(min=64)] = 640,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make an int8 model for OpenVINO; keep it only where it finds as well as the float model."""
    from dataclasses import asdict

    from infra.settings import load_settings
    from vision.detectors.weights import find_weights
    from workflows.listing import print_rows
    from workflows.progress import console_progress
    from workflows.train_int8 import Int8Job, train_int8

    cache_dir = load_settings(config).storage.cache_dir / "openvino"
    with console_progress() as progress:
        compared = train_int8(
            Int8Job(find_weights(weights), cache_dir, data, data_root, pictures, count, image_size), progress
        )
    rows = [asdict(one) for one in compared]
    typer.echo(json.dumps(rows, indent=2)) if as_json else print_rows(rows, "nothing compared")


@train_app.command("anomaly")
def train_anomaly_command(
    normal: Annotated[Path, typer.Option(help="Folder of 20 to 200 normal pictures, or a pattern of names in one.")],
    station: Annotated[str, typer.Option(help="Name of the station.")],
    out: Annotated[Path | None, typer.Option(help="The model's file; STATION.anomaly.npz by default.")] = None,
    false_alarm_rate: Annotated[float, typer.Option(help="Share of normal pictures that may be flagged.")] = 0.01,
    backbone: Backbone = None,
    config: Config = None,
) -> None:
    """Learn what is normal at a station, without defect labels; print the model's path."""
    from infra.settings import load_settings
    from vision.anomaly.fit import AnomalyTraining
    from workflows.progress import console_progress
    from workflows.train_anomaly import BackboneChoice, model_path, train_anomaly

    choice = BackboneChoice(backbone, load_settings(config).storage.cache_dir)
    path = out or model_path(station, "anomaly")
    with console_progress() as progress:
        model = train_anomaly(normal, AnomalyTraining(station, false_alarm_rate), choice, progress)
    model.save(path)
    typer.echo(str(path))


@train_app.command("state")
def train_state_command(
    station: Annotated[str, typer.Option(help="Name of the station.")],
    crop: Annotated[str, typer.Option(help="x1,y1,x2,y2 in pixels: the part of the picture that shows it.")],
    state: Annotated[list[str], typer.Option(help="NAME=FOLDER, once for each state, 5 pictures at least.")],
    out: Annotated[Path | None, typer.Option(help="The model's file; STATION.state.npz by default.")] = None,
    unknown_rate: Annotated[float, typer.Option(help="Share of pictures of a known state that may be unknown.")] = 0.02,
    backbone: Backbone = None,
    config: Config = None,
) -> None:
    """Learn the states of equipment on a fixed crop (guard closed, lamp on); print the model's path."""
    from infra.settings import load_settings
    from vision.anomaly.fit_state import StateTraining
    from vision.anomaly.state import Crop
    from workflows.progress import console_progress
    from workflows.train_anomaly import BackboneChoice, model_path, parse_states, train_state

    choice = BackboneChoice(backbone, load_settings(config).storage.cache_dir)
    path = out or model_path(station, "state")
    training = StateTraining(station, Crop.parse(crop), unknown_rate)
    with console_progress() as progress:
        model = train_state(parse_states(state), training, choice, progress)
    model.save(path)
    typer.echo(str(path))
