#!/usr/bin/env bash
# Runs some thirty commands and prints the MD5 sum of everything that each of them writes, without times of day and
# durations. Two builds that print the same lines cannot be told apart from the outside.
#
#     tools/outputs.sh LACUNA [DATA] > sums
#
# LACUNA is the program. DATA is a folder with cases/ and data/, for what needs tables that may not be redistributed;
# those commands are left out without it. Needs bash, python3 and the usual tools.
set -euo pipefail
lacuna=$(realpath "$1")
data=${2:+$(realpath "$2")}
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# timeless drops what differs from run to run: seconds in words and in JSON, and the column wall_seconds.
timeless() {
	case "$1" in
	*.csv) python3 -c '
import csv, sys
rows = list(csv.reader(sys.stdin))
drop = [i for i, name in enumerate(rows[0]) if name in ("wall_seconds", "seconds")] if rows else []
for row in rows: print(",".join(cell for i, cell in enumerate(row) if i not in drop))' <"$1" ;;
	*.html | *.md | *.json | stdout)
		sed -E 's/[0-9]+(\.[0-9]+)? ?(ms|s|seconds|min|minutes)\b/TIME/g; s/"(seconds|wall_seconds)": ?[0-9.e+-]+/"TIME"/g; s/[0-9]+m[0-9.]+s/TIME/g; s/"(started|finished)": ?"[^"]*"/STARTED/' "$1" ;;
	*.pdf) sed -E 's/(CreationDate|ModDate) ?\([^)]*\)/DATE/g' "$1" ;;
	*) cat "$1" ;;
	esac
}

# sums NAME ARGUMENTS… runs the program in a folder of its own and prints the sums of what it writes there.
sums() {
	local name=$1 code=0
	shift
	mkdir "in-$name" && cd "in-$name"
	"$lacuna" "$@" >stdout 2>stderr || code=$?
	rm stderr
	find . -type f -printf '%P\n' | LC_ALL=C sort | grep -vE '^point$|ledger|\.sqlite|\.log$' | while read -r file; do
		printf '%s  %-12s %-28s %s\n' "$(timeless "$file" | md5sum | cut -c1-32)" "$name" "$file" "exit $code"
	done
	cd ..
}

"$lacuna" data synthetic --shape 8x7x6 --rank 2 --noise 0.1 --observed 0.7 -o table.csv --seed 3 >/dev/null
"$lacuna" data synthetic --shape 6x5x4x3 --rank 2 --observed 0.5 -o exact.csv --seed 4 >/dev/null
"$lacuna" data synthetic --stations --months 18 --station-count 5 --observed 0.7 --pattern spells --mode month -o stations.csv >/dev/null
gzip -k table.csv
python3 - <<'PYTHON'
import csv, struct, zipfile
rows = list(csv.DictReader(open("table.csv")))
names = list(rows[0])
labels = [sorted({row[name] for row in rows}, key=lambda x: (len(x), x)) for name in names[:-1]]
shape = [len(l) for l in labels]
cells = [[[float("nan")] * shape[2] for _ in range(shape[1])] for _ in range(shape[0])]
with open("table.tns", "w") as out:
    for row in rows:
        i, j, k = (labels[n].index(row[names[n]]) for n in range(3))
        if row[names[-1]] != "":
            cells[i][j][k] = float(row[names[-1]])
            out.write(f"{i+1} {j+1} {k+1} {row[names[-1]]}\n")
with open("wide.csv", "w") as out:
    out.write(",".join([names[0], names[1], *("c" + l for l in labels[2])]) + "\n")
    for i in range(shape[0]):
        for j in range(shape[1]):
            values = ("" if v != v else repr(v) for v in cells[i][j])
            out.write(",".join([labels[0][i], labels[1][j], *values]) + "\n")
flat = [v for a in cells for b in a for v in b]
header = str({"descr": "<f8", "fortran_order": False, "shape": tuple(shape)})
header += " " * (63 - (len(header) + 10) % 64) + "\n"
npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(flat)}d", *flat)
open("array.npy", "wb").write(npy)
with zipfile.ZipFile("array.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("x.npy"), npy)
def element(kind, payload):
    return struct.pack("<II", kind, len(payload)) + payload + b"\0" * (-len(payload) % 8)
columns = [cells[i][j][k] for k in range(shape[2]) for j in range(shape[1]) for i in range(shape[0])]
matrix = element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<3i", *shape)) + element(1, b"x")
matrix += element(9, struct.pack(f"<{len(columns)}d", *columns))
open("array.mat", "wb").write(b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49) + element(14, matrix))
with open("odds.csv", "w") as out:
    out.write("a,b,c,value\n")
    for row in rows:
        value = row[names[-1]]
        out.write(",".join([*(row[n] for n in names[:-1]), "" if value == "" else str(int(float(value) > 0))]) + "\n")
with open("study.toml", "w") as out:
    out.write('shape = "5x5x5"\nrank = 1\nobserved = 0.8\nblocks = 16\ndepth = [0, 1]\nseed = [1, 2]\nhold_back = 0.1\n'
              'sigma_w = 0.1\nevaluations = 400\ntrajectory = "blocks"\n')
PYTHON
cp "$here/examples/stations.csv" example.csv
in=..
light=(--effort 0.1 --seed 5)
for input in table.csv table.csv.gz table.tns array.npy array.npz array.mat; do
	sums "$input" complete "$in/$input" -o "out.${input#*.}" "${light[@]}" --json
done
sums wide complete "$in/wide.csv" --wide --index mode1,mode2 -o out.csv "${light[@]}" --interval 90
sums exact complete "$in/exact.csv" -o out.csv "${light[@]}" --factors factors.npz --report page.html
sums stations complete "$in/stations.csv" -o out.csv "${light[@]}" --factors factors.npz --report page.html --interval 80
sums smooth complete "$in/stations.csv" -o out.csv "${light[@]}" --smooth month --standardise variable
sums rank complete "$in/table.csv" -o out.csv "${light[@]}" --rank 3
sums square complete "$in/table.csv" -o out.csv "${light[@]}" --loss square
sums logistic complete "$in/odds.csv" -o out.csv "${light[@]}" --loss logistic
sums example complete "$in/example.csv" -o out.csv --effort 0.3 --threads 2
tiny=(--synthetic 7x6x5 --true-rank 2 --observed 0.6 --blocks 24 --quiet)
for depth in 0 1 2 3; do
	for integrator in flow rk32 rk54 gd normalised; do
		sums "train-$depth-$integrator" train "${tiny[@]}" --depth $depth --integrator $integrator --max-evaluations 300 \
			-o run.csv --figure run.svg --factors factors.npz
	done
done
sums train-json train "${tiny[@]}" --depth 1,0,2 --json --patience 50 --max-evaluations 400 --checkpoint point

sums train-collapsed train "${tiny[@]}" --collapsed --depth 1.5 --start balanced-rank-one --max-evaluations 400 -o run.csv
sums train-float32 train "${tiny[@]}" --depth 1 --dtype float32 --max-evaluations 300 -o run.csv
sums train-file train "$in/table.csv" --blocks 16 --loss huber --max-evaluations 300 -o run.csv --factors factors.npz
sums study study run "$in/study.toml" --dir kept
"$lacuna" study run study.toml --dir again >/dev/null 2>&1
sums study-export study export "$in/again" -o runs.csv
sums study-table study table "$in/again"
sums study-json study export "$in/again" -o runs.json
sums theory theory --order 3 --depth 1 --blocks 8 --report page.md --json
sums info data info "$in/example.csv"
sums reproduce reproduce all --quick --out out
if [ -n "$data" ]; then
	sums parquet complete "$data/cases/c11_twovalues.parquet" --index station,month --value tmin -o out.parquet "${light[@]}" --json
fi
