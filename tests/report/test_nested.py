from edgeft.report.nested import are_alike, fact_rows, fact_tables


def test_lists_of_mappings_are_logs() -> None:
    found = {"training": {"log": [{"epoch": 1}, {"epoch": 2, "loss": 0.5}]}, "seeds": [1, 2]}
    assert list(fact_tables(found)) == [
        ("training.log", ["epoch", "loss"], [["1", ""], ["2", "0.500"]])
    ]
    assert list(fact_rows(found)) == [("seeds", "1, 2")]


def test_nested_facts_become_dotted_rows_and_empty_ones_are_left_out() -> None:
    found = {
        "rows": {"train": 10_003},
        "runs": [{"seed": 1}, {"seed": 2}],
        "fits": True,
        "seeds": list(range(20)),
        "note": "",
        "nothing": None,
    }
    assert list(fact_rows(found)) == [
        ("rows.train", "10,003"),
        ("fits", "yes"),
        ("seeds", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ... (20 in all)"),
    ]


def test_mappings_of_the_same_keys_become_one_table() -> None:
    duels = {
        "without arena": {"ratio": 0.95, "rounds": 200, "parity": {"rows": 7}},
        "extended": {"ratio": 1.02, "rounds": 200},
    }
    assert list(fact_tables({"session": {"duels": duels}})) == [
        (
            "session.duels",
            ["", "ratio", "rounds", "parity.rows"],
            [["without arena", "0.950", "200", "7"], ["extended", "1.02", "200", ""]],
        )
    ]
    assert list(fact_rows({"session": {"duels": duels, "texts": 64}})) == [("session.texts", "64")]


def test_mappings_that_share_next_to_nothing_are_no_table() -> None:
    assert not are_alike({"capture": {"strategy": "a"}, "variant": {"chosen": "int8"}})
    assert not are_alike({"only": {"ratio": 1, "rounds": 2}})
    assert not are_alike({"a": {"b": {"c": {"d": 1}}}, "e": {"b": {"c": {"d": 1}}}})
