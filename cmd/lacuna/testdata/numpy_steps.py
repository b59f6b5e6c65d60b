"""Trains deep CP from START.npz with numpy alone and compares with what lacuna came to: python3 numpy_steps.py
gd|adam START.npz END.npz RATE STEPS LIMIT. The layout of the files is in docs/formats.md."""
import sys

import numpy

rule, start, end, rate, steps, limit = sys.argv[1], numpy.load(sys.argv[2]), numpy.load(sys.argv[3]), \
    float(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6])
cells, values = start["cells"].astype(int), start["values"]
modes = range(cells.shape[1])
names = [name for n in modes for name in (f"A_{n}", f"w_{n}") if name in start]
theta = {name: start[name].copy() for name in names}
first = {name: numpy.zeros_like(theta[name]) for name in names}
second = {name: numpy.zeros_like(theta[name]) for name in names}


def gradient(theta):
    """Eq. 9: of L = mean of half the squared error over the observed cells."""
    inputs = []  # of mode n: x_k = w, x_{i-1} = A_i x_i
    for n in modes:
        x = [theta[f"w_{n}"]]
        matrices = theta.get(f"A_{n}")
        for i in range(matrices.shape[1] if matrices is not None else 0)[::-1]:
            x.insert(0, numpy.einsum("rab,rb->ra", matrices[:, i], x[0]))
        inputs.append(x)
    at = [inputs[n][0][:, cells[:, n]] for n in modes]
    error = (numpy.prod(at, axis=0).sum(axis=0) - values) / len(values)
    out = {}
    for n in modes:
        others = numpy.prod([at[m] for m in modes if m != n], axis=0) * error
        y = numpy.zeros_like(theta[f"w_{n}"])
        for r in range(len(y)):
            numpy.add.at(y[r], cells[:, n], others[r])
        matrices = theta.get(f"A_{n}")
        if matrices is not None:
            out[f"A_{n}"] = numpy.empty_like(matrices)
            for i in range(matrices.shape[1]):
                out[f"A_{n}"][:, i] = y[:, :, None] * inputs[n][i + 1][:, None, :]
                y = numpy.einsum("rab,ra->rb", matrices[:, i], y)
        out[f"w_{n}"] = y
    return out


for step in range(1, steps + 1):
    g = gradient(theta)
    for name in names:
        if rule == "gd":
            theta[name] -= rate * g[name]
            continue
        first[name] = 0.9 * first[name] + 0.1 * g[name]
        second[name] = 0.999 * second[name] + 0.001 * g[name] ** 2
        theta[name] -= rate * first[name] / (1 - 0.9**step) / (numpy.sqrt(second[name] / (1 - 0.999**step)) + 1e-8)

moved = max(numpy.max(numpy.abs(theta[name] - start[name])) for name in names)
worst = 0.0
for name in names:
    assert theta[name].shape == end[name].shape, name
    worst = max(worst, numpy.max(numpy.abs(theta[name] - end[name]) / numpy.abs(theta[name])))
print(f"{rule}: largest relative difference {worst:.3g} in any of {sum(theta[n].size for n in names)} parameters, "
      f"which moved by up to {moved:.3g}")
sys.exit(0 if worst <= limit and moved > 0.1 else 1)
