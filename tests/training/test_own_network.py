"""A network of the user's own is checked, trained, evaluated and exported."""

import dataclasses
import json
import textwrap

import numpy as np
import pytest
import torch

from moue.cli import main
from moue.config import Config
from moue.errors import CheckpointError, ConfigError
from moue.model.classifier import Classifier
from moue.predict.load_classifier import load_classifier
from moue.training import checkpoint, onnx_export
from moue.training.checkpoint import Checkpoint, plain
from moue.training.networks import OWN, build
from moue.training.own_network import check, load_own
from moue.training.prepare import prepare
from moue.training.recipes import FAST
from moue.training.train import train
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS
from moue.workspace.workspace import Workspace

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"
GOOD = """
class Net(nn.Module):
    input_size = 24

    def __init__(self, classes):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8 * 11 * 11, classes)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        x = x.view(-1, 8 * 11 * 11)
        return self.head(x)
"""


@pytest.fixture(autouse=True)
def forget_own_networks():
    yield
    OWN.clear()


@pytest.fixture
def written(tmp_path):
    def write(body, name="net.py"):
        path = tmp_path / name
        path.write_text(HEAD + textwrap.dedent(body))
        return path

    return write


def module(forward, parts="", sizes=""):
    """Return the source of a network with these lines in `forward` and `__init__`."""
    lines = ["class Net(nn.Module):", *(f"    {s}" for s in sizes.splitlines())]
    lines += ["    def __init__(self, classes):", "        super().__init__()"]
    lines += [f"        {line}" for line in parts.splitlines()]
    lines += ["    def forward(self, x):", *(f"        {line}" for line in forward.splitlines())]
    return "\n".join(lines) + "\n"


LINEAR = "self.head = nn.Linear(3 * 40 * 40, classes)"
WRONG = {
    "no file": (None, "no such file"),
    "no class": ("class Other(nn.Module):\n    pass\n", "no class Net; its networks: Other"),
    "not a module": ("class Net:\n    pass\n", "not a subclass of torch.nn.Module"),
    "syntax": ("class Net(nn.Module:\n", "line 5"),
    "import": ("import missing_part\n", "missing_part.*installed packages only"),
    "error at the top": ("value = 1 / 0\n", "line 5: ZeroDivisionError"),
    "no labels": (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n",
        r"__init__\(self, classes\)",
    ),
    "no super": (
        "class Net(nn.Module):\n    def __init__(self, n):\n        self.a = nn.Linear(1, 1)\n",
        r"line 7.*call super\(\).__init__\(\) first",
    ),
    "no parameters": (module("return x"), "no parameters"),
    "wrong size": (
        module("return self.head(x.flatten(1))", "self.head = nn.Linear(100, classes)"),
        r"line \d+: for an input of shape \(3, 3, 40, 40\)",
    ),
    "wrong outputs": (
        module("return self.head(x.flatten(1))", "self.head = nn.Linear(4800, 7)"),
        r"the shape \(3, 7\); it must be \(3, 4\)",
    ),
    "a tuple": (module("return self.head(x.flatten(1)), x", LINEAR), "returns tuple, not a tensor"),
    "softmax": (module("return self.head(x.flatten(1)).softmax(1)", LINEAR), "return the logits"),
    "no gradient": (module("return self.head(x.flatten(1)).detach()", LINEAR), "no gradient"),
    "mixed pictures": (
        module("x = self.head(x.flatten(1))\nreturn x - x.mean(0)", LINEAR),
        "depends on the other pictures",
    ),
    "random": (
        module("return self.head(F.dropout(x.flatten(1)))", LINEAR), "changes from call to call",
    ),
    "input size": (module("return x", sizes="input_size = 0"), "input_size = 0"),
    "condition": (
        module("x = self.head(x.flatten(1))\nreturn x if x.max() > -99 else 2 * x", LINEAR),
        "conditions or loops",
    ),
    "unknown layer": (
        module("return self.head(self.up(x).flatten(1))",
               "self.up = nn.PixelShuffle(1)\n" + LINEAR),
        "the layer PixelShuffle cannot be exported",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_network_is_refused_with_the_reason(fault, written, tmp_path, mouth_sets):
    source, message = WRONG[fault]
    path = tmp_path / "net.py" if source is None else written(source)
    settings = TrainSettings(recipe="fast", network=f"{path}:Net")
    with pytest.raises(ConfigError, match=f"(?s)net.py.*{message}"):
        prepare(*mouth_sets, settings)


@pytest.mark.parametrize("text", ["net.py", "net:Net", "net.py:", "net.py:a b", ":Net"])
def test_another_form_of_the_setting_is_refused(text):
    with pytest.raises(ConfigError, match=r"FILE\.py:CLASS"):
        load_own(text)


LAYERS = {
    "groups": ("self.a(x)", "nn.Conv2d(3, 6, 3, groups=3, dilation=2, padding=2, bias=False)"),
    "same": ("self.a(x)", "nn.Conv2d(3, 6, (3, 5), padding='same')"),
    "norm": ("self.a(x)", "nn.BatchNorm2d(3)"),
    "instance norm": ("self.a(x)", "nn.InstanceNorm2d(3, affine=True)"),
    "max pool": ("self.a(x)", "nn.MaxPool2d(3, 2, 1)"),
    "average pool": ("self.a(x)", "nn.AvgPool2d(3, 2, 1, count_include_pad=False)"),
    "global pool": ("self.a(x)", "nn.AdaptiveAvgPool2d(1)"),
    "leaky": ("self.a(x)", "nn.LeakyReLU(0.2)"),
    "elu": ("self.a(x)", "nn.ELU()"),
    "relu6": ("self.a(4 * x)", "nn.ReLU6()"),
    "silu": ("self.a(x)", "nn.SiLU()"),
    "gelu": ("self.a(x)", "nn.GELU()"),
    "gelu tanh": ("self.a(x)", "nn.GELU(approximate='tanh')"),
    "dropout": ("self.a(x)", "nn.Dropout(0.5)"),
    "own block": ("self.a(x) + x", "nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Tanh())"),
    "functions": ("F.gelu(F.silu(F.relu6(F.leaky_relu(self.a(x), 0.1))))", "nn.Identity()"),
    "pooled": ("F.max_pool2d(F.avg_pool2d(self.a(x), 2), 3, stride=2)", "nn.Identity()"),
    "pooled globally": ("F.adaptive_avg_pool2d(self.a(x), 1)", "nn.Identity()"),
    "arithmetic": ("(self.a(x) * 2 - 1) / 3 + torch.sigmoid(x)", "nn.Identity()"),
    "cat": ("torch.cat([self.a(x), x], dim=1)", "nn.Identity()"),
    "mean": ("self.a(x).mean(dim=(2, 3))", "nn.Identity()"),
    "mean kept": ("torch.mean(self.a(x), (-2, -1), keepdim=True)", "nn.Identity()"),
    "parameter": ("self.a(x) * self.scale", "nn.Identity()"),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_onnx_and_torch_agree_for_each_layer(layer, written):
    forward, part = LAYERS[layer]
    parts = f"self.a = {part}\nself.scale = nn.Parameter(torch.rand(1, 3, 1, 1))\n"
    ends = "self.head = nn.LazyLinear(classes)\nself.eval()(torch.zeros(1, 3, 40, 40))"
    body = module(f"x = {forward}\nreturn self.head(x.flatten(1))", parts + ends)
    own = load_own(f"{written(body)}:Net")
    spec = own.recipe(FAST).spec(LABELS)
    check(own, spec)
    torch.manual_seed(1)
    network = build(spec.network, LABELS)
    with torch.no_grad():
        network.train()(torch.randn(8, 3, 40, 40))  # other statistics than the initial ones
    made = Checkpoint(spec=spec, weights=plain(network.state_dict()))
    assert onnx_export.compare_with_torch(onnx_export.to_bytes(made), made) < 1e-4


@pytest.fixture
def own_run(written, mouth_sets, tmp_path, quick_settings):
    settings = dataclasses.replace(quick_settings, network=f"{written(GOOD)}:Net")
    train(*mouth_sets, settings, tmp_path / "run")
    return tmp_path / "run"


def test_an_own_network_is_trained_evaluated_and_exported(own_run, tmp_path):
    assert (own_run / "network.py").read_text() == HEAD + GOOD
    settings = json.loads((own_run / "settings.json").read_text())
    assert settings["network"].startswith("own:net.py:Net:")
    assert settings["input_size"] == 24
    OWN.clear()  # as in another process, which has not run the file
    classifier = Classifier.load(own_run)
    crop = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    assert classifier.probabilities([crop]).sum() == pytest.approx(1)
    assert classifier.features([crop]).shape == (1, 8 * 11 * 11)
    assert onnx_export.export(own_run, tmp_path / "out.onnx") is None
    assert (tmp_path / "out.onnx").read_bytes() == (own_run / "model.onnx").read_bytes()


def test_the_bare_weights_fit_the_class_of_the_file(own_run):
    weights = torch.load(own_run / "model.ckpt", weights_only=True)
    assert set(weights) >= {"conv.weight", "norm.running_mean", "head.bias"}


def test_no_command_runs_the_code_of_a_run_folder(own_run):
    (own_run / "network.py").write_text("raise SystemExit('this must not run')")
    OWN.clear()
    for file in ("best.pt", "last.pt"):
        with pytest.raises(CheckpointError, match=r"model\.onnx"):
            load_classifier(own_run / file)
    with pytest.raises(CheckpointError, match="only in `moue train --network`"):
        checkpoint.load(own_run / "best.pt")
    load_classifier(own_run)


def test_another_source_is_another_network(written):
    first = load_own(f"{written(GOOD)}:Net")
    again = load_own(f"{written(GOOD, 'sub.py').rename(first.path.parent / 'net.py')}:Net")
    assert again.key == first.key
    assert load_own(f"{written(GOOD + '# changed')}:Net").key != first.key


def test_fine_tuning_an_own_network_is_refused(written, mouth_sets):
    settings = TrainSettings(network=f"{written(GOOD)}:Net", fine_tune="mouth")
    with pytest.raises(ConfigError, match="cannot be combined"):
        prepare(*mouth_sets, settings)


def test_moue_toml_may_not_name_code(tmp_path):
    (tmp_path / "moue.toml").write_text('[train]\nnetwork = "net.py:Net"\n')
    with pytest.raises(ConfigError, match="one call only"):
        Config.load(tmp_path / "moue.toml")


@pytest.mark.slow
def test_the_command_trains_resumes_and_names_the_run(written, learnable, tmp_path, capsys):
    root, path = tmp_path / "w", written(GOOD)
    start = ["run", str(learnable), "-w", str(root), "--set", "collect.kind=mouth"]
    assert main([*start, "--until", "split", "--workers", "1"]) == 0
    call = ["train", "-w", str(root), "--network", f"{path}:Net", "--epochs", "2"]
    assert main(call) == 0
    assert "ran the code of" in capsys.readouterr().err
    OWN.clear()
    assert main(call) == 0  # the same run, finished
    assert [run.name for run in Workspace(root).runs.iterdir()] == ["001-fast-net"]
    assert main(["evaluate", "-w", str(root)]) == 0
    OWN.clear()
    assert main(["export", str(tmp_path / "a.onnx"), "-w", str(root)]) == 0
    assert "copied from 001-fast-net" in capsys.readouterr().out
    OWN.clear()
    assert main(["predict", str(next(learnable.rglob("*.png"))), "-w", str(root)]) == 0
    path.write_text(HEAD + GOOD.replace("F.relu", "torch.tanh"))
    assert main(call) == 0
    names = sorted(run.name for run in Workspace(root).runs.iterdir())
    assert names == ["001-fast-net", "002-fast-net"]
