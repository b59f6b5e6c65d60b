#!/usr/bin/env python3
"""Fills files of many formats, and checks with the libraries of their owners that the output is the input with its gaps
filled: equal labels, types, coordinates and attributes.

    /usr/bin/python3 tools/formats.py LACUNA

LACUNA is the program. Needs python3-pandas, python3-xarray, python3-netcdf4, python3-scipy and python3-openpyxl; R with
ncdf4, ncdump, pyarrow are used where they are there.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import netCDF4
import numpy as np
import pandas as pd
import scipy.io
import xarray as xr

lacuna = os.path.abspath(sys.argv[1])
failures = 0


def check(what, holds):
    global failures
    failures += not holds
    print("ok  " if holds else "FAIL", what)


def fill(name, out, *flags):
    result = subprocess.run([lacuna, "complete", name, "-o", out, "--effort", "0.05", "--yes", *flags], capture_output=True, text=True)
    check(f"{name} is filled{' with ' + ' '.join(flags) if flags else ''}", result.returncode == 0)
    if result.returncode:
        print(result.stderr)
    return result.returncode == 0


def tables():
    rng = np.random.default_rng(1)
    t, s = np.arange(24), np.array([1.0, 2.0, 3.0, 1.5])
    whole = 10 + np.sin(t / 4)[:, None] * s
    gaps = rng.random(whole.shape) < 0.15
    return whole, np.where(gaps, np.nan, whole), gaps


def netcdf():
    whole, holes, gaps = tables()
    data = xr.Dataset(
        {"tmax": (("time", "station"), holes, {"units": "degC", "long_name": "maximum"}), "tmin": (("time", "station"), 20 - holes)},
        coords={
            "time": pd.date_range("1990-01-01", periods=24, freq="MS"), "station": ["Oxford", "Lerwick", "Sankt Pölten", "d"],
            "height": ("station", [1.0, 2.0, 3.0, 4.0], {"units": "m"}),
        },
        attrs={"title": "Tést", "version": 3},
    )
    packed = {"tmax": dict(dtype="i2", scale_factor=0.01, add_offset=5.0, _FillValue=-32768), "tmin": dict(dtype="f4", _FillValue=1e20)}
    for form, encoding in [("NETCDF3_CLASSIC", {}), ("NETCDF3_64BIT", {}), ("NETCDF3_CLASSIC", packed)]:
        data.to_netcdf("in.nc", format=form, encoding=encoding, unlimited_dims=["time"])
        if not fill("in.nc", "out.nc", "--value", "tmax,tmin", "--interval", "90"):
            continue
        before, after = xr.open_dataset("in.nc"), xr.open_dataset("out.nc")
        name = form + (" packed" if encoding else "")
        check(f"{name}: coordinates", all(before.coords[c].identical(after.coords[c]) for c in before.coords))
        check(f"{name}: attributes", before.attrs == after.attrs)
        for v in ("tmax", "tmin"):
            check(f"{name}: attributes and type of {v}", before[v].attrs == after[v].attrs and before[v].dtype == after[v].dtype
                  and before[v].encoding.get("scale_factor") == after[v].encoding.get("scale_factor"))
            b, a = before[v].values, after[v].values
            check(f"{name}: {v} is filled, the rest is as it was", not np.isnan(a).any() and (a[~gaps] == b[~gaps]).all())
            check(f"{name}: {v}_filled, _stderr, bounds", (after[v + "_filled"].values == gaps).all()
                  and (np.isnan(after[v + "_stderr"].values) == ~gaps).all()
                  and (after[v + "_low"].values[gaps] <= a[gaps] + 0.006).all()
                  and (after[v + "_high"].values[gaps] >= a[gaps] - 0.006).all())
        before.close(), after.close()
        if shutil.which("ncdump"):
            head = [subprocess.run(["ncdump", "-h", f], capture_output=True, text=True).stdout for f in ("in.nc", "out.nc")]
            lines = [[line for line in h.splitlines() if "netcdf" not in line] for h in head]
            check(f"{name}: every line of ncdump -h is there", all(line in lines[1] for line in lines[0]))
        if shutil.which("Rscript"):
            r = subprocess.run(["Rscript", "-e", 'library(ncdf4); n <- nc_open("out.nc"); x <- ncvar_get(n, "tmax"); cat(dim(x), sum(is.na(x)))'],
                               capture_output=True, text=True)
            check(f"{name}: R reads it", r.stdout.strip() == "4 24 0" or "no package" in r.stderr)
    with netCDF4.Dataset("in.nc", "w", format="NETCDF3_64BIT_DATA") as d:
        d.createDimension("x", 24), d.createDimension("y", 4)
        v = d.createVariable("count", "u8", ("x", "y"), fill_value=np.uint64(2**63))
        v[:] = np.ma.array(np.nan_to_num(holes * 100).astype("u8"), mask=gaps)
    if fill("in.nc", "out.nc"):
        with netCDF4.Dataset("out.nc") as d:
            check("CDF-5 of whole numbers becomes double", d["count"].dtype == "f8" and not np.ma.is_masked(d["count"][:])
                  and (d["count"][:][~gaps] == np.nan_to_num(holes * 100).astype("u8")[~gaps]).all())


def numpy():
    whole, holes, gaps = tables()
    np.savez("in.npz", data=np.where(gaps, -5, whole), mask=gaps)
    if fill("in.npz", "out.npz"):
        f = np.load("out.npz")
        check("npz with a mask", (f["data"][~gaps] == whole[~gaps]).all() and (f["lacuna_filled"] == gaps).all() and not f["mask"].any())
    for name, array in [("float32", holes.astype("f4")), ("Fortran", np.asfortranarray(holes)), ("big-endian", holes.astype(">f8"))]:
        np.save("in.npy", array)
        if fill("in.npy", "out.npy"):
            after = np.load("out.npy")
            check(f"npy, {name}", (after[~gaps] == array[~gaps]).all() and not np.isnan(after).any() and after.shape == array.shape)
    scipy.io.savemat("in.mat", {"x": holes})
    if fill("in.mat", "out.mat"):
        f = scipy.io.loadmat("out.mat")
        check("MAT", (f["x"][~gaps] == whole[~gaps]).all() and not np.isnan(f["x"]).any())


def long():
    whole, holes, gaps = tables()
    days = pd.date_range("2020-01-01", periods=24)
    return pd.DataFrame([{"day": d, "town": s, "rain": holes[i, k], "note": "x"}
                         for i, d in enumerate(days) for k, s in enumerate(["Oxford", "Lerwick", "Sankt Pölten", "01"])])


def text():
    frame = long()
    forms = [
        ("comma", dict()), ("semicolons and decimal commas", dict(sep=";", decimal=",")), ("tabs, UTF-16", dict(sep="\t", encoding="utf-16")),
        ("all in quotes, DOS lines", dict(quoting=1, lineterminator="\r\n")), ("Latin-1", dict(encoding="cp1252")), ("gzip", dict(compression="gzip")),
    ]
    for name, how in forms:
        ending = ".csv.gz" if "compression" in how else ".csv"
        frame.to_csv("in" + ending, index=False, **how)
        if not fill("in" + ending, "out" + ending, "--index", "day,town", "--value", "rain"):
            continue
        back = {k: how[k] for k in ("sep", "decimal", "encoding", "compression") if k in how}
        after = pd.read_csv("out" + ending, dtype={"town": str}, parse_dates=["day"], float_precision="round_trip", **back)
        rest, known = frame.columns.drop("rain"), frame.rain.notna()
        check(f"text, {name}: other columns", frame[rest].equals(after[rest]))
        check(f"text, {name}: values", after.rain.notna().all() and (after.rain[known] == frame.rain[known]).all()
              and (after.lacuna_filled == (~known).astype(int)).all() and (after.lacuna_stderr.notna() == ~known).all())
    wide = frame.pivot(index="day", columns="town", values="rain")
    wide.to_csv("in.csv")
    if fill("in.csv", "out.csv", "--wide"):
        after = pd.read_csv("out.csv", index_col=0, parse_dates=True, float_precision="round_trip")
        check("wide text of pandas", list(after.columns[:4]) == list(wide.columns) and after[wide.columns].where(wide.notna()).equals(wide.rename_axis(columns=None))
              and after[wide.columns].notna().all(axis=None))


def r():
    if not shutil.which("Rscript"):
        print("skip R: Rscript is not there")
        return
    frame = long()
    frame.to_csv("frame.csv", index=False)
    make = '''
        d <- read.csv("frame.csv", colClasses = c(town = "character"))
        write.csv(d, "r1.csv"); write.csv(d, "r2.csv", row.names = FALSE, na = ""); write.table(d, "r3.txt")
        write.csv2(d, "r4.csv", row.names = FALSE)
        w <- reshape(d[, c("day", "town", "rain")], idvar = "day", timevar = "town", direction = "wide"); write.csv(w, "r5.csv", row.names = FALSE)
    '''
    subprocess.run(["Rscript", "-e", make], check=True, capture_output=True)
    read = {"r1.csv": "read.csv(f, colClasses = c(town = 'character'))", "r2.csv": "read.csv(f, colClasses = c(town = 'character'))",
            "r3.txt": "read.table(f, colClasses = c(town = 'character'))", "r4.csv": "read.csv2(f, colClasses = c(town = 'character'))"}
    for name, how in read.items():
        if not fill(name, "out_" + name, "--index", "day,town", "--value", "rain"):
            continue
        verify = f'''
            f <- "{name}"; b <- {how}; f <- "out_{name}"; a <- {how}; k <- !is.na(b$rain)
            stopifnot(identical(a$town, b$town), identical(a$day, b$day), identical(a$note, b$note), !anyNA(a$rain),
                      identical(a$rain[k], b$rain[k]), identical(a$lacuna_filled == 1, !k), identical(is.na(a$lacuna_stderr), k))
        '''
        done = subprocess.run(["Rscript", "-e", verify], capture_output=True, text=True)
        check(f"R reads {name} as it wrote it, filled", done.returncode == 0)
        if done.returncode:
            print(done.stderr)
    if fill("r5.csv", "out_r5.csv", "--wide"):
        verify = 'b <- read.csv("r5.csv"); a <- read.csv("out_r5.csv"); k <- !is.na(b); stopifnot(identical(a[names(b)][k], b[k]), !anyNA(a[names(b)]))'
        check("R reads its wide table, filled", subprocess.run(["Rscript", "-e", verify], capture_output=True).returncode == 0)


def excel():
    frame = long()
    with pd.ExcelWriter("in.xlsx", datetime_format="DD.MM.YYYY") as book:
        frame.to_excel(book, sheet_name="rain", index=False)
        pd.DataFrame({"a": ["nothing"]}).to_excel(book, sheet_name="about", index=False, header=False)
    if fill("in.xlsx", "out.xlsx", "--index", "day,town", "--value", "rain"):
        frame, after = (pd.read_excel(f, sheet_name="rain", dtype={"town": str}) for f in ("in.xlsx", "out.xlsx"))
        rest = frame.drop(columns="rain")
        check("Excel: other columns and their types", rest.equals(after[rest.columns]) and (rest.dtypes == after[rest.columns].dtypes).all())
        known = frame.rain.notna()
        check("Excel: values", after.rain.notna().all() and (after.rain[known] == frame.rain[known]).all()
              and (after.lacuna_filled == (~known).astype(int)).all() and (after.lacuna_stderr.notna() == ~known).all())


def arrow():
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        print("skip Parquet and Feather: pyarrow is not there")
        return
    frame = long()
    frame["town"] = frame.town.astype("category")
    frame["day"] = frame.day.dt.tz_localize("Europe/Vienna")
    frame = frame.drop(index=[0])
    for ending, write, read in [("parquet", pd.DataFrame.to_parquet, pd.read_parquet),
                                ("feather", lambda f, p: f.reset_index(drop=True).to_feather(p), pd.read_feather)]:
        write(frame, "in." + ending)
        if fill("in." + ending, "out." + ending, "--index", "day,town", "--value", "rain"):
            before, after = read("in." + ending), read("out." + ending)
            rest = before.drop(columns="rain")
            check(f"{ending}: index, columns and types", rest.equals(after[rest.columns]) and (rest.dtypes == after[rest.columns].dtypes).all())
            check(f"{ending}: filled", after.rain.notna().all())


with tempfile.TemporaryDirectory() as work:
    os.chdir(work)
    netcdf(), numpy(), text(), r(), excel(), arrow()
print("all is well" if not failures else f"{failures} failures")
sys.exit(failures > 0)
