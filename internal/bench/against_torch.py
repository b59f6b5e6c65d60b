#!/usr/bin/env python3
"""Time PyTorch's gradient step and ours in one run, on one thread, and print the ratios.

    bench/against_torch.py [--rounds 3] [--lacuna PATH]

Run from anywhere inside the repository. Needs ../shared/peers/torch_step.py beside the repository, and a python3 with torch
(Debian: python3-torch, with libopenblas0-pthread: on the reference BLAS torch is several times slower, and the
comparison would flatter us; the script refuses it). Case by case the two take turns, so that both see the same machine;
times are medians over the rounds, a ratio is the median of the rounds' ratios.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
peer = os.path.join(root, "..", "shared", "peers", "torch_step.py")
python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable

BLAS = """
import torch
torch.mm(torch.ones(64, 64), torch.ones(64, 64))
maps = open('/proc/self/maps').read()
print('fast' if 'openblas' in maps or 'mkl' in maps else 'reference')
"""


def lines(command):
    out = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}).stdout
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lacuna", help="the lacuna to time; built from this repository if not given")
    args = parser.parse_args()
    if not os.path.exists(peer):
        sys.exit(f"{peer} is not there: nothing to compare with")
    if lines([python, "-c", BLAS]).strip() != "fast":
        sys.exit("torch runs on the reference BLAS: install libopenblas0-pthread for a fair comparison")
    cases = [("paper", depth) for depth in (0, 1, 3, 5)] + [("sparse", 0)]
    rounds = {case: [] for case in cases}
    with tempfile.TemporaryDirectory() as scratch:
        lacuna = args.lacuna or os.path.join(scratch, "lacuna")
        if not args.lacuna:
            subprocess.run(["go", "build", "-o", lacuna, "./cmd/lacuna"], check=True, cwd=root)
        for _ in range(args.rounds):
            for name, depth in cases:
                options = ["--sparse"] if name == "sparse" else ["--depths", str(depth)]
                times, ways = {}, {}
                for line in lines([python, peer, *options]).splitlines():
                    m = json.loads(line)
                    key = "torch " + m["dtype"]
                    if m["ms_per_step"] < times.get(key, float("inf")):
                        times[key], ways[key] = m["ms_per_step"], m["way"]
                for m in json.loads(lines([lacuna, "bench", "gradient", "--json", "--threads", "1", "--case", name, "--depth", str(depth)])):
                    if m["work"] == "step":
                        times["lacuna " + m["dtype"]] = m["milliseconds"]
                rounds[name, depth].append((times, ways))
    print("case    depth   torch float32 (way)      torch float64   lacuna float64   ratio to float32   lacuna float32   ratio")
    for (name, depth), measured in rounds.items():
        def median(key):
            return statistics.median(times[key] for times, _ in measured)

        def ratio(key):
            return statistics.median(times["torch float32"] / times[key] for times, _ in measured)

        print(f"{name:7} {depth:5}   {median('torch float32'):9.3f} ms ({measured[0][1]['torch float32']:6}) {median('torch float64'):9.3f} ms"
              f"    {median('lacuna float64'):9.3f} ms   {ratio('lacuna float64'):15.1f}x   {median('lacuna float32'):11.3f} ms   {ratio('lacuna float32'):4.1f}x")


if __name__ == "__main__":
    main()
