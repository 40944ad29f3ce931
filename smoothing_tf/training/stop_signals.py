"""Finishes the current call, saves and exits on SIGTERM and Ctrl-C."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Programs such as timeout(1) signal a process and then its group: signals that arrive
# together are one request.
_ONE_REQUEST_SECONDS = 0.5


class StopSignals:
    """Turns the first SIGINT or SIGTERM into a request; the second ends the process.

    As a context manager it installs its handlers and restores the earlier ones at the
    end. A signal raises KeyboardInterrupt (SIGINT) or SystemExit(143) (SIGTERM) at
    once, except inside `deferred`, where it waits for `raise_if_requested`. A second
    signal ends the process with the status 130 or 143, whatever it is doing. A thread
    does that, and reports the first signal, because Python's own handlers only run
    after a compiled function has returned.

    Outside the main thread, where Python allows no handlers, it does nothing.
    """

    def __init__(self):
        self._requested: int | None = None
        self._is_deferred = False
        self._is_unreported = threading.Lock()
        self._restore = contextlib.ExitStack()

    def __enter__(self):
        if threading.current_thread() is not threading.main_thread():
            return self
        receiver, sender = socket.socketpair()
        sender.setblocking(False)
        stack = self._restore
        stack.callback(receiver.close)
        thread = threading.Thread(
            target=self._watch, args=(receiver,), daemon=True, name="stop signals"
        )
        thread.start()
        stack.callback(thread.join)
        # Closing the sender ends the thread.
        stack.callback(sender.close)
        # The file descriptor gets the number of each signal as it arrives.
        earlier = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        stack.callback(signal.set_wakeup_fd, earlier)
        for number in _SIGNALS:
            handler = signal.signal(number, self._handle)
            if handler is not None:  # None: it was not installed by Python.
                stack.callback(signal.signal, number, handler)
        return self

    def __exit__(self, *_):
        self._restore.close()

    @property
    def requested(self) -> int | None:
        """The number of the signal that was received, or None."""
        return self._requested

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Makes signals wait for `raise_if_requested`."""
        self._is_deferred = True
        try:
            yield
        finally:
            self._is_deferred = False

    def raise_if_requested(self) -> None:
        """Raises an exception if a signal was received.

        Raises:
          KeyboardInterrupt: it was SIGINT.
          SystemExit: it was SIGTERM, with the status 143.
        """
        if self._requested == signal.SIGINT:
            raise KeyboardInterrupt
        if self._requested is not None:
            raise SystemExit(128 + self._requested)

    def _handle(self, number, _frame):
        self._requested = number
        if self._is_deferred:
            self._report_once(number)
            return
        if number == signal.SIGTERM:
            _say("Terminated.")
        self.raise_if_requested()

    def _watch(self, receiver: socket.socket) -> None:
        """Reports the first of our signals, and ends the process at the second.

        Returns when the other end of `receiver` is closed.
        """
        first = None
        while received := receiver.recv(1):
            if received[0] not in _SIGNALS:
                continue
            now = time.monotonic()
            first = first or now
            if now - first > _ONE_REQUEST_SECONDS:
                os._exit(128 + received[0])
            if self._is_deferred:
                self._report_once(received[0])

    def _report_once(self, number: int) -> None:
        """Reports the first signal once, from the thread or from the handler."""
        if self._is_unreported.acquire(blocking=False):
            # A new line, because a progress bar does not end its own.
            name = signal.Signals(number).name
            _say(
                f"\n{name}: finishing the current call and saving a checkpoint. A"
                " second signal ends the process at once."
            )


def _say(line: str) -> None:
    # Not by print: the handler may have interrupted a print.
    with contextlib.suppress(OSError):
        os.write(2, f"{line}\n".encode())
