"""Devices: which one a model runs on, the half precision that it has on a GPU, and whether its memory ran out.

Knows nothing of what a model does there. torch is imported when it is asked for a device.
"""

from pathlib import Path

from index.errors import SettingsError
from index.garbage import seldom_collected
from index.weights import settings_in


def find_device(wanted: str) -> str:
    """The device that a setting names, "auto" being the best there is. Raises `SettingsError` for one not there."""
    with seldom_collected():
        import torch

    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wanted == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    kind, _, number = wanted.partition(":")
    there = {"cpu": True, "cuda": cuda, "mps": mps}
    if kind not in there or (number and not (kind == "cuda" and number.isdigit())):
        raise SettingsError(f"CROSSROADS_DEVICE={wanted}: there is no such device. Use auto, cpu, cuda, cuda:N or mps.")
    if not there[kind] or (number and int(number) >= torch.cuda.device_count()):
        raise SettingsError(f"CROSSROADS_DEVICE={wanted}: this machine has none. Use auto or cpu.")
    return wanted


def half_precision(folder: Path) -> str:
    """What a GPU computes with: fp16, or bf16 if the model in a folder was made with it."""
    said = settings_in(folder / "config.json")
    return "bfloat16" if "bfloat16" in (said.get("dtype"), said.get("torch_dtype")) else "float16"


def ran_out_of_memory(error: RuntimeError) -> bool:
    """Whether a device's memory was too small; Apple's and a CPU's raise errors of no class of their own."""
    import torch

    text = str(error)
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in text or "can't allocate memory" in text
