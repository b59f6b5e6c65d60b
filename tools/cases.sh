#!/bin/sh
# The small inputs of the first version's faults: prints, for every one, the command of its owner, the exit code, and what
# was said.
#
#     tools/cases.sh LACUNA DIRECTORY
#
# LACUNA is the program, DIRECTORY holds the files. Outcomes are compared with the table in the README beside the files by
# eye; cmd/lacuna/testdata/script tests the same kinds on tables of its own.
set -u
lacuna=$(realpath "$1") cases=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
ln -s "$cases" in

try() {
	echo "== lacuna complete $*"
	"$lacuna" complete "$@" --effort 0.05 >out 2>err
	echo "exit $?"
	grep -E 'lacuna:|^        ' err
	grep -vE '^Wrote|^The model' out
}

try in/c01_units.csv --report r.html -o o.csv
try in/c02_mixed.csv -o o.csv
try in/c02b_only9999.csv -o o.csv
try in/c03_u.data -o o.data
try in/c04_weather.csv -o o.csv
try in/c06_spells.csv --smooth date --interval 90 -o o.csv
try in/c08_outage.csv --smooth date -o o.csv
awk -F, 'NR == 1 || $NF == "Inf"' o.csv
try in/c09_shuffled.csv --smooth date -o o.csv
try in/c11_twovalues.parquet --wide --index station,month -o o.parquet
try in/c21_space.txt --interval 0.9 -o o.txt
try in/c12_eem.csv --wide -o o.csv
try in/c14_labels.csv -o o.csv
try in/c15_owid.csv --full-grid -o o.csv
try in/c17_worldbank.csv -o o.csv
try in/c17_worldbank.csv --wide -o o.csv
try in/c17_worldbank.csv --wide --index "Country Name" -o o.csv
try in/c18_noaa.csv --wide --index STATION,DATE -o o.csv
try in/c19_blankcorner.csv --wide -o o.csv
try in/c20_excelna.csv -o o.csv
try in/c21_space.txt -o o.txt
try in/c22_eurostat.tsv -o o.tsv
try in/c22_eurostat.tsv --wide --missing : -o o.tsv
try in/c22_eurostat.tsv --flags -o o.tsv
try in/c23_v73.mat -o o.mat
try in/c25_pandas_index.parquet -o o.parquet
try in/c32_counts.csv --interval 90 -o o.csv
awk -F, 'NR == 1 || $NF != "" && $NF + 0 < 0' o.csv
try in/c34_tiny.csv -o o.csv
try in/c40_exact_thin_label.csv --index i0,i1,i2 --value value --interval 90 -o o.csv
