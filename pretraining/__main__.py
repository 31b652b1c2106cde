"""Pretrain the nano encoders on texts without labels.

python -m pretraining train bert-nano --reviews reviews.txt.gz --output FOLDER
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import torch
from torch import nn

import zoo
from pretraining.batches import Batches
from pretraining.cooccurrence import stored_word_embeddings
from pretraining.corpus import Corpus, load_corpus, write_json
from pretraining.curves import draw_curves, read_history
from pretraining.export import export as export_encoder
from pretraining.loop import Plan, Pretraining
from pretraining.objectives import (
    MaskedLanguageModel,
    ReplacedTokenDetection,
    TokenPredictor,
    Vocabulary,
)
from pretraining.warm_start import begin_predictor, begin_with
from zoo.errors import ZooError
from zoo.seeds import seeded
from zoo.transformers_encoder import TransformersEncoder

OBJECTIVES = ("masked-tokens", "replaced-tokens")


@click.group(help=__doc__)
def main() -> None:
    """The commands of pretraining."""


@main.command()
@click.argument("name", metavar="ENCODER")
@click.option("--reviews", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--objective", type=click.Choice(OBJECTIVES), default=OBJECTIVES[0])
@click.option("--generator", type=click.Path(exists=True, path_type=Path), help="A run's folder.")
@click.option(
    "--begin", type=click.Path(exists=True, path_type=Path), help="Begin with this run's encoder."
)
@click.option("--passes", default=2.0, show_default=True, help="Over the whole corpus.")
@click.option(
    "--tokens",
    type=click.IntRange(min=1),
    default=4096,
    show_default=True,
    help="Of a batch, with its padding.",
)
@click.option("--learning-rate", default=1e-3, show_default=True)
@click.option("--word-weight", type=float, default=None, help="Of the first token's loss.")
@click.option("--threads", type=int, default=None, help="Of the CPU; all if not given.")
def train(
    name: str,
    reviews: Path,
    output: Path,
    objective: str,
    generator: Path | None,
    begin: Path | None,
    passes: float,
    tokens: int,
    learning_rate: float,
    word_weight: float | None,
    threads: int | None,
) -> None:
    """Train ENCODER on reviews; run it again to go on, with more passes to go further."""
    if objective == "replaced-tokens" and generator is None:
        raise click.UsageError("--objective replaced-tokens needs a --generator")
    if threads:
        torch.set_num_threads(threads)
    try:
        encoder = fresh_encoder(name)
    except ZooError as error:
        raise click.ClickException(str(error)) from error
    output.mkdir(parents=True, exist_ok=True)
    assert encoder.tokenizer is not None
    try:
        training, held_out = load_corpus(output.parent, reviews, encoder.tokenizer)
    except ZooError as error:
        raise click.ClickException(
            f"{error}\nThe test texts of all Korean tasks are left out of what is trained on"
        ) from error
    options = {} if word_weight is None else {"word_weight": word_weight}
    if begin is not None:
        begin_with(encoder, encoder_weights(begin))
    else:
        begin_with_counts(encoder, training, output.parent)
    model: MaskedLanguageModel | ReplacedTokenDetection
    if objective == "masked-tokens":
        model = MaskedLanguageModel(encoder, vocabulary_of(encoder), **options)
    else:
        assert generator is not None
        model = ReplacedTokenDetection(encoder, finished_generator(generator), **options)
    if begin is not None:
        begin_predictors(model, stored_model(begin))
    plan = Plan(steps=0, tokens_per_batch=tokens, learning_rate=learning_rate)
    per_pass = Batches(training, plan.tokens_per_batch, 0, plan.seed).per_pass
    plan = dataclasses.replace(plan, steps=round(passes * per_pass))
    record = {
        "encoder": name,
        "objective": objective,
        "learning_rate": learning_rate,
        "tokens_per_batch": tokens,
        "texts": len(training),
        "tokens": len(training.ids),
        "held_out_texts": len(held_out),
        "steps_per_pass": per_pass,
        "begun_with": None if begin is None else name_of(begin),
    }
    begin_or_go_on(output, record)
    try:
        Pretraining(model, training, held_out, plan, output).run()
    except FloatingPointError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def curves(runs: Sequence[Path], output: Path) -> None:
    """Draw the losses of RUNS, in training and on held-out texts, as SVG."""
    draw_curves({name_of(run): read_history(run) for run in runs}, output)


@main.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path))
def export(run: Path, output: Path) -> None:
    """Write the encoder of RUN, a folder of `train`, as the folder that a package ships."""
    size = export_encoder(name_of(run), encoder_weights(run), output)
    click.echo(f"{output}: {size:,} bytes")


def begin_or_go_on(output: Path, record: dict[str, Any]) -> None:
    """Write what a run is; raises `click.ClickException` where `output` holds another one."""
    if not (output / "run.json").exists():
        write_json(output / "run.json", record)
        return
    begun = read_record(output)
    for name, value in record.items():
        if begun.get(name) != value:
            raise click.ClickException(
                f"{output} holds a run whose {name} is {begun.get(name)!r}, and not {value!r}: go "
                "on as it was begun, or give another --output"
            )


def name_of(run: Path) -> str:
    """The encoder that a run trains."""
    return read_record(run)["encoder"]


def read_record(run: Path) -> dict[str, Any]:
    """What a run is and what it was made of."""
    try:
        return json.loads((run / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise click.ClickException(f"{run}: no run of `train`, as it holds no run.json") from None


def fresh_encoder(name: str) -> TransformersEncoder:
    """The encoder of a name with random weights and without dropout.

    A few passes over many texts cannot be learned by heart: there is nothing to forget on purpose.
    """
    with seeded(0, f"pretraining {name}"):
        return zoo.build(
            name, "linear", num_labels=2, pretrained=False, encoder_options={"dropout": 0.0}
        ).encoder


def begin_predictors(model: nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Give the model's predictors what those of another run have learned, where it has them."""
    words = weights["encoder.model.embeddings.word_embeddings.weight"]
    for name, predictor in model.named_children():
        own = {
            key.removeprefix(f"{name}."): value
            for key, value in weights.items()
            if key.startswith(f"{name}.")
        }
        if isinstance(predictor, TokenPredictor) and own:
            begin_predictor(predictor, own, words)


def begin_with_counts(encoder: TransformersEncoder, corpus: Corpus, folder: Path) -> None:
    """Give the encoder's words the embeddings that counting finds; special tokens stay random."""
    table = encoder.model.get_input_embeddings()
    assert isinstance(table, torch.nn.Embedding)
    vocabulary = vocabulary_of(encoder)
    found = stored_word_embeddings(
        folder, corpus, table.num_embeddings, vocabulary.first_word, table.embedding_dim
    )
    with torch.no_grad():
        words = torch.from_numpy(found)[vocabulary.first_word :]
        table.weight[vocabulary.first_word :] = words.to(table.weight)


def vocabulary_of(encoder: TransformersEncoder) -> Vocabulary:
    """What masking needs to know; the packaged vocabulary begins with its special tokens."""
    tokenizer = encoder.tokenizer
    assert tokenizer is not None
    return Vocabulary(
        mask_id=tokenizer.mask_token_id,
        first_word=max(tokenizer.all_special_ids) + 1,
        size=len(tokenizer),
    )


def stored_model(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of a run's last checkpoint."""
    return torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)["model"]


def encoder_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of a run's encoder."""
    weights = stored_model(folder)
    return {
        key.removeprefix("encoder."): value
        for key, value in weights.items()
        if key.startswith("encoder.")
    }


def finished_generator(folder: Path) -> MaskedLanguageModel:
    """The masked language model of a finished run."""
    encoder = fresh_encoder(name_of(folder))
    model = MaskedLanguageModel(encoder, vocabulary_of(encoder))
    model.load_state_dict(stored_model(folder))
    return model


if __name__ == "__main__":
    main()
