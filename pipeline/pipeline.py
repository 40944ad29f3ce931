r"""The pipeline: the one graph that a workstation and a cluster both run.

    ingest -> augment -> train_smoothed -+-> export -> generate -> evaluate -> push
                     \-> train_reverse --+

Every node depends on the artifacts it reads, on its own slice of the
configuration and on a digest of the code it runs, and on nothing else: a cache re-runs
only the nodes that a change can reach.
"""

from collections.abc import Callable
from typing import NamedTuple

from kfp import dsl

from components.augment.component import augment
from components.evaluate.component import evaluate
from components.export.component import export
from components.generate.component import generate
from components.ingest.component import ingest
from components.push.component import push
from components.train.component import train


class Outputs(NamedTuple):
    """The outputs that a run displays."""

    blessed: str
    data_page: dsl.HTML
    evaluation: dsl.Artifact
    report: dsl.HTML
    saved_model: dsl.Model


def smoothing_pipeline(
    image: str, equip: Callable[[str, dsl.PipelineTask], None] | None = None
) -> dsl.base_component.BaseComponent:
    """Makes the pipeline, with `image` as the container image of every node.

    Args:
      image: name of a container image that holds Python and our packages.
      equip: function of a node's name and its task that adds what the node needs on a
        cluster, e.g. memory or a volume.

    Returns:
      The pipeline. Calling it runs it under `kfp.local`; `kfp.compiler` compiles
      it for a cluster.
    """

    @dsl.pipeline(
        name="smoothing",
        description="Two-stage autoregressive modeling with distribution smoothing.",
    )
    def smoothing(
        dataset: str,
        data_dir: str,
        max_rejected_fraction: float,
        smoothing: str,
        noise_scale: str,
        train_smoothed_flags: list,
        train_reverse_flags: list,
        export_flags: list,
        num_samples: int,
        evaluate_flags: list,
        push_dir: str,
        seed: int,
        beam_runner: str,
        beam_options: list,
        max_duplicate_fraction: float = 1.0,
        image_mode: str = "auto",
        image_size: list = [],  # noqa: B006 - the compiler reads it as a constant.
        num_levels: int = 0,
        data_settings: dict = {},  # noqa: B006
        data_digest: str = "",
        ingest_code: str = "",
        augment_code: str = "",
        train_code: str = "",
        export_code: str = "",
        generate_code: str = "",
        evaluate_code: str = "",
        push_code: str = "",
    ) -> Outputs:
        def node(name: str, component, **inputs) -> dsl.PipelineTask:
            task = component(**inputs)
            task.set_display_name(name)
            task.set_container_image(image)
            if equip is not None:
                equip(name, task)
            return task

        ingested = node(
            "ingest",
            ingest,
            dataset=dataset,
            data_dir=data_dir,
            data_digest=data_digest,
            max_rejected_fraction=max_rejected_fraction,
            max_duplicate_fraction=max_duplicate_fraction,
            beam_runner=beam_runner,
            beam_options=beam_options,
            image_mode=image_mode,
            image_size=image_size,
            num_levels=num_levels,
            data_settings=data_settings,
            code_digest=ingest_code,
        )
        data = ingested.outputs["data"]
        augmented = node(
            "augment",
            augment,
            data=data,
            smoothing=smoothing,
            noise_scale=noise_scale,
            seed=seed,
            code_digest=augment_code,
        )
        inputs = {"data": data, "smoothing_spec": augmented.outputs["smoothing_spec"]}
        stages = {
            stage: node(
                f"train_{stage}",
                train,
                stage=stage,
                flags=flags,
                code_digest=train_code,
                **inputs,
            ).outputs["model"]
            for stage, flags in (
                ("smoothed", train_smoothed_flags),
                ("reverse", train_reverse_flags),
            )
        }
        saved_model = node(
            "export",
            export,
            flags=export_flags,
            code_digest=export_code,
            **inputs,
            **stages,
        ).outputs["saved_model"]
        generated = node(
            "generate",
            generate,
            saved_model=saved_model,
            num_samples=num_samples,
            seed=seed,
            beam_runner=beam_runner,
            beam_options=beam_options,
            code_digest=generate_code,
        )
        evaluated = node(
            "evaluate",
            evaluate,
            flags=evaluate_flags,
            samples=generated.outputs["samples"],
            code_digest=evaluate_code,
            **inputs,
            **stages,
        )
        blessed = evaluated.outputs["Output"]
        with dsl.If(blessed == "true", name="blessed"):
            node(
                "push",
                push,
                saved_model=saved_model,
                push_dir=push_dir,
                code_digest=push_code,
            )
        return Outputs(
            blessed=blessed,
            data_page=ingested.outputs["page"],
            evaluation=evaluated.outputs["evaluation"],
            report=evaluated.outputs["report"],
            saved_model=saved_model,
        )

    return smoothing
