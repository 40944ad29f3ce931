"""Images of a split that are selected and converted where they are read."""

import numpy as np

from smoothing_tf.numerics import levels_to_uint8


class ImageView:
    """Some images of an array of levels, as uint8.

    It is indexed as an array is, by a slice or by positions, and is not a copy: an
    array that is mapped to a file stays there.

    Args:
      levels: integers [m, h, w, c], all below `num_levels`.
      num_levels: L, the number of levels; level i is the grey level 255 i / (L - 1).
      indices: positions in `levels` of the images; None for all in stored order.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        levels: np.ndarray,
        num_levels: int = 256,
        indices: np.ndarray | None = None,
    ):
        self._levels, self._num_levels = levels, num_levels
        self._indices = indices
        num_images = len(levels) if indices is None else len(indices)
        self.shape = (num_images, *levels.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Reads images, uint8 [n, h, w, c]."""
        if self._indices is not None:
            rows = self._indices[rows]
        return levels_to_uint8(self._levels[rows], self._num_levels)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        """Reads all images."""
        images = self[:]
        return images if dtype is None else images.astype(dtype)

    def select(self, indices: np.ndarray) -> "ImageView":
        """Returns a view of the images at positions int64 [n] of this one."""
        if self._indices is not None:
            indices = self._indices[indices]
        return ImageView(self._levels, self._num_levels, indices)


# Images that are read a part at a time, by a slice or by positions.
Images = np.ndarray | ImageView
