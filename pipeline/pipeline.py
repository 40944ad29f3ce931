r"""The pipeline: the one graph that a workstation and a cluster both run.

    configure -> ingest -> augment -> train_smoothed -+-> export -> generate -> evaluate
                                  \-> train_reverse --+                     -> push

configure always runs. It checks the configuration and looks at the code and the data of
the machine that it runs on. Every other node depends on the artifacts it reads, on its
own slice of the configuration and on a digest of the code it runs, and on nothing else:
a cache re-runs only the nodes that a change can reach.
"""

from collections.abc import Callable
from typing import NamedTuple

from kfp import dsl

from components.augment.component import augment
from components.configure.component import configure
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
        flags: str,
        seed: int,
        noise_scale: str,
        num_steps: int,
        num_samples: int,
        max_bits_per_dim: str,
        push_dir: str,
    ) -> Outputs:
        """Shown next to the parameters of a run.

        Args:
          flags: Text of a flagfile with all other settings, one --name=value a line.
          seed: Seed of initial weights, noise, order of the data and samples.
          noise_scale: Standard deviation of the noise, or auto.
          num_steps: Optimizer steps of both stages; 0 if flags gives each its own.
          num_samples: Number of samples to draw and compare with real data.
          max_bits_per_dim: Largest bound of a model that is pushed, or none.
          push_dir: Where models are pushed to, a directory or gs://BUCKET/DIR.
        """

        def node(name: str, component, **inputs) -> dsl.PipelineTask:
            task = component(**inputs)
            task.set_display_name(name)
            task.set_container_image(image)
            if equip is not None:
                equip(name, task)
            return task

        configured = node(
            "configure",
            configure,
            flags=flags,
            seed=seed,
            noise_scale=noise_scale,
            num_steps=num_steps,
            num_samples=num_samples,
            max_bits_per_dim=max_bits_per_dim,
            push_dir=push_dir,
        )
        # The code and the data, which it looks at, are not among its inputs.
        configured.set_caching_options(False)
        own = configured.outputs
        ingested = node(
            "ingest",
            ingest,
            settings=own["ingest_settings"],
            data_digest=own["data_digest"],
            code_digest=own["ingest_code"],
        )
        data = ingested.outputs["data"]
        augmented = node(
            "augment",
            augment,
            data=data,
            settings=own["augment_settings"],
            code_digest=own["augment_code"],
        )
        inputs = {"data": data, "smoothing_spec": augmented.outputs["smoothing_spec"]}
        stages = {
            stage: node(
                f"train_{stage}",
                train,
                stage=stage,
                flags=own[f"train_{stage}_flags"],
                code_digest=own["train_code"],
                **inputs,
            ).outputs["model"]
            for stage in ("smoothed", "reverse")
        }
        saved_model = node(
            "export",
            export,
            flags=own["export_flags"],
            code_digest=own["export_code"],
            made_from=own["made_from"],
            **inputs,
            **stages,
        ).outputs["saved_model"]
        generated = node(
            "generate",
            generate,
            saved_model=saved_model,
            settings=own["generate_settings"],
            code_digest=own["generate_code"],
        )
        evaluated = node(
            "evaluate",
            evaluate,
            flags=own["evaluate_flags"],
            saved_model=saved_model,
            samples=generated.outputs["samples"],
            predecessor=own["predecessor"],
            code_digest=own["evaluate_code"],
            **inputs,
            **stages,
        )
        blessed = evaluated.outputs["Output"]
        with dsl.If(blessed == "true", name="blessed"):
            node(
                "push",
                push,
                saved_model=saved_model,
                push_dir=own["push_dir"],
                code_digest=own["push_code"],
            )
        return Outputs(
            blessed=blessed,
            data_page=ingested.outputs["page"],
            evaluation=evaluated.outputs["evaluation"],
            report=evaluated.outputs["report"],
            saved_model=saved_model,
        )

    return smoothing
