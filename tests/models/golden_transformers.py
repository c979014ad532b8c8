"""Writes golden/transformers.json: names, shapes and outputs of the networks of transformers, and of
torchvision's VisionTransformer, with weights that follow a formula, which
networks_like_transformers_test.ts gives to Graft's.

    python tests/models/golden_transformers.py
"""
import hashlib, json, os
import numpy, torch, torchvision, transformers
from torchvision.models import VisionTransformer, vit_b_16, vit_b_32
from transformers import (
    BertConfig, BertForSequenceClassification, CLIPConfig, CLIPModel, DistilBertConfig,
    DistilBertForSequenceClassification, GPT2Config, GPT2ForSequenceClassification, XLNetConfig,
    XLNetForSequenceClassification)

BATCH, LENGTH = 3, 7
LENGTHS = [7, 5, 2]

# The class, the names of Graft's options, what is beyond them, and the options of the small one.
SMALL = {"vocabulary": 31, "layers": 2, "hidden": 12, "heads": 3, "intermediate": 20, "classes": 4}
BERT = {"vocabulary": "vocab_size", "layers": "num_hidden_layers", "hidden": "hidden_size",
        "heads": "num_attention_heads", "intermediate": "intermediate_size",
        "maxPositions": "max_position_embeddings", "classes": "num_labels"}
TINY = {"num_hidden_layers": 2, "hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 512}
CASES = {
    "bert": (BertForSequenceClassification, BertConfig, BERT, {}, SMALL | {"maxPositions": 9}),
    "bert_tiny": (BertForSequenceClassification, BertConfig, BERT, TINY, None),
    "bert_mini": (BertForSequenceClassification, BertConfig, BERT, {
        "num_hidden_layers": 4, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}, None),
    "bert_small": (BertForSequenceClassification, BertConfig, BERT, {
        "num_hidden_layers": 4, "hidden_size": 512, "num_attention_heads": 8, "intermediate_size": 2048}, None),
    "distilbert": (DistilBertForSequenceClassification, DistilBertConfig, {
        "vocabulary": "vocab_size", "layers": "n_layers", "hidden": "dim", "heads": "n_heads",
        "intermediate": "hidden_dim", "maxPositions": "max_position_embeddings", "classes": "num_labels"},
        {}, SMALL | {"maxPositions": 9}),
    "gpt2": (GPT2ForSequenceClassification, GPT2Config, {
        "vocabulary": "vocab_size", "layers": "n_layer", "hidden": "n_embd", "heads": "n_head",
        "intermediate": "n_inner", "maxPositions": "n_positions", "classes": "num_labels",
        "padding": "pad_token_id"}, {"pad_token_id": 50256}, SMALL | {"maxPositions": 9, "padding": 0}),
    "xlnet": (XLNetForSequenceClassification, XLNetConfig, {
        "vocabulary": "vocab_size", "layers": "n_layer", "hidden": "d_model", "heads": "n_head",
        "intermediate": "d_inner", "classes": "num_labels"},
        {"d_model": 768, "n_layer": 12, "n_head": 12, "d_inner": 3072}, SMALL),
}


def wave(name, count):
    """4093 numbers sin(phase + 12.9898·i) again and again, the phase by the name."""
    phase = sum(name.encode()) % 1000
    return numpy.resize(numpy.sin(phase + 12.9898 * numpy.arange(4093, dtype=numpy.float64)), count)


def value(name, shape):
    one = wave(name, int(numpy.prod(shape))).reshape(shape)
    if len(shape) > 1:
        return one * (2.0 / numpy.prod(shape[1:])) ** 0.5
    return 1 + 0.25 * one if name.endswith("weight") else 0.1 * one


def described(net):
    # XLNet's mask_emb is read while pre-training only.
    weights = {k: v for k, v in net.named_parameters() if not k.endswith("mask_emb")}
    lines = sorted(f"{k} {','.join(map(str, v.shape))}" for k, v in weights.items())
    return {"parameters": sum(v.numel() for v in weights.values()),
            "shapes": hashlib.sha256("\n".join(lines).encode()).hexdigest()}


def fill(net):
    with torch.no_grad():
        for name, weight in net.named_parameters():
            weight.copy_(torch.tensor(value(name, weight.shape), dtype=torch.float32))
    return net.double().eval()


def plain(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


def slopes(net, outputs):
    """The mean cross entropy of class 0, and its slope along `value` of every weight."""
    loss = torch.nn.functional.cross_entropy(outputs, torch.zeros(len(outputs), dtype=torch.long))
    loss.backward()
    slope = sum((p.grad * torch.tensor(value(k, p.shape))).sum()
                for k, p in net.named_parameters() if p.grad is not None)
    return {"outputs": plain(outputs), "loss": float(loss.detach()), "slope": float(slope.detach())}


def tokens(left=False):
    """Ids from 1 to 30, and 0 where the mask is 0, on the right or on the left."""
    ids = numpy.array([[1 + (31 * n + 17 * t) % 30 for t in range(LENGTH)] for n in range(BATCH)])
    mask = numpy.array([[1 if t < LENGTHS[n] else 0 for t in range(LENGTH)] for n in range(BATCH)])
    if left:
        mask = mask[:, ::-1].copy()
    return {"input_ids": ids * mask, "attention_mask": mask,
            "token_type_ids": numpy.array([[t % 2 for t in range(LENGTH)]] * BATCH)}


def build(cls, config, **options):
    # use_cache and the like stay as they are: they are no weights.
    return cls(config(attn_implementation="eager", **options))


result = {}
for name, (cls, config, names, beyond, small) in CASES.items():
    with torch.device("meta"):
        result[name] = described(build(cls, config, **beyond))
    if small is None:
        continue
    net = build(cls, config, **{names[k]: v for k, v in small.items()})
    inputs = tokens(left=name == "xlnet")
    if name in ("distilbert", "gpt2"):
        del inputs["token_type_ids"]
    outputs = fill(net)(**{k: torch.tensor(v) for k, v in inputs.items()}).logits
    result[name]["small"] = described(net) | {
        "options": small, "inputs": {k: v.tolist() for k, v in inputs.items()}} | slopes(net, outputs)


def picture(size):
    return torch.tensor(wave("x", 2 * 3 * size * size).reshape(2, 3, size, size))


def clip(image, text):
    both = {"layers": "num_hidden_layers", "hidden": "hidden_size", "heads": "num_attention_heads",
            "intermediate": "intermediate_size", "embedding": "projection_dim"}
    named = lambda options, names: {(both | names)[k]: v for k, v in options.items()}
    return CLIPModel(CLIPConfig(
        text_config=named(text, {"vocabulary": "vocab_size", "maxPositions": "max_position_embeddings",
                                 "end": "eos_token_id"}),
        vision_config=named(image, {"sizePx": "image_size", "patchPx": "patch_size"}),
        projection_dim=image.get("embedding", 512), attn_implementation="eager"))


image = {"sizePx": 8, "patchPx": 4, "layers": 2, "hidden": 12, "heads": 3, "intermediate": 20, "embedding": 6}
text = {"vocabulary": 31, "maxPositions": 9, "layers": 2, "hidden": 8, "heads": 2, "intermediate": 16,
        "embedding": 6, "end": 30}
with torch.device("meta"):
    result["clip"] = described(clip({}, {}))
net = clip(image, text)
inputs = tokens()
del inputs["token_type_ids"]
for row, length in enumerate(LENGTHS):
    inputs["input_ids"][row] = inputs["input_ids"][row] % 29 * inputs["attention_mask"][row]
    inputs["input_ids"][row][length - 1] = 30
with torch.no_grad():
    given = fill(net)(pixel_values=picture(8), **{k: torch.tensor(v) for k, v in inputs.items()})
    images = net.get_image_features(picture(8)).pooler_output
    texts = net.get_text_features(**{k: torch.tensor(v) for k, v in inputs.items()}).pooler_output
result["clip"]["small"] = described(net) | {
    "image": image, "text": text, "inputs": {k: v.tolist() for k, v in inputs.items()},
    "imageEmbeddings": plain(images), "textEmbeddings": plain(texts),
    "scale": float(net.logit_scale.exp()), "outputs": plain(given.logits_per_image)}

with torch.device("meta"):
    result["vit_b_16"], result["vit_b_32"] = described(vit_b_16()), described(vit_b_32())
small = {"sizePx": 12, "patchPx": 4, "layers": 2, "hidden": 12, "heads": 3, "intermediate": 20, "classes": 4}
net = VisionTransformer(
    image_size=12, patch_size=4, num_layers=2, num_heads=3, hidden_dim=12, mlp_dim=20, num_classes=4)
result["vit_b_16"]["small"] = described(net) | {"options": small} | slopes(net, fill(net)(picture(12)))

made = (f"tests/models/golden_transformers.py, transformers {transformers.__version__}, "
        f"torchvision {torchvision.__version__}, torch {torch.__version__}, float64")
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "transformers.json")
with open(path, "w") as file:
    json.dump({"made": made, "networks": result}, file, indent=2)
    file.write("\n")
