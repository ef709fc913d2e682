"""Text formats are read row by row, and what cannot be read is named by file and line."""

from pathlib import Path

import pytest

from edgeft.data.records import read_columns
from edgeft.errors import DataError

ROWS = [("a, b", "x"), ('say "hi"', "y"), ("two\nlines", "x")]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def values(path: Path, *columns: str, encoding: str = "utf-8") -> list[tuple[object, ...]]:
    wanted = {name: name for name in columns or ("text", "label")}
    return [row for _, row in read_columns(path, wanted, encoding)]


def complaint(path: Path, *columns: str) -> tuple[str, str]:
    with pytest.raises(DataError) as caught:
        values(path, *columns)
    return caught.value.message.replace(f"{path.parent}/", ""), caught.value.hint


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.csv", 'text,label\n"a, b",x\n"say ""hi""",y\n"two\nlines",x\n'),
        ("semicolons.csv", 'label;text\nx;a, b\ny;"say ""hi"""\nx;"two\nlines"\n'),
        ("r.tsv", 'text\tlabel\na, b\tx\n"say ""hi"""\ty\n"two\nlines"\tx\n'),
        (
            "r.jsonl",
            '{"text": "a, b", "label": "x"}\n\n{"label": "y", "text": "say \\"hi\\""}\n'
            '{"text": "two\\nlines", "label": "x"}',
        ),
        (
            "r.json",
            ' [{"text": "a, b", "label": "x"} ,\n {"label": "y", "text": "say \\"hi\\""},'
            '{"text": "two\\nlines", "label": "x"}]\n',
        ),
    ],
)
def test_every_format_yields_the_same_rows(tmp_path: Path, name: str, content: str) -> None:
    assert values(write(tmp_path / name, content)) == ROWS


def test_windows_line_ends_and_byte_order_mark_are_no_part_of_a_value(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", b"\xef\xbb\xbftext,label\r\na,x\r\n\r\nb,y\r\n")
    assert values(path) == [("a", "x"), ("b", "y")]


def test_row_is_numbered_by_the_line_it_begins_on(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", 'text,label\n"a\nb",x\n\nc,y\n')
    assert [number for number, _ in read_columns(path, {"text": "text"})] == [2, 5]


@pytest.mark.parametrize("start", ["\n", "\r\n \r\n", "\ufeff\n\n"])
def test_blank_lines_before_the_names_of_columns_are_skipped(tmp_path: Path, start: str) -> None:
    path = write(tmp_path / "r.csv", f'{start}label;text\nx;a, b\ny;"two\nlines"\nx;c\n')
    first = start.count("\n") + 2
    assert list(read_columns(path, {"text": "text", "label": "label"})) == [
        (first, ("a, b", "x")),
        (first + 1, ("two\nlines", "y")),
        (first + 3, ("c", "x")),
    ]


def test_text_of_a_million_characters_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", f"text,label\n{'word ' * 200_000},x\n")
    assert len(str(values(path)[0][0])) == 1_000_000


def test_line_of_a_txt_file_is_a_text(tmp_path: Path) -> None:
    assert values(write(tmp_path / "r.txt", "a\r\n\nb"), "any") == [("a",), ("",), ("b",)]


def test_other_encoding_is_read_when_named(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "text,label\n£5,x\n".encode("utf-16"))
    assert values(path, encoding="utf-16") == [("£5", "x")]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "r.csv",
            b"text,label\nfine,x\ncosts \xa35,x\n",
            (
                "r.csv, line 3: not valid utf-8",
                "save the file as UTF-8, or name its encoding, such as"
                " --encoding cp1252, in a recipe `data: {encoding: cp1252}`",
            ),
        ),
        (
            "wide.csv",
            "text,label\na,x\n".encode("utf-16"),
            (
                "wide.csv, line 1: not valid utf-8",
                "save the file as UTF-8, or name its encoding, such as"
                " --encoding utf-16, in a recipe `data: {encoding: utf-16}`",
            ),
        ),
        ("r.csv", "", ("r.csv is empty", "check that it was written whole")),
        ("r.csv", "text,label\n", ("r.csv has no rows", "check that it was written whole")),
        ("r.jsonl", "\n", ("r.jsonl has no rows", "check that it was written whole")),
        ("r.json", "[]", ("r.json has no rows", "check that it was written whole")),
        (
            "r.csv",
            "message,label\na,x\n",
            (
                "r.csv has no column 'text'",
                "it has: message, label; say which is the text: --text COLUMN,"
                " or `columns: {text: COLUMN}` in a recipe",
            ),
        ),
        (
            "r.csv",
            "text,label,text\na,x,b\n",
            ("r.csv has two columns 'text'", "rename one of them"),
        ),
        (
            "r.csv",
            "text,label\na,x\nb, c,y\n",
            (
                "r.csv, line 3: fields: 3, columns: 2",
                "put double quotes around a text that holds the delimiter",
            ),
        ),
        (
            "r.tsv",
            'text\tlabel\na\tx\n"b\ty\n',
            (
                "r.tsv, line 3: unexpected end of data",
                'close the field that a quote opens; inside one, write each quote twice: ""',
            ),
        ),
        (
            "r.csv",
            'text,label\na,x\n"b,y\nc,x\nd,y\n',
            (
                "r.csv, lines 3-5: unexpected end of data",
                'close the field that a quote opens; inside one, write each quote twice: ""',
            ),
        ),
        (
            "r.jsonl",
            '{"text": "a", "label": "x"}\n{"text": "b"\n',
            (
                "r.jsonl, line 2: Expecting ',' delimiter: line 2 column 1 (char 13)",
                "write one JSON object a line",
            ),
        ),
        (
            "r.jsonl",
            '{"text": "a", "label": "x"}\n{"text": "b"}\n',
            (
                "r.jsonl, line 2: the row has no column 'label'",
                "it has: text; say which is the label: --label COLUMN,"
                " or `columns: {label: COLUMN}` in a recipe",
            ),
        ),
        (
            "r.jsonl",
            "[1]\n",
            (
                "r.jsonl, line 1: a list where an object should be",
                'write objects such as {"text": ..., "label": ...}',
            ),
        ),
        (
            "r.json",
            '{"data": []}',
            (
                "r.json holds '{' where an array of objects should begin",
                'write [{"text": ..., "label": ...}, ...], or one object a line in a .jsonl file',
            ),
        ),
        (
            "r.json",
            '[{"text": "a", "label": "x"} {}]',
            ("r.json, row 1: no comma or closing bracket after it", "mend the JSON"),
        ),
        *(
            (
                "r.json",
                f'[{{"text": "a", "label": "x"}}]\n\n{behind}\n',
                (
                    f"r.json, line 3: {behind[0]!r} behind the end of the array",
                    "write one array with all rows, or one object a line in a .jsonl file",
                ),
            )
            for behind in ('[{"text": "b", "label": "y"}]', "]", "and more")
        ),
        ("r.csv", "\n \r\n", ("r.csv is empty", "check that it was written whole")),
        (
            "r.csv",
            "\ntext,label\na,x\nb, c,y\n",
            (
                "r.csv, line 4: fields: 3, columns: 2",
                "put double quotes around a text that holds the delimiter",
            ),
        ),
        (
            "r.csv",
            '\n\ntext,label\na,x\n"b,y\nc,x\n',
            (
                "r.csv, lines 5-6: unexpected end of data",
                'close the field that a quote opens; inside one, write each quote twice: ""',
            ),
        ),
        (
            "r.txt",
            "a\n",
            (
                "r.txt: a .txt file has texts only, no labels",
                "use csv, tsv, jsonl, json, parquet, or a folder with a sub-folder a label; or name"
                " a task that reads such a file with --task",
            ),
        ),
        (
            "r.xlsx",
            "PK",
            (
                "r.xlsx: cannot read .xlsx",
                "save the sheet as CSV; readable: .csv, .tsv, .jsonl, .json, .txt, .parquet",
            ),
        ),
        (
            "r.csv.gz",
            "PK",
            (
                "r.csv.gz: cannot read .gz",
                "unpack it first; readable: .csv, .tsv, .jsonl, .json, .txt, .parquet",
            ),
        ),
        (
            "r.csv",
            b"PK\x03\x04\xff\xfe\xfd",
            (
                "r.csv is no text file, though its name says so",
                "a spreadsheet is to be saved as CSV, a .gz or .zip unpacked, and a Parquet"
                " file's name ends with .parquet",
            ),
        ),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: str | bytes, expected: tuple[str, str]
) -> None:
    assert complaint(write(tmp_path / name, content)) == expected


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path / "r.csv") == ("no file at r.csv", "check the path")
