"""PixelCNN++: the contract, causality, and the numbers of the reference network."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    FullView,
    InitializingView,
    PointwiseConv,
    SkipConv,
)
from smoothing_tf.models import PixelCNNpp, PixelCNNppConfig
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.pixelcnnpp import load_torch_state
from tests.testing.density_model_contract import (
    DensityModelContract,
    influence,
    randomize,
    sees_all_of_x_smoothed,
)

GOLDEN = pathlib.Path(__file__).parents[3] / "testdata" / "golden"


class _TwoResolutions(PixelCNNpp):
    """One whose images need only two rows, so that all of them can be enumerated."""

    num_resolutions = 2


class TestPixelCNNpp(DensityModelContract):
    tiny_shape = (2, 4, 1)
    tiny_levels = 3
    image_shape = (8, 4, 1)

    def make(
        self,
        event_shape,
        num_levels=None,
        takes_x_smoothed=False,
        dropout=0.0,
        **kwargs,
    ):
        config = PixelCNNppConfig(
            num_resnet=1, num_filters=4, num_mixtures=2, dropout=dropout
        )
        cls = _TwoResolutions if event_shape == self.tiny_shape else PixelCNNpp
        return cls(config, event_shape, num_levels, takes_x_smoothed, **kwargs)

    @pytest.mark.parametrize("takes_x_smoothed", [False, True])
    @pytest.mark.parametrize("num_channels", [1, 3])
    def test_a_pixel_sees_all_pixels_before_it_and_no_other(
        self, num_channels, takes_x_smoothed
    ):
        config = PixelCNNppConfig(num_resnet=2, num_filters=4, num_mixtures=2)
        shape = (8, 8, num_channels)
        model = randomize(PixelCNNpp(config, shape, takes_x_smoothed=takes_x_smoothed))
        x, x_smoothed = (
            tf.random.stateless_normal((1, *shape), [1, n]) for n in (1, 2)
        )
        seen = influence(
            model, x, num_channels, x_smoothed if takes_x_smoothed else None
        )
        np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen), -1))

    def test_a_pixel_of_a_large_image_sees_all_of_x_smoothed(self):
        config = PixelCNNppConfig(num_resnet=1, num_filters=8, num_mixtures=2)
        model = randomize(PixelCNNpp(config, (32, 32, 3), takes_x_smoothed=True), 0.1)
        assert sees_all_of_x_smoothed(model)

    def test_channels_of_a_pixel_are_coupled_in_their_order(self):
        model = randomize(self.make((4, 4, 3)))
        x = tf.random.stateless_normal((1, 4, 4, 3), [1, 1])
        with tf.GradientTape() as tape:
            tape.watch(x)
            params = model(x)
            by_pixel = model.head.distribution(params).log_prob(x)[0, 2, 1]
        gradient = tape.gradient(by_pixel, x)[0]
        later = np.arange(16) > 2 * 4 + 1
        assert np.all(gradient.numpy().reshape(16, 3)[later] == 0)
        assert np.all(gradient[2, 1] != 0)

    @pytest.mark.parametrize("name", ["grey", "rgb"])
    def test_agrees_with_the_reference_network(self, name):
        golden = np.load(GOLDEN / f"pixelcnnpp_{name}.npz")
        num_resnet, num_filters, _, num_mixtures = map(int, golden["config"])
        x = tf.constant(golden["x_nhwc"])
        config = PixelCNNppConfig(
            num_resnet=num_resnet, num_filters=num_filters, num_mixtures=num_mixtures
        )
        model = PixelCNNpp(config, event_shape=x.shape[1:])
        load_torch_state(model, torch_state(golden))
        with tf.GradientTape() as tape:
            tape.watch(x)
            log_prob = model.log_prob(x)
        per_pixel = model.head.distribution(model(x)).log_prob(x)
        for ours, reference in (
            (model(x), golden["params_nhwc"]),
            (per_pixel, golden["log_prob_per_pixel_nats"]),
            (log_prob, golden["log_prob_per_pixel_nats"].sum(axis=(1, 2))),
            (tape.gradient(log_prob, x), golden["score_nhwc"]),
        ):
            error = np.max(np.abs(ours - reference)) / np.max(np.abs(reference))
            assert error < 2e-6

    def test_a_wrong_checkpoint_is_rejected_and_changes_nothing(self):
        golden = np.load(GOLDEN / "pixelcnnpp_grey.npz")
        model = PixelCNNpp(
            PixelCNNppConfig(num_resnet=1, num_filters=6, num_mixtures=3), (8, 12, 1)
        )
        before = [np.array(variable) for variable in model.variables]
        state = torch_state(golden)
        missing = {k: v for k, v in state.items() if not k.startswith("nin_out")}
        with pytest.raises(ValueError, match="'nin_out.lin_a.bias'; it is missing"):
            load_torch_state(model, missing)
        with pytest.raises(ValueError, match="unknown names surplus"):
            load_torch_state(model, {**state, "surplus": np.zeros(1)})
        state["u_init.conv.weight_v"] = state["u_init.conv.weight_v"][:, :1]
        with pytest.raises(ValueError, match=r"must have shape \(2, 3, 2, 6\)"):
            load_torch_state(model, state)
        for variable, value in zip(model.variables, before, strict=True):
            np.testing.assert_array_equal(variable, value)

    def test_names_of_a_data_parallel_checkpoint_are_read_too(self):
        golden = np.load(GOLDEN / "pixelcnnpp_grey.npz")
        model = PixelCNNpp(
            PixelCNNppConfig(num_resnet=1, num_filters=6, num_mixtures=3), (8, 12, 1)
        )
        prefixed = {f"module.{k}": v for k, v in torch_state(golden).items()}
        load_torch_state(model, prefixed)
        np.testing.assert_array_equal(
            model.nin_out.weight.bias, prefixed["module.nin_out.lin_a.bias"]
        )

    def test_the_mnist_setting_has_the_parameters_of_the_reference(self):
        model = PixelCNNpp(PixelCNNppConfig(num_filters=40), (28, 28, 1))
        num_params = model.count_params()
        assert f"{num_params / 1e6:.2f}" == "3.37"

    @pytest.mark.parametrize("takes_x_smoothed", [False, True])
    def test_a_first_batch_standardizes_the_outputs_of_every_layer(
        self, takes_x_smoothed
    ):
        model = self.make((8, 8, 3), takes_x_smoothed=takes_x_smoothed)
        x = 3 * tf.random.stateless_normal((5, 8, 8, 3), [1, 1]) + 1
        condition = Condition(0.5 * x if takes_x_smoothed else None)
        model.initialize_from(x, condition)
        view = RecordingView()
        model._evaluate(x, condition, view)
        fitted = {
            layer: outputs
            for layer, outputs in view.outputs.items()
            if hasattr(layer.weight, "output_scale")
            and not isinstance(layer, CausalConvTranspose)
        }
        kernels = [
            layer
            for layer in model._flatten_layers()
            if isinstance(layer, CausalConv | PointwiseConv | SkipConv)
        ]
        if takes_x_smoothed:
            kernels.remove(model.context_encoder.everywhere)
        assert set(fitted) == set(kernels)
        for layer, outputs in fitted.items():
            axes = (0, 1, 2)
            np.testing.assert_allclose(np.mean(outputs, axes), 0, atol=1e-4)
            np.testing.assert_allclose(
                np.std(outputs, axes), layer.weight.output_scale, rtol=1e-3
            )
        for layer in (*model.upsize_u, *model.upsize_ul):
            variance = np.var(view.outputs[layer], axis=(0, 1, 2))
            np.testing.assert_allclose(np.mean(variance), 1.0, rtol=1e-4)

    def test_initialization_returns_the_outputs_of_the_initialized_network(self):
        model = self.make((8, 8, 3), takes_x_smoothed=True)
        x = 3 * tf.random.stateless_normal((5, 8, 8, 3), [1, 1]) + 1
        returned = model._evaluate(x, Condition(0.5 * x), InitializingView())
        np.testing.assert_allclose(
            model(x, condition=Condition(0.5 * x)), returned, atol=1e-4
        )

    def test_initialization_from_data_can_be_turned_off(self):
        config = PixelCNNppConfig(
            num_resnet=1, num_filters=3, num_mixtures=1, data_dependent_init=False
        )
        model = PixelCNNpp(config, (4, 4, 1))
        before = [np.array(variable) for variable in model.variables]
        model.initialize_from(tf.random.stateless_normal((2, 4, 4, 1), [1, 1]))
        for variable, value in zip(model.variables, before, strict=True):
            np.testing.assert_array_equal(variable, value)

    def test_spatial_dropout_drops_whole_channels(self):
        config = PixelCNNppConfig(
            num_resnet=1, num_filters=2, num_mixtures=1, spatial_dropout=True
        )
        view = PixelCNNpp(config, (4, 4, 1)).make_view(tf.constant([1, 2]))
        kept = view.dropout(tf.ones([3, 4, 4, 20]), 0).numpy()
        whole = np.broadcast_to(kept[:, :1, :1], kept.shape)
        np.testing.assert_array_equal(kept, whole)
        assert set(np.unique(kept)) == {0.0, 2.0}

    def test_the_log_scale_has_a_floor(self):
        model = self.make((4, 4, 1))
        model.nin_out.weight.bias.assign(
            tf.concat([tf.zeros([4]), tf.fill([2], -50.0)], axis=0)
        )
        log_scale = model.head.split(model(tf.zeros([1, 4, 4, 1])))["log_scale"]
        np.testing.assert_array_equal(log_scale, tf.fill(log_scale.shape, -7.0))

    @pytest.mark.parametrize("event_shape", [(6, 8, 1), (8,), (8, 10, 3)])
    def test_a_size_that_is_not_a_multiple_of_four_is_rejected(self, event_shape):
        with pytest.raises(ValueError, match="multiples of 4"):
            self.make(event_shape)

    def test_two_channels_are_rejected(self):
        with pytest.raises(ValueError, match="needs images of 1 or 3 channels; got 2"):
            self.make((8, 8, 2))


class RecordingView(FullView):
    """Records the outputs of every layer that has its own weight, before its shift."""

    def __init__(self):
        super().__init__()
        self.outputs = {}

    def _finish(self, layer, y, bias):
        self.outputs[layer] = super()._finish(layer, y, bias)
        return self.outputs[layer]

    def skip(self, layer, x, index):
        term = super().skip(layer, x, index)
        self.outputs[layer] = term + self.outputs.get(layer, 0.0)
        return term


def torch_state(golden) -> dict[str, np.ndarray]:
    prefix = "weights/"
    return {
        name.removeprefix(prefix): golden[name]
        for name in golden.files
        if name.startswith(prefix)
    }
