#!/usr/bin/env python3
"""Time PyTorch's gradient step and ours in one run, on one thread, and print the ratios.

    bench/against_torch.py [--rounds 3] [--lacuna PATH]

Run from anywhere inside the repository. Needs ../shared/peers/torch_step.py beside the repository, and a python3 with torch
(Debian: python3-torch, with libopenblas0-pthread: on the reference BLAS torch is several times slower, and the
comparison would flatter us; the script refuses it). Rounds alternate between the two; a ratio is that of the medians.
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
    torch, ours = {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        lacuna = args.lacuna or os.path.join(scratch, "lacuna")
        if not args.lacuna:
            subprocess.run(["go", "build", "-o", lacuna, "./cmd/lacuna"], check=True, cwd=root)
        for _ in range(args.rounds):
            for options in ([], ["--sparse"]):
                for line in lines([python, peer, *options]).splitlines():
                    m = json.loads(line)
                    case = "sparse" if "--sparse" in options else "paper"
                    torch.setdefault((case, m["depth"], m["dtype"], m["way"]), []).append(m["ms_per_step"])
            for m in json.loads(lines([lacuna, "bench", "gradient", "--json", "--threads", "1", "--depth", "0,1,3,5", "--each", "1"])):
                if m["work"] == "step":
                    ours.setdefault((m["case"], m["depth"]), {}).setdefault(m["dtype"], []).append(m["milliseconds"])
    print("case    depth   torch float32 (way)      torch float64   lacuna float64   ratio to float32   lacuna float32   ratio")
    for (case, depth), times in sorted(ours.items()):
        mine = {dtype: statistics.median(t) for dtype, t in times.items()}
        best = {}
        for dtype in ("float32", "float64"):
            best[dtype] = min((statistics.median(t), way) for (c, d, kind, way), t in torch.items()
                              if (c, d, kind) == (case, depth, dtype))
        fastest, way = best["float32"]
        print(f"{case:7} {depth:5}   {fastest:9.3f} ms ({way:6}) {best['float64'][0]:9.3f} ms    {mine['float64']:9.3f} ms"
              f"   {fastest / mine['float64']:15.1f}x   {mine['float32']:11.3f} ms   {fastest / mine['float32']:4.1f}x")


if __name__ == "__main__":
    main()
