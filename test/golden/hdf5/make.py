"""Writes the files of this folder: python make.py (h5py 3.16, HDF5 2.0)."""

import json
import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__)) + "/"
rng = np.random.default_rng(1)
noise = rng.integers(-100, 100, size=(50, 30)).astype("f4")


def structures(name, libver):
    """Everything about storage that the reader should take, in the older or newer form."""
    with h5py.File(here + name, "w", libver=libver) as f:
        f["one"] = np.float32(1.5)
        many = f.create_group("many")
        for i in range(1500):
            many[f"n{i}"] = f["one"]
        for i in range(12):
            f["one"].attrs[f"a{i}"] = "x" * 100
        for filters in ({}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True, "fletcher32": True}):
            f.create_dataset(f"chunks {' '.join(filters)}", data=noise, chunks=(7, 13), **filters)
        f.create_dataset("one chunk", data=noise, chunks=noise.shape, compression="gzip")
        f.create_dataset("one lzf chunk", data=noise, chunks=noise.shape, compression="lzf", shuffle=True)
        f.create_dataset("plain chunk", data=noise, chunks=noise.shape)
        f.create_dataset("pages", data=np.arange(2100, dtype="f4"), chunks=(1,))
        f.create_dataset("three axes", data=noise[:3, :20].reshape(3, 4, 5), chunks=(2, 3, 2))
        f.create_dataset("text", data=["a", "bb", "", "größer"] * 5, dtype=h5py.string_dtype(), chunks=(7,))
        f["fixed text"] = np.array([b"ab", b"abcd"])
        f.create_dataset("unwritten", shape=(3,), dtype="f4")
        f.create_dataset("filled", shape=(3,), dtype="f8", fillvalue=2.5)
        f.create_dataset("half filled", shape=(5,), dtype="f8", fillvalue=2.5, chunks=(2,))[0] = 7
        f["named type"] = np.dtype(">f8")
        f.create_dataset("of named type", data=np.array([1.0, 2.0]), dtype=f["named type"])
        for code in ("i1", "u1", "<i2", ">i2", "<u4", ">i8", "<u8", "<f2", ">f2", "<f4", ">f8"):
            f["numbers " + code] = np.array([0, 1, 100], dtype=code)
        f["too long for float32"] = np.array([2**24 + 1, 2**53 - 1], dtype="i8")
        brain = h5py.h5t.IEEE_F32LE.copy()
        brain.set_fields(15, 7, 8, 0, 7)
        brain.set_size(2)
        brain.set_ebias(127)
        space = h5py.h5s.create_simple((3,))
        made = h5py.h5d.create(f.id, b"bfloat16", brain, space)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1.5, -2, 3.140625], dtype="f4"))
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        made = h5py.h5d.create(f.id, b"compact", h5py.h5t.NATIVE_FLOAT, space, dcpl=compact)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(3, dtype="f4"))
        f["soft"] = h5py.SoftLink("/many/n7")
        many["relative"] = h5py.SoftLink("n8")
        f["circle"] = h5py.SoftLink("/circle")
        f["outside"] = h5py.ExternalLink("other.h5", "/one")
        f["complex"] = np.array([1 + 2j])
        f["booleans"] = np.array([True, False])
        f["nothing"] = h5py.Empty("f4")
        f["long double"] = np.array([1.5], dtype=np.longdouble)
        f["records"] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")])


def expected(name):
    """What h5py itself reads."""
    values = {}
    with h5py.File(here + name) as f:

        def look(path, item):
            if not isinstance(item, h5py.Dataset) or item.dtype.kind in "cbV" or item.shape is None:
                return
            if item.dtype.itemsize > 8 and item.dtype.kind == "f":
                return
            data = item[()]
            flat = np.ravel(data).tolist()
            values["/" + path] = [list(item.shape), [v.decode() if isinstance(v, bytes) else v for v in flat]]

        for path in f:
            if f.get(path, getclass=True, getlink=True) is h5py.HardLink and isinstance(f[path], h5py.Dataset):
                look(path, f[path])
        look("soft", f["soft"])
        look("many/relative", f["many/relative"])
    return values


def refused():
    with h5py.File(here + "refused.h5", "w", libver="latest") as f:
        f.create_dataset("scale-offset", data=np.arange(64, dtype="i4"), scaleoffset=8)
        f.create_dataset("may grow", data=noise, chunks=(7, 13), maxshape=(None, 30))
        f.create_dataset("huge", shape=(10**6, 10**6), dtype="f4", chunks=(1000, 1000))
        layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
        layout[:] = h5py.VirtualSource("other.h5", "one", shape=(4,))
        f.create_virtual_dataset("view", layout)


def nir(name, nodes, edges, version="1.0.7"):
    def put(group, tree):
        for key, value in tree.items():
            if isinstance(value, dict):
                put(group.create_group(key), value)
            else:
                group[key] = value

    with h5py.File(here + name, "w") as f:
        f["version"] = version
        put(f.create_group("node"), {"type": "NIRGraph", "nodes": nodes, "edges": np.array(edges, dtype="S20")})
        return f.filename


def network_files():
    ends = {"in": {"type": "Input", "shape": 2}, "out": {"type": "Output", "shape": [2]}}
    lif = {"type": "LIF", "tau": 1e-3, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0}
    eight_bit = {"type": "Affine", "weight": np.array([[1, -2], [3, 4]], dtype="i1"), "bias": np.array([1, 0])}
    chain = [["in", "fc"], ["fc", "lif"], ["lif", "out"]]
    nir("scalars.nir", {**ends, "fc": eight_bit, "lif": lif}, chain, version="2.1.0")
    block = {"type": "NIRGraph", "nodes": {**ends, "lif": lif}, "edges": np.array([["in", "lif"], ["lif", "out"]], "S9")}
    path = nir("twice.nir", {**ends, "a": block}, [["in", "a"], ["a", "b"], ["b", "out"]])
    with h5py.File(path, "a") as f:
        f["node/nodes/b"] = f["node/nodes/a"]
    wrong = {"type": "Affine", "weight": np.full((2, 2), np.nan), "bias": np.zeros(3)}
    nir("three-mistakes.nir", {**ends, "fc": wrong, "lif": {**lif, "tau": -1.0}}, chain)
    unreadable = {"type": "Linear", "weight": "secret"}
    nir("two-unreadable.nir", {**ends, "fc": unreadable, "lif": {"type": "LiF"}}, chain)


structures("older.h5", None)
structures("newer.h5", "latest")
with open(here + "expected.json", "w") as file:
    json.dump(expected("older.h5"), file, separators=(",", ":"), ensure_ascii=False)
assert expected("older.h5") == expected("newer.h5")
refused()
network_files()
