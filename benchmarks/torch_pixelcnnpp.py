"""PixelCNN++ in PyTorch, as a user without this library would run it."""

import torch
import torch.nn.functional as F
from torch import nn

_NUM_LEVELS = 3


class TorchPixelCNNpp(nn.Module):
    """PixelCNN++ with a continuous mixture of logistics, without x~.

    Its parameters have the names and the shapes of the authors' state dict; see
    `smoothing_tf.models.load_torch_state`. All of their normalized axes are the first.

    Args:
      num_channels: channels of an image, 1 or 3.
      num_filters: channels of each stream.
      num_resnet: blocks per level of resolution.
      num_mixtures: logistics in the mixture of each pixel.
      dropout: dropout rate inside each block. It drops whole channels, as in the
        authors' code: drawing every value on a CPU takes 30 % of a step.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(
        self,
        num_channels: int,
        num_filters: int,
        num_resnet: int = 5,
        num_mixtures: int = 10,
        dropout: float = 0.5,
    ):
        super().__init__()
        self.num_channels, self.num_mixtures = num_channels, num_mixtures
        filters, inputs = num_filters, num_channels + 1
        above, above_left = _Conv.above, _Conv.above_left

        def blocks(make_conv, number, num_skips):
            return nn.ModuleList(
                _Block(make_conv, filters, num_skips, dropout) for _ in range(number)
            )

        def streams(number, skips_u, skips_ul):
            return nn.ModuleDict(
                {
                    "u_stream": blocks(above, number, skips_u),
                    "ul_stream": blocks(above_left, number, skips_ul),
                }
            )

        def at_finer_levels(make):
            return nn.ModuleList(make() for _ in range(_NUM_LEVELS - 1))

        self.u_init = above(inputs, filters)
        self.ul_init = nn.ModuleList(
            [
                _Conv(inputs, filters, (1, 3), (1, 1, 0, 0)),
                _Conv(inputs, filters, (2, 1), (0, 0, 1, 0)),
            ]
        )
        self.up_layers = nn.ModuleList(
            streams(num_resnet, 0, 1) for _ in range(_NUM_LEVELS)
        )
        self.down_layers = nn.ModuleList(
            streams(num_resnet + (level > 0), 1, 2) for level in range(_NUM_LEVELS)
        )
        self.downsize_u_stream = at_finer_levels(lambda: above(filters, filters, 2))
        self.downsize_ul_stream = at_finer_levels(
            lambda: above_left(filters, filters, 2)
        )
        self.upsize_u_stream = at_finer_levels(lambda: _ConvTranspose(filters, 3))
        self.upsize_ul_stream = at_finer_levels(lambda: _ConvTranspose(filters, 2))
        self.nin_out = _Pointwise(filters, num_mixtures * (3, 10)[num_channels == 3])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Log densities [b] of images [b, c, h, w] on [-1, 1], in nats."""
        params = self.params(F.pad(x, (0, 0, 0, 0, 0, 1), value=1.0))
        return _log_prob(params, x, self.num_mixtures)

    def params(self, x: torch.Tensor) -> torch.Tensor:
        """Maps images with a channel of ones to [b, h, w, num_params]."""
        u = _down(self.u_init(x))
        ul = _down(self.ul_init[0](x)) + _right(self.ul_init[1](x))
        seen = [(u, ul)]
        for level, layers in enumerate(self.up_layers):
            for block_u, block_ul in _pairs(layers):
                u = block_u(u)
                ul = block_ul(ul, u)
                seen.append((u, ul))
            if level < _NUM_LEVELS - 1:
                u = self.downsize_u_stream[level](u)
                ul = self.downsize_ul_stream[level](ul)
                seen.append((u, ul))
        u, ul = seen.pop()
        for level, layers in enumerate(self.down_layers):
            for block_u, block_ul in _pairs(layers):
                seen_u, seen_ul = seen.pop()
                u = block_u(u, seen_u)
                ul = block_ul(ul, torch.cat([u, seen_ul], 1))
            if level < _NUM_LEVELS - 1:
                u = self.upsize_u_stream[level](u)
                ul = self.upsize_ul_stream[level](ul)
        # Locations need more digits than bfloat16 has.
        with torch.autocast(x.device.type, enabled=False):
            return self.nin_out(F.elu(ul.float())).permute(0, 2, 3, 1)


class _WeightNorm(nn.Module):
    """A kernel g v / ||v|| whose norm runs over all axes but the first, and a bias."""

    def __init__(self, *shape, num_biases):
        super().__init__()
        self.weight_v = nn.Parameter(0.05 * torch.randn(shape))
        self.weight_g = nn.Parameter(torch.ones(shape[0], *[1] * (len(shape) - 1)))
        self.bias = nn.Parameter(torch.zeros(num_biases))

    @property
    def weight(self):
        return torch._weight_norm(self.weight_v, self.weight_g)


class _Conv(nn.Module):
    """A convolution of padded features; padding is (left, right, top, bottom)."""

    def __init__(self, inputs, filters, kernel_size, padding, stride=1):
        super().__init__()
        self.conv = _WeightNorm(filters, inputs, *kernel_size, num_biases=filters)
        self.padding, self.stride = padding, stride

    @classmethod
    def above(cls, inputs, filters, stride=1):
        return cls(inputs, filters, (2, 3), (1, 1, 1, 0), stride)

    @classmethod
    def above_left(cls, inputs, filters, stride=1):
        return cls(inputs, filters, (2, 2), (1, 0, 1, 0), stride)

    def forward(self, x):
        x = F.pad(x, self.padding)
        return F.conv2d(x, self.conv.weight, self.conv.bias, self.stride)


class _ConvTranspose(nn.Module):
    def __init__(self, filters, num_columns):
        super().__init__()
        shape = (filters, filters, 2, num_columns)
        self.deconv = _WeightNorm(*shape, num_biases=filters)
        self.surplus = num_columns - 2

    def forward(self, x):
        y = F.conv_transpose2d(x, self.deconv.weight, self.deconv.bias, 2)
        return y[..., self.surplus :]


class _Pointwise(nn.Module):
    def __init__(self, inputs, filters):
        super().__init__()
        self.lin_a = _WeightNorm(filters, inputs, num_biases=filters)

    def forward(self, x):
        kernel = self.lin_a.weight[:, :, None, None]
        return F.conv2d(x, kernel, self.lin_a.bias)


class _Block(nn.Module):
    """The gated residual block."""

    def __init__(self, make_conv, filters, num_skips, dropout):
        super().__init__()
        self.conv_input = make_conv(2 * filters, filters)
        self.conv_out = make_conv(2 * filters, 2 * filters)
        if num_skips:
            self.nin_skip = _Pointwise(2 * num_skips * filters, filters)
        self.dropout = dropout

    def forward(self, x, skip=None):
        hidden = self.conv_input(_concat_elu(x))
        if skip is not None:
            hidden = hidden + self.nin_skip(_concat_elu(skip))
        hidden = F.dropout2d(_concat_elu(hidden), self.dropout, self.training)
        value, gate = self.conv_out(hidden).chunk(2, 1)
        return x + value * torch.sigmoid(gate)


def _pairs(layers):
    return zip(layers["u_stream"], layers["ul_stream"], strict=True)


def _concat_elu(x):
    return F.elu(torch.cat([x, -x], 1))


def _down(x):
    return F.pad(x[:, :, :-1], (0, 0, 1, 0))


def _right(x):
    return F.pad(x[..., :-1], (1, 0))


def _log_prob(params, x, num_mixtures):
    logits, rest = params.split([num_mixtures, params.shape[-1] - num_mixtures], -1)
    x = x.permute(0, 2, 3, 1)
    # [b, h, w, c, 2 or 3, K]
    rest = rest.reshape(*x.shape, -1, num_mixtures)
    loc, log_scale = rest[..., 0, :], rest[..., 1, :].clamp(min=-7.0)
    if x.shape[-1] == 3:
        red_to_green, red_to_blue, green_to_blue = rest[..., 2, :].tanh().unbind(-2)
        red, green = x[..., :1], x[..., 1:2]
        shifts = [
            torch.zeros_like(red_to_green),
            red_to_green * red,
            red_to_blue * red + green_to_blue * green,
        ]
        loc = loc + torch.stack(shifts, -2)
    z = (x[..., None] - loc) * torch.exp(-log_scale)
    log_density = (-z - log_scale - 2 * F.softplus(-z)).sum(-2)
    return torch.logsumexp(logits.log_softmax(-1) + log_density, -1).sum((1, 2))
