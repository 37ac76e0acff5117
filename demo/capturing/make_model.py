"""Make a tiny model of random weights with its own tokenizer, so that a real vLLM can serve it on a CPU.

A Qwen2 of 2.9 million parameters, or a BLIP-2 that reads pictures and writes with that Qwen2; its text is noise.
The tokenizer is a 1,024-token BPE, trained on the standard library.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import click
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    BlipImageProcessor,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

LONGEST_SEQUENCE_TOKENS = 2048
END_OF_TEXT, START_OF_TURN, END_OF_TURN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
PICTURE = "<image>"
CHAT_TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
# What is left of a picture: a square of 16 patches, and as many tokens.
PICTURE_SIDE_PIXELS, PATCH_SIDE_PIXELS, PICTURE_TOKENS = 56, 14, 16


def train_tokenizer(special_tokens: Sequence[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE of 1,024 tokens, trained on 20 files of Python's standard library."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1024,
        special_tokens=list(special_tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    bpe.train([str(path) for path in sorted(Path(os.__file__).parent.glob("*.py"))[:20]], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=END_OF_TURN, pad_token=END_OF_TEXT, model_max_length=LONGEST_SEQUENCE_TOKENS
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def text_config(tokenizer: PreTrainedTokenizerFast) -> Qwen2Config:
    """Four layers of 256 units."""
    return Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=LONGEST_SEQUENCE_TOKENS,
        bos_token_id=tokenizer.convert_tokens_to_ids(END_OF_TEXT),
        eos_token_id=tokenizer.convert_tokens_to_ids(END_OF_TURN),
        architectures=["Qwen2ForCausalLM"],
    )


def picture_config(tokenizer: PreTrainedTokenizerFast) -> Blip2Config:
    """A vision tower and a query transformer of two layers of 64 units each, before the model of text."""
    layers = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    return Blip2Config(
        vision_config=layers | {"image_size": PICTURE_SIDE_PIXELS, "patch_size": PATCH_SIDE_PIXELS},
        qformer_config=layers | {"encoder_hidden_size": layers["hidden_size"], "vocab_size": len(tokenizer)},
        text_config=text_config(tokenizer).to_dict(),
        num_query_tokens=PICTURE_TOKENS,
        image_token_index=tokenizer.convert_tokens_to_ids(PICTURE),
    )


def save_text_model(folder: Path) -> None:
    """A Qwen2 in bfloat16, drawn from a fixed seed, and its tokenizer."""
    tokenizer = train_tokenizer([END_OF_TEXT, START_OF_TURN, END_OF_TURN])
    tokenizer.save_pretrained(folder)
    Qwen2ForCausalLM(text_config(tokenizer)).to(torch.bfloat16).save_pretrained(folder)


def save_picture_model(folder: Path) -> None:
    """A BLIP-2 in bfloat16, drawn from a fixed seed, and its processor: tokenizer, and scaling of pictures."""
    tokenizer = train_tokenizer([END_OF_TEXT, START_OF_TURN, END_OF_TURN, PICTURE])
    scaling = BlipImageProcessor(size={"height": PICTURE_SIDE_PIXELS, "width": PICTURE_SIDE_PIXELS})
    Blip2Processor(scaling, tokenizer, num_query_tokens=PICTURE_TOKENS).save_pretrained(folder)
    Blip2ForConditionalGeneration(picture_config(tokenizer)).to(torch.bfloat16).save_pretrained(folder)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pictures", is_flag=True, help="A model that reads pictures; without it, one of text only.")
def main(folder: Path, pictures: bool) -> None:
    """Write the model and its tokenizer to FOLDER."""
    torch.manual_seed(0)
    save = save_picture_model if pictures else save_text_model
    save(folder)


if __name__ == "__main__":
    main()
