"""Joins the two trained stages in one verified SavedModel."""

from collections.abc import Mapping, Sequence

from components.configuration import node_config
from smoothing_tf import artifacts, devices, stages
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.serving.about import About
from smoothing_tf.serving.saved_model import export_saved_model


def run(
    *,
    flags: Sequence[str],
    data_dir: artifacts.Path,
    smoothing_dir: artifacts.Path,
    stage_dirs: Mapping[str, artifacts.Path],
    output_dir: artifacts.Path,
    made_from: str = "",
) -> None:
    """Writes the SavedModel after checking it against the Python model.

    Args:
      flags: flags of both stages' models.
      data_dir: TFDS directory written by ingest.
      smoothing_dir: directory written by augment.
      stage_dirs: stage -> directory written by its training.
      output_dir: directory to write; must be empty or not exist.
      made_from: digest of all that the model is made from, by which a later run of the
        same configuration recognizes it.

    Raises:
      FileNotFoundError: a stage has no checkpoint.
      ValueError: a flag is not valid or is not what the stage was trained with.
    """
    config = node_config(flags, data_dir, smoothing_dir).in_float32()
    dataset = open_dataset(config.data)
    trained = stages.load_stages(config, dataset, stage_dirs)
    devices.announce()
    about = About(dataset.name, dataset.source.license, made_from=made_from)
    export_saved_model(trained, output_dir, about=about, progress=True)
