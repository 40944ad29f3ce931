"""Processes that are forks of one server, which has imported TensorFlow."""

import multiprocessing

# Modules that the processes import, which takes most of their time. One server serves
# all tests of a pytest process, so every user's modules are listed here.
_PRELOADED = (
    "experiments.cells",
    "kfp.dsl.executor_main",
    *(
        f"components.{name}.executor"
        for name in (
            "augment",
            "evaluate",
            "export",
            "generate",
            "ingest",
            "push",
            "train",
        )
    ),
    "tests.testing.train_tiny",
)


def forkserver_context() -> multiprocessing.context.ForkServerContext:
    """Returns the context whose processes start with the imports done.

    TensorFlow is imported in the server, but does not run there: it cannot be forked
    once it does.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    return context
