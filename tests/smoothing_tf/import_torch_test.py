"""Weights of the authors' code as a stage of a run, and every way to get them wrong."""

import pathlib
import zipfile

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import import_torch, train, workdir
from smoothing_tf.data import open_dataset
from smoothing_tf.models import TwoStageModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.training.history import History
from tests.testing.eagerly import eagerly
from tests.testing.tiny_data import tiny_directory

GOLDEN = pathlib.Path(__file__).parents[1] / "testdata/golden/pixelcnnpp_grey.npz"
FLAGS = (
    "--dataset=directory",
    "--num_resnet=1",
    "--num_filters=6",
    "--num_mixtures=3",
    "--conditioning=stacked",
    "--noise_scale=0.5",
    "--batch_size=4",
)


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN))


def weights_of(golden):
    prefix = "weights/"
    return {
        f"module.{name.removeprefix(prefix)}": array
        for name, array in golden.items()
        if name.startswith(prefix)
    }


@pytest.fixture(scope="module")
def checkpoint(golden, tmp_path_factory):
    path = tmp_path_factory.mktemp("torch") / "checkpoint.npz"
    np.savez(path, **weights_of(golden))
    return path


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    # The reference network sees 8 rows: x~ and x of 4 each.
    return tiny_directory(tmp_path_factory.mktemp("data"), (4, 12, 1))


@pytest.fixture(scope="module")
def run_dir(checkpoint, data_dir, tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    for stage in ("smoothed", "reverse"):
        import_torch.main(arguments(checkpoint, data_dir, directory, stage))
    return directory


def arguments(checkpoint, data_dir, directory, stage="smoothed"):
    return [
        *FLAGS,
        f"--checkpoint={checkpoint}",
        f"--data_dir={data_dir}",
        f"--stage={stage}",
        f"--workdir={directory}",
    ]


def assert_close(actual, expected, tolerance=1e-4):
    error = np.max(np.abs(actual - expected)) / np.max(np.abs(expected))
    assert error < tolerance


def test_both_stages_give_the_parameters_of_the_reference(run_dir, golden):
    experiment = workdir.load_config(run_dir)
    trained = workdir.load_trained(experiment, open_dataset(experiment.data), run_dir)
    assert isinstance(trained.two_stage, TwoStageModel)
    assert trained.smoothing.noise_scale == 0.5
    both, params = tf.constant(golden["x_nhwc"]), golden["params_nhwc"]
    x_smoothed, x = both[:, :4], both[:, 4:]
    # The upper rows do not depend on the lower rows.
    assert_close(trained.two_stage.smoothed(x_smoothed), params[:, :4])
    assert_close(
        trained.two_stage.reverse(x, condition=Condition(x_smoothed)), params[:, 4:]
    )


def test_training_resumes_from_it(run_dir, golden):
    with eagerly():
        train.main(
            [
                f"--flagfile={run_dir / 'flags.cfg'}",
                "--smoothed_num_steps=1",
                f"--workdir={run_dir}",
                "--stages=smoothed",
                "--smoothed_sample_every=0",
            ]
        )
    assert [row["step"] for row in History(run_dir / "smoothed").rows()] == [1]
    # Not initialized again on the first batch.
    experiment = workdir.load_config(run_dir)
    dataset = open_dataset(experiment.data)
    model = workdir.load_trained(experiment, dataset, run_dir).two_stage.smoothed
    x_smoothed = tf.constant(golden["x_nhwc"][:, :4])
    assert_close(model(x_smoothed), golden["params_nhwc"][:, :4], tolerance=0.05)


def test_a_stage_that_is_there_is_not_overwritten(run_dir, checkpoint, data_dir):
    before = (run_dir / "flags.cfg").read_text()
    with pytest.raises(FileExistsError, match="reverse already holds a trained model"):
        import_torch.main(arguments(checkpoint, data_dir, run_dir, "reverse"))
    assert (run_dir / "flags.cfg").read_text() == before


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--num_filters=7"], r"7 filters \(--num_filters\).* must have shape"),
        (["--num_resnet=2"], r"2 blocks \(--num_resnet\).*it is missing"),
        (["--model=made"], "`--model` must be pixelcnnpp"),
        (["--stage=reverse", "--conditioning=features"], "must be stacked for stage"),
    ],
)
def test_flags_of_another_network_are_refused(
    checkpoint, data_dir, tmp_path, flags, message
):
    flags = [*arguments(checkpoint, data_dir, tmp_path / "run"), *flags]
    if "--model=made" in flags:
        flags = [flag for flag in flags if flag not in FLAGS[1:5]]
    with pytest.raises(ValueError, match=message):
        import_torch.main(flags)
    assert not (tmp_path / "run").exists()


def test_a_wrong_file_is_refused(data_dir, golden, tmp_path):
    def run(path):
        import_torch.main(arguments(path, data_dir, tmp_path / "run"))

    with pytest.raises(FileNotFoundError, match="`--checkpoint` must name a .npz file"):
        run(tmp_path / "nowhere.npz")
    (tmp_path / "file.npz").write_bytes(b"PK of another kind")
    with pytest.raises(ValueError, match="must be a readable .npz file of numbers"):
        run(tmp_path / "file.npz")
    # Files of torch.save, in its zip format and in the older one.
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as file:
        file.writestr("model/data.pkl", b"\x80\x02}q\x00.")
        file.writestr("model/data/0", b"1234")
    (tmp_path / "old.pt").write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")
    for name in ("model.pt", "old.pt"):
        with pytest.raises(ValueError, match=f"{name}.*Convert a file of PyTorch by"):
            run(tmp_path / name)
    np.save(tmp_path / "single.npy", np.zeros(3))
    with pytest.raises(ValueError, match="must be a readable .npz file of numbers"):
        run(tmp_path / "single.npy")
    weights = weights_of(golden)
    np.savez(tmp_path / "surplus.npz", **weights, surplus=np.zeros(1))
    with pytest.raises(ValueError, match="unknown names surplus"):
        run(tmp_path / "surplus.npz")
    name = "module.nin_out.lin_a.bias"
    np.savez(tmp_path / "nan.npz", **{**weights, name: weights[name] * np.nan})
    with pytest.raises(ValueError, match="must hold finite floating-point numbers"):
        run(tmp_path / "nan.npz")
    assert not (tmp_path / "run").exists()
