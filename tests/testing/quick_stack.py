"""The stack of callers without their source, which takes nearly all of the time."""

import inspect
import sys


def stack(context: int = 1) -> list[inspect.FrameInfo]:
    """Lists the callers as `inspect.stack` does, but without lines of source.

    kfp asks for the name of its caller at each setting of a task. Under pytest and with
    TensorFlow imported, `inspect.stack` then looks for the modules of sixty frames.
    """
    frames = []
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        frames.append(
            inspect.FrameInfo(
                frame, code.co_filename, frame.f_lineno, code.co_name, None, None
            )
        )
        frame = frame.f_back
    return frames
