"""Trains a small network to answer as the original does. Needs torch and Pillow; no labels.

    dw convert expanded.pth -o original.py
    dw decompose expanded.pth -o small.py --calibration photos
    python3 finetune.py original.py small.py photos -o tuned.safetensors
    dw convert small.py --weights tuned.safetensors -o tuned.onnx

The logits at a temperature are the target (Hinton et al., arXiv 1503.02531). Pictures are mirrored and shifted at random. Mean, deviation
and size must be those that the modules were made for; the documentation of the class says them. The weights are written after each epoch.
"""

import argparse
import importlib.util
import math
import random
import time
from pathlib import Path

import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

EXTENSIONS = {".png", ".jpg", ".jpeg"}


def load(path):
    """The network of a module's file, with the weights beside it."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, nn.Module)]
    return classes[0].from_file()


def read(folder, size, limit):
    """All pictures of a folder as bytes: N x 3 x size x size."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in EXTENSIONS)
    if not paths:
        raise SystemExit(f"{folder}: holds no pictures ({', '.join(sorted(EXTENSIONS))})")
    if limit and limit < len(paths):
        paths = random.sample(paths, limit)
    pictures = torch.empty(len(paths), 3, size, size, dtype=torch.uint8)
    for i, path in enumerate(paths):
        with Image.open(path) as image:
            image = image.convert("RGB")
            if image.size != (size, size):
                scale = size / min(image.size)
                image = image.resize([max(size, round(length * scale)) for length in image.size], Image.BILINEAR)
                left, top = (image.width - size) // 2, (image.height - size) // 2
                image = image.crop((left, top, left + size, top + size))
            pictures[i] = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).reshape(size, size, 3).permute(2, 0, 1)
    return pictures


def shifted(pictures, most):
    """Each picture mirrored or not, and moved by at most so many pixels."""
    n, _, height, width = pictures.shape
    padded = F.pad(pictures, (most, most, most, most), mode="reflect")
    rows = torch.randint(2 * most + 1, (n, 1)) + torch.arange(height)
    columns = torch.randint(2 * most + 1, (n, 1)) + torch.arange(width)
    columns = torch.where(torch.rand(n, 1) < 0.5, columns, columns.flip(1))
    images = torch.arange(n)[:, None, None]
    return padded.permute(0, 2, 3, 1)[images, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def settle(network, inputs):
    """Gives each batch norm the mean and variance that it meets, and the scale and shift with which it computes what it did."""
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine]
    sums = {norm: torch.zeros(3, norm.num_features, dtype=torch.float64, device=norm.weight.device) for norm in norms}

    def meet(norm, args):
        x = args[0].double().transpose(0, 1).flatten(1)
        sums[norm] += torch.stack([torch.full_like(x[:, 0], x.shape[1]), x.sum(1), x.square().sum(1)])

    hooks = [norm.register_forward_pre_hook(meet) for norm in norms]
    with torch.no_grad():
        for x in inputs:
            network.eval()(x)
        for norm in norms:
            count, sum_, squares = sums[norm]
            if not (count > 0).all():
                continue
            mean = sum_ / count
            variance = (squares / count - mean.square()).clamp_min(0)
            scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
            shift = norm.bias.double() + scale * (mean - norm.running_mean.double())
            norm.weight.copy_(scale * (variance + norm.eps).sqrt())
            norm.bias.copy_(shift)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
    for hook in hooks:
        hook.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original", help="module of the network to answer like")
    parser.add_argument("small", help="module of the network to train")
    parser.add_argument("pictures", help="folder of pictures, with or without folders of classes")
    parser.add_argument("-o", "--output", required=True, help="weights to write (.safetensors)")
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--mean", type=float, nargs=3, default=[0.4914, 0.4822, 0.4465])
    parser.add_argument("--std", type=float, nargs=3, default=[0.2470, 0.2435, 0.2616])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=0.08, help="highest rate of the one cycle")
    parser.add_argument("--temperature", type=float, default=4)
    parser.add_argument("--shift", type=int, default=4, help="pixels")
    parser.add_argument("--limit", type=int, help="at most so many pictures")
    parser.add_argument("--steps", type=int, help="stop after so many steps, to try the script")
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16, which many CPUs and GPUs do faster")
    parser.add_argument("--threads", type=int, help="of the CPU")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if Path(options.output).suffix != ".safetensors":
        parser.error("--output: a file with the extension .safetensors was expected")
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)

    device = options.device
    teacher = load(options.original).to(device).eval().requires_grad_(False)
    student = load(options.small).to(device)
    pictures = read(options.pictures, options.size, options.limit)
    mean, std = (torch.tensor(values, device=device).reshape(1, 3, 1, 1) for values in (options.mean, options.std))
    t = options.temperature

    def prepare(indices):
        return (shifted(pictures[indices].to(device).float() / 255, options.shift) - mean) / std

    def answer(network, x):
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=options.bfloat16):
            return F.log_softmax(network(x).float() / t, 1)

    batches = math.ceil(len(pictures) / options.batch)
    steps = min(options.steps or batches * options.epochs, batches * options.epochs)
    settle(student, (prepare(indices) for indices in torch.randperm(len(pictures))[:10 * options.batch].split(options.batch)))
    optimizer = torch.optim.SGD(student.parameters(), lr=options.rate, momentum=0.9, nesterov=True, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.rate, total_steps=max(steps, 2))
    step, losses, start = 0, [], time.time()
    while step < steps:
        student.train()
        for indices in torch.randperm(len(pictures)).split(options.batch)[:steps - step]:
            x = prepare(indices)
            loss = F.kl_div(answer(student, x), answer(teacher, x), reduction="batchmean", log_target=True) * t * t
            losses.append(loss.item())
            if not math.isfinite(losses[-1]):
                raise SystemExit(f"step {step + 1}: the loss is {losses[-1]}; a smaller --rate may help")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step % 20 == 0 or step == steps:
                print(f"step {step} of {steps}: loss {sum(losses) / len(losses):.4f}, {time.time() - start:.0f} s", flush=True)
                losses.clear()
        student.eval().save(options.output)


if __name__ == "__main__":
    main()
