"""What becomes a data set, and that nothing else does anything but be refused with its place."""

import csv
import hashlib
import io
import pickle
import re
import struct
import tracemalloc
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from store.dataset_files import (
    BUILT_IN_FACTS,
    DatasetInvalidError,
    OwnDataset,
    check_split,
    from_archive,
    read_dataset,
    to_archive,
    warnings_of,
)
from store.dataset_model import (
    MAX_CLASSES,
    MAX_FAULTS,
    MAX_FILE_BYTES,
    MAX_NAME_CHARS,
    MAX_ROWS,
    MAX_VALUES,
    MIB,
    MIN_CLASSES,
    MIN_ROWS_PER_CLASS,
    WARNED_IMBALANCE,
)

X = np.arange(40, dtype=np.float64).reshape(20, 2) / 10
KINDS = ["odd" if i % 2 else "even" for i in range(20)]


def csv_text(rows=None, header="length,width,kind", end="\n"):
    rows = [f"{a},{b},{kind}" for (a, b), kind in zip(X, KINDS, strict=True)] if rows is None else rows
    return end.join([header, *rows, ""])


def read(text, label="kind"):
    content = text if isinstance(text, bytes) else text.encode()
    return read_dataset(filename="own.csv", content=content, label_column=label)


def npz(compressed=False, **arrays):
    out = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(out, **arrays)
    return out.getvalue()


def read_npz(content):
    return read_dataset(filename="own.npz", content=content, label_column=None)


def faults(action, *arguments, **more):
    with pytest.raises(DatasetInvalidError) as refused:
        action(*arguments, **more)
    assert 1 <= len(refused.value.faults) <= MAX_FAULTS + 1
    return [str(fault) for fault in refused.value.faults]


def row(number, text):
    """The CSV text with one row (as a spreadsheet counts) replaced."""
    lines = csv_text().split("\n")
    lines[number - 1] = text
    return "\n".join(lines)


# CSV


def test_csv_gives_features_in_their_order_and_labels_from_any_column():
    found = read(csv_text())
    assert found.x.dtype == np.float32
    assert found.y.dtype == np.int64
    np.testing.assert_array_equal(found.x, X.astype(np.float32))
    assert [found.class_names[i] for i in found.y] == KINDS
    assert (found.class_names, found.feature_names) == (("even", "odd"), ("length", "width"))
    first = read(csv_text([f"{k},{a},{b}" for (a, b), k in zip(X, KINDS, strict=True)], "kind,length,width"))
    assert first.sha256 == found.sha256
    values = X.astype("<f4").tobytes() + (np.arange(20) % 2).astype("<i8").tobytes()
    assert found.sha256 == hashlib.sha256(values).hexdigest()


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_change_nothing(end, mark):
    assert read(mark + csv_text(end=end).encode()).sha256 == read(csv_text()).sha256


def test_quotes_spaces_and_empty_rows_change_nothing():
    rows = [f' "{a}", {b} ,"{kind}"' for (a, b), kind in zip(X, KINDS, strict=True)]
    messy = csv_text([*rows[:3], "", ",,", *rows[3:], ",,"], '"length", width ,"kind"')
    assert read(messy, "kind ").sha256 == read(csv_text()).sha256


def test_quoted_labels_keep_commas_quotes_and_letters():
    names = ['a, "b"', "ă, ș"]
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([["v", "kind"], *([i, names[i % 2]] for i in range(20))])
    assert read(out.getvalue()).class_names == tuple(names)


def test_integer_labels_are_ordered_by_value():
    assert read(csv_text([f"{i},{i % 11}" for i in range(110)], "v,kind")).class_names == tuple(
        str(i) for i in range(11)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (row(17, "abc,1,odd"), "row 17, column length: 'abc' is not a number"),
        (row(17, '1,"5,1",odd'), "row 17, column width: '5,1' is not a number; write 5.1"),
        (row(17, "1_000,1,odd"), "row 17, column length: '1_000' is not a number"),
        (row(3, "nan,1,odd"), "row 3, column length: must be a finite number of 32 bits, is nan"),
        (row(3, "1,-inf,odd"), "row 3, column width: must be a finite number of 32 bits, is -inf"),
        (row(3, "1,1e39,odd"), "row 3, column width: must be a finite number of 32 bits, is inf"),
        (row(9, "1,,odd"), "column width: 1 cell is empty, in row 9; leave such rows out, or fill them in"),
        (row(9, "1,2,"), "row 9, column kind: the label is empty"),
        (row(9, "1,2,a\x07b"), "row 9, column kind: the label holds characters that cannot be shown"),
        (row(9, f"1,2,{'a' * 101}"), "row 9, column kind: the label has 101 characters; at most 100 are taken"),
        (row(9, "1,2"), "row 9: has 2 cells, the header has 3 columns"),
        (row(9, '1,"2,odd'), "row 9: cannot be read as CSV: unexpected end of data"),
        (row(9, "1,2,odd" + " " * 2**20), "row 9: has 1,048,584 characters; at most 1,048,576 are taken"),
        (csv_text() + "1,2,new\n", "column kind: the class 'new' has 1 row; every class needs 10"),
        (csv_text([f"{i},1,only" for i in range(20)]), "column kind: 1 different labels ('only'); a data set has 2 to 100 classes"),
        (csv_text([f"{i},1,k{i}" for i in range(1010)]), "column kind: 1,010 different labels ('k0', 'k1', 'k10', ...); a data set has 2 to 100 classes"),
        (csv_text([]), "file: has no rows below its header"),
        ("", "file: is empty"),
        (csv_text(header="a,b,c"), "row 1: no column is called 'kind'; there are 'a', 'b', 'c'"),
        (csv_text(header="5.1,3.5,setosa"), "row 1: no column is called 'kind'; there are '5.1', '3.5', 'setosa'. It looks like data: the first row must name the columns"),
        (csv_text(header="a,a,kind"), "row 1: two columns are called a"),
        (csv_text(header=",b,kind"), "row 1: the name of column 1 is empty; pandas leaves its index out with to_csv(..., index=False)"),
        ("kind\na\n", "row 1: kind is the only column; there are no features"),
        (csv_text().replace(",", ";"), "row 1: the columns are separated by semicolons; save the file with commas"),
        (csv_text(header='"length";"width";"kind"'), "row 1: the columns are separated by semicolons; save the file with commas"),
        (csv_text().replace(",", "\t"), "row 1: the columns are separated by tabs; save the file with commas"),
        (csv_text().encode("utf-16"), "file: is UTF-16; save it as CSV with the encoding UTF-8"),
        (csv_text().encode().replace(b"odd", b"od\xe9", 1), "row 3: is not UTF-8; save the file as CSV with the encoding UTF-8"),
        (b"a,kind\n\x00,1\n", "file: holds NUL bytes, so it is not CSV text"),
    ],
)  # fmt: skip
def test_csv_is_refused_with_its_place(text, expected):
    assert faults(read, text)[0] == expected


def test_faults_of_several_places_are_told_at_once_and_counted_beyond_twenty():
    text = csv_text([*(f"{i},," for i in range(3)), *(f"x,{i},odd" for i in range(30))])
    told = faults(read, text)
    assert told[0] == "row 2, column kind: the label is empty"
    assert told[3] == "row 5, column length: 'x' is not a number"
    # 3 labels, 30 numbers, 1 column with empty cells: 20 are shown.
    assert told[-1] == "file: 14 more faults like these"


def test_all_values_wrong_is_told_quickly():
    told = faults(read_npz, npz(x=np.full((10_000, 100), np.nan, np.float32), y=np.arange(10_000) % 2))
    assert told[0] == "x[0, 0]: must be a finite number of 32 bits, is nan"
    assert told[-1] == "file: 999,980 more faults like these"


def test_too_many_rows_are_refused_before_the_rest_is_read():
    rows = [f"{i},{i % 2}" for i in range(MAX_ROWS + 1)]
    assert faults(read, csv_text(rows, "v,kind")) == [
        "row 200002: more than 200,000 rows of data; no more are taken"
    ]
    assert len(read(csv_text(rows[:-1], "v,kind")).y) == MAX_ROWS


def test_only_files_of_the_two_kinds_and_sizes_are_read():
    one = {"filename": "a.xlsx", "content": b"PK", "label_column": "kind"}
    assert faults(read_dataset, **one) == ["file: its name must end in .csv or .npz"]
    for label in (None, ""):
        assert faults(read_dataset, **one | {"filename": "a.csv", "label_column": label}) == [
            "label_column: must name the column that holds the labels"
        ]
    assert faults(read_dataset, **one | {"filename": "A.NPZ"})[0].startswith("label_column: is for CSV files")
    large = one | {"filename": "a.csv", "content": bytes(MAX_FILE_BYTES + 1)}
    assert faults(read_dataset, **large) == ["file: has 67,108,865 bytes; at most 67,108,864 are taken"]


# .npz


def test_npz_of_integers_text_and_named_classes():
    y = np.arange(40) % 2
    x = np.random.default_rng(0).normal(size=(40, 3, 5))
    plain = read_npz(npz(x=x, y=y * 7 - 3))
    assert (plain.class_names, plain.feature_names, plain.x.shape) == (("-3", "4"), (), (40, 3, 5))
    np.testing.assert_array_equal(plain.x, x.astype(np.float32))
    text = read_npz(npz(compressed=True, x=np.asfortranarray(x), y=np.array(["10", "9"])[y]))
    assert text.class_names == ("9", "10")
    np.testing.assert_array_equal(text.y, 1 - y)
    np.testing.assert_array_equal(text.x, plain.x)
    named = read_npz(npz(x=x[:, 0], y=y.astype(">u2"), class_names=["no", "yes"], feature_names=list("abcde")))
    assert (named.class_names, named.feature_names) == (("no", "yes"), tuple("abcde"))


@pytest.mark.parametrize("dtype", ["u1", "i8", "f2", "f8", ">f4", "?", "g"])
def test_x_of_any_real_dtype(dtype):
    x = (np.arange(60).reshape(20, 3) % 2).astype(dtype)
    np.testing.assert_array_equal(read_npz(npz(x=x, y=np.arange(20) % 2)).x, x.astype(np.float32))


Y = np.arange(20) % 2


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"x": X}, "file: has no array 'y' but 'x'; write np.savez(file, x=x, y=y)"),
        ({"x": X.astype(complex), "y": Y}, "x: has dtype complex128; it must hold real numbers"),
        ({"x": X.astype(str), "y": Y}, "x: has dtype <U32; it must hold real numbers"),
        ({"x": X.astype("S"), "y": Y}, "x: has dtype |S32; it must hold real numbers"),
        ({"x": X.astype("M8[s]"), "y": Y}, "x: is not a plain array of numbers or text with at least one dimension"),
        ({"x": np.zeros(20, [("a", "f4")]), "y": Y}, "x: is not a plain array of numbers or text with at least one dimension"),
        ({"x": X, "y": Y.astype(float)}, "y: has dtype float64; labels are integers or text: y.astype('int64'), or y.astype(str)"),
        ({"x": X, "y": Y[:, None]}, "y: has shape (20, 1); it needs one dimension, a label a row"),
        ({"x": X, "y": Y[:19]}, "y: has 19 labels, x has 20 rows"),
        ({"x": X[:, 0], "y": Y}, "x: has shape (20,); it needs rows and 1 to 3 dimensions of features"),
        ({"x": np.zeros((20, 0)), "y": Y}, "x: is empty: its shape is (20, 0), its dtype float64"),
        ({"x": np.float32(3), "y": Y}, "x: is not a plain array of numbers or text with at least one dimension"),
        ({"x": X * 1e300, "y": Y}, "x[0, 1]: must be a finite number of 32 bits, is inf"),
        ({"x": X, "y": Y, "class_names": ["a", "b", "c"]}, "y: the class 'c' has 0 rows; every class needs 10"),
        ({"x": X, "y": Y, "class_names": ["a"]}, "y[1]: is 1; with 1 class_names the labels are 0 to 0"),
        ({"x": X, "y": Y - 1, "class_names": ["a", "b"]}, "y[0]: is -1; with 2 class_names the labels are 0 to 1"),
        ({"x": X, "y": Y, "class_names": ["a", "a"]}, "class_names: has the same name twice"),
        ({"x": X, "y": Y, "class_names": ["a", "\x1b[2J"]}, "class_names[1]: holds characters that cannot be shown"),
        ({"x": X, "y": Y, "class_names": [["a", "b"]]}, "class_names: has shape (1, 2); it needs one dimension"),
        ({"x": X, "y": Y.astype(str), "class_names": ["a", "b"]}, "class_names: are for a y of integers; y holds the names itself"),
        ({"x": X, "y": Y, "feature_names": ["a"]}, "feature_names: names 1 feature; x has shape (20, 2)"),
        ({"x": np.zeros((MAX_ROWS + 1, 1), "u1"), "y": np.zeros(MAX_ROWS + 1, "u1")}, "x: has 200,001 rows; at most 200,000 are taken"),
        ({f"a{i}": Y for i in range(9)}, "file: holds too many arrays, or two of one name; at most 8 are taken"),
    ],
)  # fmt: skip
def test_npz_is_refused_with_its_place(arrays, expected):
    assert faults(read_npz, npz(**arrays))[0] == expected


class Trap:
    """Unpickling one fails the test that let it happen."""

    opened = False

    def __reduce__(self):
        return (setattr, (Trap, "opened", True))


def test_a_pickle_is_refused_and_never_opened():
    for arrays in ({"x": np.array([[Trap()]] * 20), "y": Y}, {"x": X, "y": np.array([Trap()] * 20)}):
        told = faults(read_npz, npz(**arrays))
        assert "holds Python objects (a pickle), which are never loaded" in told[0]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.npy", pickle.dumps(Trap()))
        archive.writestr("y.npy", pickle.dumps(Trap()))
    assert faults(read_npz, out.getvalue()) == ["x: is not an array as numpy writes it"]
    assert not Trap.opened


def member(text, values=b""):
    text = text.ljust(118)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + values


def zipped(x, kind=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        archive.writestr("x.npy", x)
        with archive.open("y.npy", "w") as target:
            np.lib.format.write_array(target, Y)
    return out.getvalue()


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        # Would take 8 TB before the first byte of it was missed.
        (member("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"), "x: does not have the number of bytes that its shape needs"),
        (member("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", bytes(9)), "x: does not have the number of bytes that its shape needs"),
        (member("{'descr': '<U0', 'fortran_order': False, 'shape': (999999999999, 1), }"), "x: has dtype <U0; it must hold real numbers"),
        (member("{'descr': '<f3', 'fortran_order': False, 'shape': (1, 1), }"), "x: has an unknown dtype '<f3'"),
        (member("{'descr': __import__('os'), 'fortran_order': False, 'shape': (1, 1), }"), "x: is not a plain array of numbers or text with at least one dimension"),
        (member("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 1), }", bytes(8)), "x: is not a plain array of numbers or text with at least one dimension"),
        (b"\x93NUMPY\x01\x00\x00\x00" + bytes(20), "x: is not a plain array of numbers or text with at least one dimension"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(20), "x: is not a plain array of numbers or text with at least one dimension"),
        (b"\x93NUMPY\x03\x00" + bytes(20), "x: is not an array as numpy writes it"),
        (b"", "x: is not an array as numpy writes it"),
    ],
)  # fmt: skip
def test_members_that_lie_about_themselves_are_refused(x, expected):
    assert faults(read_npz, zipped(x)) == [expected]


def test_characters_that_do_not_exist_are_refused():
    y = np.array(["a", "b"])[Y]
    content = npz(x=X, y=y).replace("b".encode("utf-32-le"), b"\xff\xff\xff\x7f")
    # Stored, not packed: the sums have to be put right, as who forges it would.
    assert faults(read_npz, content)[0].startswith("file: is damaged, or not an .npz: Bad CRC-32")
    raw = y.astype("<U1").tobytes().replace("b".encode("utf-32-le"), b"\xff\xff\xff\x7f")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        with archive.open("x.npy", "w") as target:
            np.lib.format.write_array(target, X)
        archive.writestr("y.npy", member("{'descr': '<U1', 'fortran_order': False, 'shape': (20,), }", raw))
    assert faults(read_npz, out.getvalue()) == ["y: holds characters that do not exist"]


@contextmanager
def at_most_mib(limit):
    """Python's and numpy's own memory, whatever else the process has used before."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    zeros = bytes(1024 * 1024)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as target:
            target.write(member("{'descr': '<f4', 'fortran_order': False, 'shape': (1024, 131072), }"))
            for _ in range(512):
                target.write(zeros)
        archive.writestr("y.npy", member("{'descr': '<i8', 'fortran_order': False, 'shape': (1024,), }", bytes(8192)))
    assert len(out.getvalue()) < 1024 * 1024
    with at_most_mib(16):
        told = faults(read_npz, out.getvalue())
    assert told[0].startswith("file: has 512 MiB when unpacked; at most 260 are taken")


def test_a_bomb_that_understates_its_size_is_cut_off_where_it_said_it_ends():
    content = bytearray(zipped(member("{'descr': '<f4', 'fortran_order': False, 'shape': (20, 2), }", bytes(200_000_000))))
    true, told = struct.pack("<I", 200_000_128), struct.pack("<I", 128 + 160)
    assert content.count(true) == 2  # before the member, and in the directory
    with at_most_mib(16):
        assert faults(read_npz, bytes(content.replace(true, told)))[0].startswith("file: is damaged")


def test_a_directory_of_a_million_entries_is_not_read():
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", *[0] * 4, *[0] * 4, 0, 0, 0, *[0] * 5, 0, 0)
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(directory), 0, 0)
    content = directory + end
    with at_most_mib(16):
        assert faults(read_npz, content) == ["file: holds too many arrays; at most 8 are taken"]
    # The same, told by the record that zipfile prefers to that one.
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**6, 10**6, len(directory), 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(directory), 1)
    short = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 46, 0, 0)
    content = directory + wide + locator + short
    with at_most_mib(16):
        assert faults(read_npz, content)[0].startswith("file: is not an .npz as numpy writes it")


def changed(content, at, new):
    """With bytes of the first entry of the directory replaced; `at` counts from its signature."""
    start = content.index(b"PK\x01\x02") + at
    return content[:start] + new + content[start + len(new) :]


def shifted_by(content, offset):
    """The first entry says, in 64 bits, that its member stands at `offset`."""
    start = content.index(b"PK\x01\x02")
    extra = struct.pack("<2HQ", 1, 8, offset)
    end = start + 46 + len("x.npy")
    entry = changed(content[start:end], 42, b"\xff" * 4)
    entry = changed(entry, 30, struct.pack("<H", len(extra)))
    rest, tail = content[end:-22], content[-22:]
    size, place = struct.unpack("<2L", tail[12:20])
    return content[:start] + entry + extra + rest + tail[:12] + struct.pack("<2L", size + 12, place) + tail[20:]


TINY = zipped(member("{'descr': '<f4', 'fortran_order': False, 'shape': (20, 2), }", bytes(160)), zipfile.ZIP_STORED)
DEFLATED = zipped(member("{'descr': '<f4', 'fortran_order': False, 'shape': (20, 3), }", bytes(160)))


@pytest.mark.parametrize(
    "content",
    [
        changed(TINY, 6, b"\xff\xff"),  # a version of the format from the future
        changed(TINY, 8, b"\x20\x00"),  # "compressed patched data"
        changed(TINY, 16, b"\x00\x00\x00\x00"),  # another checksum
        changed(TINY, 42, b"\xff\xff\xff\x00"),  # a member beyond the end
        changed(TINY, 8, b"\x00\x08")[:30] + b"\xff\xfe" + TINY[32:],  # a name that is no UTF-8
        # Says that it holds 20 values more than are there.
        changed(DEFLATED, 24, struct.pack("<L", 128 + 240)),
        changed(changed(TINY, 24, struct.pack("<L", 10**6)), 20, struct.pack("<L", 10**6)),
        shifted_by(TINY, 2**64 - 1),
        shifted_by(TINY, 2**63 - 1),
    ],
)
def test_damage_of_every_kind_is_called_damage(content):
    assert len(read_npz(TINY).y) == 20
    (told,) = faults(read_npz, content)
    assert told.startswith(("file: is damaged, or not an .npz", "x: does not have the number of bytes"))


def test_two_arrays_of_one_name_are_refused():
    out = io.BytesIO(npz(x=X, y=Y))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("x.npy", b"")
    assert faults(read_npz, out.getvalue()) == [
        "file: holds too many arrays, or two of one name; at most 8 are taken"
    ]


def test_a_header_without_an_end_is_not_read_to_the_end():
    content = zipped(b"\x93NUMPY\x01\x00\x00\x00" + bytes(100_000_000))
    with at_most_mib(16):
        assert faults(read_npz, content)[0].startswith("x: is not a plain array")


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(kind):
    told = faults(read_npz, zipped(member("{}"), kind))
    assert told == ["x: is encrypted, or packed in a way that numpy does not write"]


# Anything at all


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.npz"]))
def test_random_bytes_never_crash_it(content, name):
    only_refused(name, content)


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet=st.sampled_from('a,1.5"\r\n\t;_-e \ufeff\u2028é'), max_size=120))
def test_random_tables_never_crash_it(text):
    only_refused("a.csv", ("a,v\n" + text).encode())


SOUND = npz(x=X.astype(np.float32), y=np.array(KINDS))
PACKED = npz(compressed=True, x=X, y=Y, class_names=["a", "b"], feature_names=["c", "d"])


@settings(max_examples=600, deadline=None)
@given(data=st.data(), sound=st.sampled_from([SOUND, PACKED]))
def test_an_npz_with_bytes_changed_or_cut_never_crashes_it(data, sound):
    content = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    only_refused("a.npz", bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]))


def only_refused(name, content):
    """Taken as a sound data set, or refused with a place: never another exception."""
    try:
        found = read_dataset(filename=name, content=content, label_column="v" if name == "a.csv" else None)
    except DatasetInvalidError:
        pass
    else:
        assert np.isfinite(found.x).all()
        assert np.bincount(found.y).min() >= 10


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_kept_is_read_back_equal_and_the_same_bytes_again(data):
    classes = data.draw(st.integers(2, 5))
    names = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)
    class_names = tuple(data.draw(st.lists(names, min_size=classes, max_size=classes, unique=True)))
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    own = OwnDataset(
        x=rng.normal(size=(classes * 10, *shape)).astype(np.float32),
        y=rng.permutation(np.arange(classes * 10) % classes),
        class_names=class_names,
        feature_names=tuple(f"f{i}" for i in range(shape[0])) if len(shape) == 1 else (),
    )
    again = from_archive(to_archive(own))
    np.testing.assert_array_equal(again.x, own.x)
    np.testing.assert_array_equal(again.y, own.y)
    assert (again.class_names, again.feature_names) == (own.class_names, own.feature_names)
    assert again.sha256 == own.sha256
    assert to_archive(again) == to_archive(own)


def test_csv_of_numbers_keeps_their_float32_values():
    x = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
    rows = [f"{','.join(map(str, values))},{i % 2}" for i, values in enumerate(x)]
    np.testing.assert_array_equal(read(csv_text(rows, "a,b,c,kind")).x, x)


# Facts


def test_facts_of_iris_are_those_known_of_it():
    bunch = load_iris()
    own = read_npz(npz(x=bunch.data, y=bunch.target_names[bunch.target], feature_names=bunch.feature_names))
    facts = own.facts()
    assert (facts["rows"], facts["input_shape"]) == (150, [4])
    assert facts["classes"] == [
        {"name": name, "rows": 50, "share": 0.3333333} for name in ("setosa", "versicolor", "virginica")
    ]
    # UCI's own summary of the data: sepal length 4.3 to 7.9, mean 5.84.
    assert facts["features"][0]["name"] == "sepal length (cm)"
    assert (facts["features"][0]["min"], facts["features"][0]["max"]) == (4.3, 7.9)
    assert facts["features"][0]["mean"] == pytest.approx(bunch.data[:, 0].mean(), rel=1e-6)
    assert (facts["duplicates"], facts["contradictions"]) == (1, 0)
    assert warnings_of(facts) == []


def test_repeated_rows_and_imbalance_are_warned_of_and_not_refused():
    x = np.zeros((132, 1), np.float32)
    x[:120, 0] = np.arange(120)
    x[120:, 0] = -0.0  # equal to row 0
    y = np.repeat([0, 1], [121, 11])
    found = read_npz(npz(x=x, y=y, class_names=["many", "few"])).facts()
    assert (found["duplicates"], found["contradictions"]) == (12, 11)
    imbalance, contradiction = map(str, warnings_of(found))
    assert imbalance.startswith("The classes are out of balance: 'many' has 121 rows, 'few' has 11.")
    assert "right in 92 % of the rows" in imbalance
    assert contradiction.startswith("11 rows repeat an earlier row with a different label")
    ten_times = read_npz(npz(x=np.arange(110.0)[:, None], y=np.repeat([0, 1], [100, 10]))).facts()
    assert warnings_of(ten_times) == []


def test_images_are_described_as_a_whole():
    x = np.arange(20 * 6, dtype=np.uint8).reshape(20, 2, 3)
    facts = read_npz(npz(x=x, y=Y)).facts()
    assert (facts["input_shape"], facts["features"]) == ([2, 3], [])
    assert facts["values"] == {"min": 0, "max": 119, "mean": 59.5}


# What the documentation says

DOCUMENT = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text()


def test_the_documented_example_is_read_and_its_limits_are_ours():
    header, *rows = re.search(r"```text\n(.*?)\n```", DOCUMENT, re.DOTALL)[1].split("\n")
    found = read("\n".join([header, *rows * 10]), "cultivar")
    assert (found.class_names, found.feature_names) == (("barolo", "grignolino"), ("alcohol", "hue"))
    limits = dict(re.findall(r"^\| (file|rows|numbers[^|]*|classes|names[^|]*) \| (.*) \|$", DOCUMENT, re.MULTILINE))
    assert limits == {
        "file": f"{MAX_FILE_BYTES // MIB} MiB",
        "rows": f"{MAX_ROWS:,}",
        "numbers in all features": f"{MAX_VALUES:,}",
        "classes": f"{MIN_CLASSES} to {MAX_CLASSES}, each of at least {MIN_ROWS_PER_CLASS} rows",
        "names of classes and features": f"{MAX_NAME_CHARS} characters",
    }
    assert f"more than {WARNED_IMBALANCE} times" in DOCUMENT


# Splits


def spec(dataset, **sizes):
    return AssignmentSpec(
        slug="lab",
        title="Lab",
        dataset=dataset,
        split=SplitSizes(**sizes),
        criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=1),),
    )


@pytest.mark.parametrize(
    ("dataset", "sizes", "expected"),
    [
        ("iris", {"train": 90, "validation": 30, "test": 30}, []),
        ("iris", {"train": 90, "validation": 30, "test": 31}, ["train 90 + validation 30 + test 31 = 151 rows are asked for; iris has 150"]),
        ("iris", {"train": 60, "validation": 30, "test": 30, "board": 31}, ["train 60 + validation 30 + test 30 + board 31 = 151 rows are asked for; iris has 150"]),
        ("iris", {"train": 90, "validation": 2, "test": 30}, ["validation has 2 rows, fewer than the 3 classes of iris"]),
        ("mnist", {"train": 50_000, "validation": 10_000, "test": 10_000}, []),
        ("mnist", {"train": 50_000, "validation": 10_001, "test": 10_000}, ["train 50,000 + validation 10,001 = 60,001 rows are asked for; mnist has 60,000"]),
        ("mnist", {"train": 50_000, "validation": 10_000, "test": 10_001}, ["test 10,001 rows are asked for; the test part of mnist has 10,000"]),
        ("mnist", {"train": 50_000, "validation": 5_000, "test": 100, "board": 5_001}, ["train 50,000 + validation 5,000 + board 5,001 = 60,001 rows are asked for; mnist has 60,000"]),
    ],
)  # fmt: skip
def test_a_split_asks_for_no_more_than_there_is(dataset, sizes, expected):
    assert [str(said) for said in check_split(spec(dataset, **sizes), BUILT_IN_FACTS[dataset])] == expected


def test_a_class_with_fewer_rows_than_parts_is_told():
    facts = {"rows": 103, "classes": [{"name": "a", "rows": 100}, {"name": "b", "rows": 3}]}
    sizes = {"train": 20, "validation": 20, "test": 20}
    assert check_split(spec("own", **sizes), facts) == []
    assert [str(said) for said in check_split(spec("own", **sizes, board=5), facts)] == [
        "the class 'b' of own has 3 rows, fewer than the 4 parts"
    ]


def test_the_facts_of_an_own_data_set_do_for_it():
    own = read(csv_text())
    assert check_split(spec("own", train=10, validation=5, test=5), own.facts()) == []
    assert check_split(spec("own", train=11, validation=5, test=5), own.facts()) != []
