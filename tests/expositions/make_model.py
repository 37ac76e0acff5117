"""Make a tiny Qwen2 model of random weights with its own tokenizer, so that a real vLLM can serve it on a CPU.

The model has 2.9 million parameters; its text is noise. The tokenizer is a 1,024-token BPE, trained on the standard library.
"""

import os
from pathlib import Path

import click
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

LONGEST_SEQUENCE_TOKENS = 2048
END_OF_TEXT, START_OF_TURN, END_OF_TURN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"


def train_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE of 1,024 tokens, trained on 20 files of Python's standard library."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1024,
        special_tokens=[END_OF_TEXT, START_OF_TURN, END_OF_TURN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    bpe.train([str(path) for path in sorted(Path(os.__file__).parent.glob("*.py"))[:20]], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=END_OF_TURN, pad_token=END_OF_TEXT, model_max_length=LONGEST_SEQUENCE_TOKENS
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def make_weights(tokenizer: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """Four layers of 256 units in bfloat16, drawn from a fixed seed."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=LONGEST_SEQUENCE_TOKENS,
        bos_token_id=tokenizer.convert_tokens_to_ids(END_OF_TEXT),
        eos_token_id=tokenizer.convert_tokens_to_ids(END_OF_TURN),
    )
    return Qwen2ForCausalLM(config).to(torch.bfloat16)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Write the model and its tokenizer to FOLDER."""
    tokenizer = train_tokenizer()
    tokenizer.save_pretrained(folder)
    make_weights(tokenizer).save_pretrained(folder)


if __name__ == "__main__":
    main()
