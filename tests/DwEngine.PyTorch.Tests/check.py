"""Runs the modules of a folder: computes, trains a step, and leaves what it got for whoever wrote them.

Beside NAME.py lie NAME.safetensors and NAME.in.K.bin; NAME.json says the inputs' shapes and types, and whether to train.
It leaves NAME.out.K.bin, and of a module that was trained NAME.tuned.safetensors, NAME.tuned.pth and NAME.tuned.out.K.bin.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy
import torch


def results(net, inputs):
    y = net(*inputs)
    return list(y) if isinstance(y, tuple) else [y]


def write(stem, tensors):
    for i, tensor in enumerate(tensors):
        tensor.detach().contiguous().numpy().tofile(f"{stem}.{i}.bin")


def check(path):
    facts = json.loads(path.with_suffix(".json").read_text())
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (cls,) = [
        value for value in vars(module).values() if isinstance(value, type) and issubclass(value, torch.nn.Module) and value.__module__ == path.stem
    ]
    stem = str(path.with_suffix(""))
    net = cls.from_file()
    assert set(net.state_dict()) == set(module.read_safetensors(stem + ".safetensors")), "other names in the state_dict"
    inputs = [
        torch.from_numpy(numpy.fromfile(f"{stem}.in.{i}.bin", entry["dtype"]).reshape(entry["shape"])) for i, entry in enumerate(facts["inputs"])
    ]
    outputs = results(net, inputs)
    write(stem + ".out", outputs)
    if not facts["train"]:
        return
    # Each image of a batch is computed as alone.
    images = [inputs, [x.flip(-1) for x in inputs], [x / 2 for x in inputs]]
    together = results(net, [torch.cat(parts) for parts in zip(*images)])
    for i, image in enumerate(images):
        for single, batch in zip(results(net, image), together):
            count = single.shape[0]
            assert batch.shape == (3 * count, *single.shape[1:]), "the batch is not free"
            difference = (batch[i * count : (i + 1) * count] - single).abs().max() / single.abs().max()
            assert difference < 1e-5, f"images of a batch differ by {difference}"
    net.train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    loss = sum(y.square().mean() / y.detach().square().mean() for y in results(net, [torch.cat([x.flip(-1), x]) for x in inputs]))
    loss.backward()
    dead = [name for name, parameter in net.named_parameters() if parameter.grad is None or not parameter.grad.isfinite().all()]
    assert not dead, f"no gradient for {dead[:3]}"
    norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    assert norm > 0, "no gradient at all"
    torch.optim.SGD(net.parameters(), 0.05).step()
    assert any(not torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items() if tensor.is_floating_point())
    net.eval()
    write(stem + ".tuned.out", results(net, inputs))
    net.save(stem + ".tuned.safetensors")
    torch.save(net.state_dict(), stem + ".tuned.pth")


for path in sorted(Path(sys.argv[1]).glob("*.py")):
    try:
        with torch.no_grad() if not json.loads(path.with_suffix(".json").read_text())["train"] else torch.enable_grad():
            check(path)
    except Exception as error:
        print(f"{path.stem}: {type(error).__name__}: {error}")
