"""Further queries in the patterns of connectors, workbooks and detections, each with its rows computed by hand.

Most queries contain their rows (``datatable``), so that the result follows from the language alone.
"""

from __future__ import annotations

from typing import Any

Wire = tuple[Any, ...]

T = (
    "let T = datatable(User: string, Ip: string, Code: int, At: datetime, Tags: dynamic) ["
    " 'ann', '10.0.0.1', 0, datetime(2026-11-01 08:00), dynamic(['a', 'b']),"
    " 'ann', '10.0.0.2', 50126, datetime(2026-11-01 08:10), dynamic(['b']),"
    " 'Bob', '10.0.0.1', 50126, datetime(2026-11-01 09:05), dynamic([]),"
    " 'bob', '192.168.7.9', 0, datetime(2026-11-02 00:30), dynamic(['c']),"
    " '', '10.0.1.1', 500121, datetime(2026-11-02 10:00), dynamic(null)];"
)
"""Five sign-ins: two of ann, one of Bob, one of bob, one without a user."""
U = "let U = datatable(Name: string, Team: string) ['ann', 'red', 'bob', 'blue', 'cid', 'blue', 'ann', 'green'];"
"""Three people, of whom one is in two teams."""
J = (
    "let J = datatable(Id: int, Body: string) ["
    ' 1, \'{"user": {"name": "ann", "age": 30}, "ips": ["10.0.0.1", "10.0.0.2"], "ok": true}\','
    ' 2, \'{"user": {"name": "bob"}, "ips": [], "score": 1.5}\', 3, \'no json\'];'
)
"""Texts with JSON, one of them with none."""

ORDERED: list[tuple[str, list[Wire]]] = [
    (T + "T | summarize arg_max(At, Ip, Code) by User | sort by User asc",
     [("", "2026-11-02T10:00:00.0000000Z", "10.0.1.1", 500121), ("Bob", "2026-11-01T09:05:00.0000000Z", "10.0.0.1", 50126),
      ("ann", "2026-11-01T08:10:00.0000000Z", "10.0.0.2", 50126), ("bob", "2026-11-02T00:30:00.0000000Z", "192.168.7.9", 0)]),
    (T + "T | summarize arg_min(At, *) by User | project User, Code | sort by User asc", [("", 500121), ("Bob", 50126), ("ann", 0), ("bob", 0)]),
    (T + "T | summarize n = count() by bin(At, 1h) | sort by At asc",
     [("2026-11-01T08:00:00.0000000Z", 2), ("2026-11-01T09:00:00.0000000Z", 1), ("2026-11-02T00:00:00.0000000Z", 1), ("2026-11-02T10:00:00.0000000Z", 1)]),
    (T + "T | summarize n = count() by Day = startofday(At), Failed = Code != 0 | sort by Day asc, Failed asc",
     [("2026-11-01T00:00:00.0000000Z", False, 1), ("2026-11-01T00:00:00.0000000Z", True, 2), ("2026-11-02T00:00:00.0000000Z", False, 1), ("2026-11-02T00:00:00.0000000Z", True, 1)]),
    (T + "T | where At between (datetime(2026-11-01 08:10) .. datetime(2026-11-02 00:30)) | project User | sort by User asc", [("Bob",), ("ann",), ("bob",)]),
    (T + "T | top 2 by At desc | project User, Code", [("", 500121), ("bob", 0)]),
    (T + "T | extend Mins = datetime_diff('minute', At, datetime(2026-11-01 08:00)) | sort by Mins asc | project Mins", [(0,), (10,), (65,), (990,), (1560,)]),
    (T + "T | sort by At asc | extend Gap = At - datetime(2026-11-01) | project Gap", [("08:00:00",), ("08:10:00",), ("09:05:00",), ("1.00:30:00",), ("1.10:00:00",)]),
    (U + "U | sort by Name asc, Team desc | project Name, Team", [("ann", "red"), ("ann", "green"), ("bob", "blue"), ("cid", "blue")]),
    (T + "let over = (least: int) { T | where Code > least }; over(50126) | project Code", [(500121,)]),
    ("range x from 1 to 10 step 3 | extend y = iff(x % 2 == 0, 'even', 'odd') | sort by x asc", [(1, "odd"), (4, "even"), (7, "odd"), (10, "even")]),
]  # fmt: skip

UNORDERED: list[tuple[str, list[Wire]]] = [
    (T + "T | where User == 'bob' | count", [(1,)]),
    (T + "T | where User =~ 'BOB' | count", [(2,)]),
    (T + "T | where User in~ ('ANN', 'bob') | count", [(4,)]),
    (T + "T | where User !in ('ann', 'bob') | project User, Code", [("Bob", 50126), ("", 500121)]),
    (T + "T | where Ip has '10' | count", [(4,)]),
    (T + "T | where Ip has_any ('192', '10.0.1.1') | project Ip", [("192.168.7.9",), ("10.0.1.1",)]),
    (T + "T | where Ip has_all ('10', '2') | project Ip", [("10.0.0.2",)]),
    (T + "T | where Ip startswith '10.0.0.' and Code != 0 | project User", [("ann",), ("Bob",)]),
    (T + "T | where ipv4_is_private(Ip) | count", [(5,)]),
    (T + "T | where ipv4_is_in_range(Ip, '10.0.0.0/24') | count", [(3,)]),
    (T + "T | where isempty(User) or isnotempty(User) and Code == 0 | count", [(3,)]),
    (T + "T | where User != '' | mv-expand Tag = Tags to typeof(string) | summarize n = count() by Tag", [("a", 1), ("b", 2), ("c", 1)]),
    (T + "T | extend n = array_length(Tags) | where n > 0 | project User, n", [("ann", 2), ("ann", 1), ("bob", 1)]),
    (T + "T | where Tags has 'b' | count", [(2,)]),
    (T + "T | where set_has_element(Tags, 'b') | count", [(2,)]),
    (T + "T | summarize Users = dcount(User), Failed = countif(Code != 0), Worst = max(Code), Mean = avg(Code)", [(4, 3, 500121, 120074.6)]),
    (T + "T | summarize Users = make_set(tolower(User)) | project n = array_length(Users)", [(3,)]),
    (T + "T | summarize Codes = make_list(Code) by User | project User, n = array_length(Codes)", [("ann", 2), ("Bob", 1), ("bob", 1), ("", 1)]),
    (T + "T | summarize p = percentile(Code, 50)", [(50126,)]),
    (T + "let failed = T | where Code != 0; failed | summarize n = count() by User | where n >= 1 | project User", [("ann",), ("Bob",), ("",)]),
    (T + "let twice = (x: int) { x * 2 }; T | where Code == 0 | project n = twice(Code + 1)", [(2,), (2,)]),
    (T + "let M = materialize(T | where Code == 0); M | join kind=inner (M) on User | project User", [("ann",), ("bob",)]),
    (T + "T | where User in ((T | where Code == 0 | project User)) | count", [(3,)]),
    (T + "let n = toscalar(T | summarize max(Code)); T | where Code == n | project Ip", [("10.0.1.1",)]),
    (T + "T | project-away Ip, Tags, At | where Code == 0", [("ann", 0), ("bob", 0)]),
    (T + "T | project-rename Who = User | project Who | distinct Who", [("ann",), ("Bob",), ("bob",), ("",)]),
    (T + "T | parse Ip with A: int '.' B: int '.' Rest | summarize n = count() by A, B", [(10, 0, 4), (192, 168, 1)]),
    (T + "T | extend Last = extract(@'(\\d+)$', 1, Ip, typeof(int)) | summarize s = sum(Last)", [(14,)]),
    (T + "T | extend Net = strcat_array(array_slice(split(Ip, '.'), 0, 1), '.') | distinct Net", [("10.0",), ("192.168",)]),
    (T + U + "T | join kind=inner (U) on $left.User == $right.Name | project User, Team", [("ann", "red"), ("ann", "green"), ("ann", "red"), ("ann", "green"), ("bob", "blue")]),
    (T + U + "T | where User != '' | join kind=leftouter (U) on $left.User == $right.Name | project User, Team",
     [("ann", "red"), ("ann", "green"), ("ann", "red"), ("ann", "green"), ("bob", "blue"), ("Bob", "")]),
    (T + U + "T | join kind=leftanti (U) on $left.User == $right.Name | project User", [("Bob",), ("",)]),
    (T + U + "U | join kind=leftsemi (T) on $left.Name == $right.User | project Name, Team", [("ann", "red"), ("ann", "green"), ("bob", "blue")]),
    (U + "U | join kind=innerunique (U) on Name | summarize n = count() by Name", [("ann", 2), ("bob", 1), ("cid", 1)]),
    (U + "U | join (U) on Name | count", [(4,)]),
    (T + U + "T | lookup (U | where Team != 'green') on $left.User == $right.Name | where Code == 0 | project User, Team", [("ann", "red"), ("bob", "blue")]),
    (T + U + "U | join kind=rightanti (T) on $left.Name == $right.User | project User", [("Bob",), ("",)]),
    (U + "U | join kind=fullouter (datatable(Name: string, Age: int) ['ann', 30, 'dan', 40]) on Name | project Name, Name1, Age",
     [("ann", "ann", 30), ("ann", "ann", 30), ("bob", "", None), ("cid", "", None), ("", "dan", 40)]),
    (J + "J | extend B = parse_json(Body) | project Id, Name = tostring(B.user.name), Age = toint(B.user.age)", [(1, "ann", 30), (2, "bob", None), (3, "", None)]),
    (J + "J | extend B = todynamic(Body) | mv-expand Ip = B.ips to typeof(string) | where isnotempty(Ip) | project Id, Ip", [(1, "10.0.0.1"), (1, "10.0.0.2")]),
    (J + "J | where tostring(parse_json(Body).ok) == 'true' | project Id", [(1,)]),
    (J + "J | extend s = todouble(parse_json(Body)['score']) | where isnotnull(s) | project Id, s", [(2, 1.5)]),
    (J + "J | project Id, Name = extract_json('$.user.name', Body)", [(1, "ann"), (2, "bob"), (3, "")]),
    ("union (print a = 1), (print a = 2, b = 'x')", [(1, ""), (2, "x")]),
    ("union isfuzzy=true (print a = 1), (Nowhere_CL | project a = 2)", [(1,)]),
    ("union withsource=From (print a = 1) | project a", [(1,)]),
    ("print a = bin(17, 5), b = bin(-3, 5), c = floor(2.7, 1), d = round(2.567, 2)", [(15, -5, 2.0, 2.57)]),
    ("print a = toint('x'), b = tolong('12'), c = tobool('true'), d = tostring(1.5), e = todouble('2.5')", [(None, 12, True, "1.5", 2.5)]),
    ("print a = coalesce('', 'x'), b = iff(isnull(int(null)), 'none', 'some'), c = max_of(1, 5, 3), d = min_of(2, 1)", [("x", "none", 5, 1)]),
    ("print a = strlen('abc'), b = substring('abcdef', 1, 3), c = indexof('abc', 'c'), d = toupper('x'), e = trim(' ', ' y ')", [(3, "bcd", 2, "X", "y")]),
    ("print a = replace_string('a-b-c', '-', '.'), b = replace_regex('a1b22', @'\\d+', '#'), c = reverse('abc'), d = countof('a.a.a', 'a')", [("a.b.c", "a#b#", "cba", 3)]),
    ("print a = split('a,b', ',')[1], b = array_concat(dynamic([1]), dynamic([2]))[1], c = pack_array(1, 'x')[1]", [("b", "2", "x")]),
    ("print a = 7 / 2, b = 7.0 / 2, c = 7 % 3, d = -7 / 2, e = 1h / 1m", [(3, 3.5, 1, -3, 60.0)]),
    ("print a = dayofweek(datetime(2026-11-28)), b = weekofyear(datetime(2026-01-05)), c = getyear(datetime(2026-11-28))", [("6.00:00:00", 2, 2026)]),
    ("print a = format_datetime(datetime(2026-11-28 01:02:03), 'yyyy-MM-dd HH:mm:ss'), b = tostring(1d + 2h + 3m)", [("2026-11-28 01:02:03", "1.02:03:00")]),
    ("print a = 'Ab' == 'ab', b = 'Ab' =~ 'ab', c = 'error-42' has 'error', d = 'errors' has 'error', e = 'abc' contains 'B'", [(False, True, True, False, True)]),
    ("print a = hash_sha256('abc')", [("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",)]),
    ("print a = base64_decode_tostring('YWJj'), b = base64_encode_tostring('abc')", [("abc", "YWJj")]),
    ("print a = isnan(real(nan)), b = case(1 > 2, 'x', 2 > 1, 'y', 'z'), c = datetime_add('day', 1, datetime(2026-11-30))", [(True, "y", "2026-12-01T00:00:00.0000000Z")]),
    ("print a = array_index_of(dynamic(['x', 'y']), 'y'), b = array_sort_asc(dynamic([3, 1]))[0], c = zip(dynamic([1]), dynamic([2]))[0][1]", [(1, "1", "2")]),
]  # fmt: skip

REFUSED = {
    T + "T | make-series n = count() on At step 1h by User": "make-series",
    "externaldata(a: string)[@'https://example.org/a.csv']": "externaldata",
    T + "T | extend p = prev(Code)": "prev() of rows without an order",
    T + "T | evaluate pivot(User)": "evaluate",
    "print a = format_timespan(1d, 'd.hh')": "format_timespan()",
    "print s = series_stats_dynamic(dynamic([1, 2, 3]))": "series_stats_dynamic()",
    "print s = series_decompose_anomalies(dynamic([1, 2, 3]))": "series_decompose_anomalies()",
}
"""Queries that are not evaluated, and the name in the refusal."""
