"""Queries in the patterns of analytics rules, workbooks and polling connectors, each with its expected rows.

The queries contain their rows, so that the result follows from the language alone. It was computed by hand.
"""

from __future__ import annotations

from typing import Any

Wire = tuple[Any, ...]

S = (
    "let S = datatable(TimeGenerated: datetime, User: string, Ip: string, Location: string, Code: string,"
    " App: string, Detail: dynamic) ["
    " datetime(2026-11-27 08:00), 'Ann@corp.example', '203.0.113.5', 'DE', '50126', 'Azure Portal',"
    ' dynamic({"browser": "Edge", "os": "Windows10", "trusted": true}),'
    " datetime(2026-11-27 08:02), 'Ann@corp.example', '203.0.113.5', 'DE', '50126', 'Azure Portal',"
    ' dynamic({"browser": "Edge", "os": "Windows10", "trusted": true}),'
    " datetime(2026-11-27 08:04), 'ann@corp.example', '203.0.113.5', 'DE', '0', 'Azure Portal',"
    ' dynamic({"browser": "Edge", "os": "Windows10", "trusted": true}),'
    " datetime(2026-11-27 08:30), 'bob@corp.example', '198.51.100.9', 'BR', '50053', 'Exchange Online',"
    ' dynamic({"browser": "", "os": "Linux"}),'
    " datetime(2026-11-27 09:10), 'bob@corp.example', '192.0.2.1', 'US', '0', 'Exchange Online',"
    ' dynamic({"browser": "Chrome", "os": "Linux", "trusted": false}),'
    " datetime(2026-11-28 01:15), 'eve@partner.example', '2001:db8::7', 'FR', '0', 'Microsoft Teams', dynamic(null)];"
)
"""Six sign-ins: three of Ann in two spellings (two fail), two of bob (one fails), one of eve."""
P = (
    "let P = datatable(At: datetime, Device: string, File: string, Command: string, Parent: string) ["
    " datetime(2026-11-27 10:00), 'WS-1', 'powershell.exe', 'powershell -enc SQBFAFgA', 'winword.exe',"
    " datetime(2026-11-27 10:01), 'ws-1', 'cmd.exe', 'cmd /c whoami', 'powershell.exe',"
    " datetime(2026-11-27 10:05), 'SRV-2', 'net.exe', 'net user eve /add', 'cmd.exe',"
    " datetime(2026-11-27 11:00), 'SRV-2', 'rundll32.exe', 'rundll32 C:\\\\temp\\\\a.dll,Run', 'explorer.exe'];"
)
"""Four processes on two devices, one of them in two spellings."""
A = (
    "let A = datatable(Id: string, At: datetime, Name: string, Severity: string, Entities: string) ["
    " 'a1', datetime(2026-11-27 08:00), 'Brute force', 'High',"
    ' \'[{"Type": "account", "Name": "ann", "UPNSuffix": "corp.example"}, {"Type": "ip", "Address": "203.0.113.5"}]\','
    " 'a2', datetime(2026-11-27 09:00), 'Malware', 'Low', '[{\"Type\": \"host\", \"HostName\": \"ws-1\"}]',"
    " 'a3', datetime(2026-11-27 10:00), 'Malware', 'Medium', '[]'];"
)
"""Three alerts with two, one and no entities."""
C = "let C = datatable(Id: int, State: string, At: datetime) [1, 'New', datetime(2026-11-27 08:00), 1, 'Active', datetime(2026-11-27 08:20), 1, 'Closed', datetime(2026-11-27 09:00), 2, 'New', datetime(2026-11-27 08:30), 2, 'Active', datetime(2026-11-27 10:30)];"
"""Changes of two incidents."""

ORDERED: list[tuple[str, list[Wire]]] = [
    # tabular functions of a query
    (S + "let failed = (least: int) { S | where Code != '0' | summarize n = count() by User | where n >= least };"
     " failed(1) | sort by User asc", [("Ann@corp.example", 2), ("bob@corp.example", 1)]),
    (S + "let failed = (least: int, app: string = 'Azure Portal') { S | where Code != '0' and App == app"
     " | summarize n = count() by User | where n >= least }; failed(1)", [("Ann@corp.example", 2)]),
    (S + "let events = () { S | project User = tolower(User), Ip }; events() | distinct User | sort by User asc",
     [("ann@corp.example",), ("bob@corp.example",), ("eve@partner.example",)]),
    (S + "let byApp = (app: string) { S | where App has app }; union (byApp('azure')), (byApp('teams'))"
     " | summarize n = count() by App | sort by App asc", [("Azure Portal", 3), ("Microsoft Teams", 1)]),
    (S + "let busy = (T: (User: string), least: int) { T | summarize n = count() by User | where n >= least };"
     " busy(S, 2) | sort by User asc", [("Ann@corp.example", 2), ("bob@corp.example", 2)]),
    (S + "let onlyFrom = (T: (*), place: string) { T | where Location == place }; S | invoke onlyFrom('BR') | project User",
     [("bob@corp.example",)]),
    (S + "let low = (x: string) { tolower(x) }; let seen = (least: int) { S | summarize n = count() by U = low(User)"
     " | where n > least }; seen(2)", [("ann@corp.example", 3)]),
    # synonyms of functions and operators
    (C + "C | summarize (Last, Status) = arg_max(At, State) by Id | where Status != '' | project Id, Status | sort by Id asc", [(1, "Closed"), (2, "Active")]),
    (C + "C | summarize n = count(), (First, Status, Who) = arg_min(At, State, Id)", [(5, "2026-11-27T08:00:00.0000000Z", "New", 1)]),
    (C + "C | summarize (low, high) = percentiles(Id, 1, 99)", [(1, 2)]),
    (C + "C | summarize Closed = minif(At, State == 'Closed'), maxif(Id, State == 'New') by Id | sort by Id asc",
     [(1, "2026-11-27T09:00:00.0000000Z", 1), (2, None, 2)]),
    (C + "C | make-series count() on At from datetime(2026-11-27 08:00) to datetime(2026-11-27 10:00) step 1h by Id | sort by Id asc | project Id, count_",
     [(1, "[2,1]"), (2, "[1,0]")]),
    (C + "C | make-series n = dcount(State) default = 7 on At from datetime(2026-11-27 07:00) to datetime(2026-11-27 09:30) step 1h",
     [("[7,2,1]", '["2026-11-27T07:00:00.0000000Z","2026-11-27T08:00:00.0000000Z","2026-11-27T09:00:00.0000000Z"]')]),
    (C + "C | where Id > 2 | make-series count() on At from datetime(2026-11-27) to datetime(2026-11-28) step 1d", []),
    ("print a = set_difference(dynamic(['a', 'b', 'a', 'c']), dynamic(['b']), dynamic(['c'])), u = set_union(dynamic([1, 2]), dynamic([2, 3])),"
     " i = set_intersect(dynamic([1, 2, 1]), dynamic([1]))", [('["a"]', "[1,2,3]", "[1]")]),
    ("print v = bag_merge(dynamic({'a': 1, 'n': {'x': null}}), dynamic({'b': 2, 'a': 9}), dynamic({'b': 3, 'c': 'd'}))",
     [('{"a":1,"n":{"x":null},"b":2,"c":"d"}',)]),
    ("print k = bag_keys(dynamic({'b/c': 1, 'a': {'d': 2}})), none = bag_keys(dynamic([1]))", [('["b/c","a"]', None)]),
    ("print a = has_any_index('one Two', dynamic(['tw', 'two'])), b = has_any_index('one', dynamic(['x']))", [(1, -1)]),
    ("print v = url_decode('https%3a%2f%2fa%20b%2F%C3%A9')", [("https://a b/\u00e9",)]),
    ("print v = format_timespan(time(29.09:00:05.12345), 'ddd.HH:mm:ss [fffffff]'), w = format_timespan(13h, 'd H')", [("029.09:00:05 [1234500]", "0 13")]),
    # joins and unions
    (S + "S | sort by TimeGenerated asc | extend Before = prev(Location) | where Location != Before and isnotempty(Before) | project Before, Location",
     [("DE", "BR"), ("BR", "US"), ("US", "FR")]),
    (S + "S | order by User asc, TimeGenerated asc | serialize | extend Gap = iff(prev(User) == User, TimeGenerated - prev(TimeGenerated), timespan(null)) | project User, Gap",
     [("Ann@corp.example", None), ("Ann@corp.example", "00:02:00"), ("ann@corp.example", None), ("bob@corp.example", None),
      ("bob@corp.example", "00:40:00"), ("eve@partner.example", None)]),
    (C + "C | sort by Id asc, At asc | extend Next = next(At), Same = next(Id) == Id | where Same | project Id, State, Held = Next - At",
     [(1, "New", "00:20:00"), (1, "Active", "00:40:00"), (2, "New", "02:00:00")]),
    (S + "S | sort by TimeGenerated desc | extend n = row_number() | where n <= 2 | project n, User",
     [(1, "eve@partner.example"), (2, "bob@corp.example")]),
    (S + "S | sort by TimeGenerated asc | serialize n = row_number() | where n == 4 | project Location", [("BR",)]),
    (C + "C | sort by Id asc, At asc | extend n = row_number(1, prev(Id) != Id) | project Id, n", [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]),
    (C + "C | sort by At asc | extend n = row_number(0) | project n, Id", [(0, 1), (1, 1), (2, 2), (3, 1), (4, 2)]),
    (S + "S | sort by TimeGenerated asc | extend Bad = row_cumsum(toint(Code != '0')) | project Bad", [(1,), (2,), (2,), (3,), (3,), (3,)]),
    (C + "C | sort by At asc | extend Two = prev(State, 2, 'none') | project Two", [("none",), ("none",), ("New",), ("Active",), ("New",)]),
    # order, bins and tops
    (S + "S | where TimeGenerated >= datetime(2026-11-27) and TimeGenerated < datetime(2026-11-28) | summarize n = count() by Hour = bin(TimeGenerated, 30m) | sort by Hour asc",
     [("2026-11-27T08:00:00.0000000Z", 3), ("2026-11-27T08:30:00.0000000Z", 1), ("2026-11-27T09:00:00.0000000Z", 1)]),
    (S + "S | where TimeGenerated > datetime(2026-11-27T08:04:00.000Z) | order by TimeGenerated asc | take 2 | project TimeGenerated, User",
     [("2026-11-27T08:30:00.0000000Z", "bob@corp.example"), ("2026-11-27T09:10:00.0000000Z", "bob@corp.example")]),
    (C + "C | summarize arg_max(At, *) by Id | sort by Id asc", [(1, "2026-11-27T09:00:00.0000000Z", "Closed"), (2, "2026-11-27T10:30:00.0000000Z", "Active")]),
    (S + "S | summarize n = count() by Location, bin(TimeGenerated, 1d) | top 1 by n", [("DE", "2026-11-27T00:00:00.0000000Z", 3)]),
    (A + "A | extend Rank = case(Severity == 'High', 3, Severity == 'Medium', 2, Severity == 'Low', 1, 0) | sort by Rank desc | project Id, Rank",
     [("a1", 3), ("a3", 2), ("a2", 1)]),
    # lists in rows
    (A + "A | mv-apply e = parse_json(Entities) on (where e.Type == 'account' | extend Upn = strcat(e.Name, '@', e.UPNSuffix) | project Upn) | project Id, Upn",
     [("a1", "ann@corp.example")]),
    (A + "A | extend E = todynamic(Entities) | mv-apply E on (where tostring(E.Type) in ('ip', 'host')) | project Id, Kind = tostring(E.Type) | sort by Id asc",
     [("a1", "ip"), ("a2", "host")]),
    (A + "A | where Id != 'a3' | mv-apply e = todynamic(Entities) on (summarize n = count()) | project Id, n | sort by Id asc", [("a1", 2), ("a2", 1)]),
    (A + "A | mv-apply e = todynamic(Entities) on (extend Kind = tostring(e.Type) | summarize n = count() by Kind) | project Id, Kind, n | sort by Id asc, Kind asc",
     [("a1", "account", 1), ("a1", "ip", 1), ("a2", "host", 1)]),
    ("datatable(Id: int, L: dynamic) [1, dynamic([3, 9, 5]), 2, dynamic([4])] | mv-apply n = L to typeof(long) on (where n > 3 | extend Big = n > 8) | project Id, n, Big | sort by Id asc, n asc",
     [(1, 5, False), (1, 9, True), (2, 4, False)]),
    ("datatable(Id: int, L: dynamic) [1, dynamic([3, 9, 5]), 2, dynamic([4])] | mv-apply n = L to typeof(long) on (summarize Sum = sum(n), Most = max(n)) | project Id, Sum, Most | sort by Id asc",
     [(1, 17, 9), (2, 4, 4)]),
    (A + "A | extend E = parse_json(Entities) | mv-expand with_itemindex = i E | project Id, i, Kind = tostring(E.Type) | sort by Id asc, i asc | where isnotempty(Kind)",
     [("a1", 0, "account"), ("a1", 1, "ip"), ("a2", 0, "host")]),
]  # fmt: skip

UNORDERED: list[tuple[str, list[Wire]]] = [
    # detections
    (S + "let threshold = 2; S | where Code in ('50126', '50053', '50055') | summarize Start = min(TimeGenerated), End = max(TimeGenerated), n = count() by User, Ip | where n >= threshold",
     [("Ann@corp.example", "203.0.113.5", "2026-11-27T08:00:00.0000000Z", "2026-11-27T08:02:00.0000000Z", 2)]),
    (S + "let bad = S | where Code != '0' | summarize Failures = count() by Ip; S | where Code == '0' | join kind=inner bad on Ip | project User, Ip, Failures",
     [("ann@corp.example", "203.0.113.5", 2)]),
    (S + "S | summarize Places = make_set(Location), n = dcount(Location) by User = tolower(User) | where n > 1 | extend m = array_length(Places) | project User, m", [("bob@corp.example", 2)]),
    (S + "S | where Location !in~ ('de', 'us') and Code == '0' | project User, Location", [("eve@partner.example", "FR")]),
    (S + "S | extend Browser = tostring(Detail.browser), Os = tostring(Detail['os']) | where isempty(Browser) | project User, Os", [("bob@corp.example", "Linux"), ("eve@partner.example", "")]),
    (S + "S | where tobool(Detail.trusted) != true | project User", [("bob@corp.example",), ("bob@corp.example",), ("eve@partner.example",)]),
    (S + "S | where Detail.trusted == true | count", [(3,)]),
    (S + "S | extend Name = tostring(split(User, '@', 0)[0]), Domain = tostring(split(User, '@', 1)[0]) | summarize n = count() by Domain | extend n2 = n * 10",
     [("corp.example", 5, 50), ("partner.example", 1, 10)]),
    (S + "S | where User !endswith '@corp.example' | project User", [("eve@partner.example",)]),
    (S + "S | summarize Failed = countif(Code != '0'), Good = countif(Code == '0') by tolower(User) | where Failed > 0 and Good > 0", [("ann@corp.example", 2, 1), ("bob@corp.example", 1, 1)]),
    (S + "S | summarize Failed = dcountif(Ip, Code != '0'), Any = dcount(Ip)", [(2, 4)]),
    (S + "let known = dynamic(['203.0.113.5', '198.51.100.9']); S | where Ip in (known) | summarize count() by Ip", [("203.0.113.5", 3), ("198.51.100.9", 1)]),
    (S + "let known = datatable(Ip: string) ['198.51.100.9']; S | where Ip in (known) | project User", [("bob@corp.example",)]),
    (S + "S | where Ip matches regex @'^\\d{1,3}(\\.\\d{1,3}){3}$' | count", [(5,)]),
    (S + "S | extend Private = ipv4_is_private(Ip) | where Private == false | count", [(5,)]),
    (S + "S | where ipv4_is_in_any_range(Ip, '198.51.100.0/24', '192.0.2.0/24') | project Ip", [("198.51.100.9",), ("192.0.2.1",)]),
    (S + "S | extend Kind = iff(Ip contains ':', 'v6', 'v4') | summarize n = count() by Kind", [("v4", 5), ("v6", 1)]),
    (S + "S | summarize hint.strategy=shuffle n = count() by Location | where n > 1", [("DE", 3)]),
    (S + "let window = 1h; let ends = datetime(2026-11-27 09:00); S | where TimeGenerated between ((ends - window) .. ends) | count", [(4,)]),
    (S + "S | where dayofweek(TimeGenerated) == 6d or hourofday(TimeGenerated) < 6 | project User", [("eve@partner.example",)]),
    (S + "S | summarize make_list(Code) by tolower(User) | extend Last = tostring(list_Code[-1]) | project Last", [("0",), ("0",), ("0",)]),
    (S + "S | summarize take_any(App) by Location | project Location, App", [("DE", "Azure Portal"), ("BR", "Exchange Online"), ("US", "Exchange Online"), ("FR", "Microsoft Teams")]),
    (S + "S | summarize any(App) by Location | project any_App", [("Azure Portal",), ("Exchange Online",), ("Exchange Online",), ("Microsoft Teams",)]),
    (S + "S | distinct User, Location | summarize n = count()", [(5,)]),
    (S + "S | extend Account = strcat('corp\\\\', tostring(split(User, '@')[0])) | where Account startswith_cs 'corp\\\\A' | distinct Account", [("corp\\Ann",)]),
    (S + "S | extend Detail_ = bag_pack('user', User, 'code', toint(Code)) | where toint(Detail_.code) == 50053 | project tostring(Detail_.user)", [("bob@corp.example",)]),
    (S + "S | where App in ('Azure Portal') | project Packed = pack('App', App) | take 1 | project tostring(Packed.App)", [("Azure Portal",)]),
    (P + "P | where File in~ ('POWERSHELL.EXE', 'pwsh.exe') and Command has_any ('-enc', '-encodedcommand') | project Device", [("WS-1",)]),
    (P + "P | where Command matches regex @'(?i)net\\s+user\\s+\\S+\\s+/add' | extend Added = extract(@'user\\s+(\\S+)', 1, Command) | project Added", [("eve",)]),
    (P + "P | where Parent has 'winword' or File =~ 'net.exe' | project File", [("powershell.exe",), ("net.exe",)]),
    (P + "P | extend D = tolower(Device) | summarize Files = make_set(File) by D | project D, n = array_length(Files)", [("ws-1", 2), ("srv-2", 2)]),
    (P + "P | parse Command with * '\\\\temp\\\\' Dll ',' Entry | where isnotempty(Dll) | project Dll, Entry", [("a.dll", "Run")]),
    (P + "P | parse-where Command with 'net user ' Name ' /' Verb | project Name, Verb", [("eve", "add")]),
    (P + "P | extend Tool = replace_regex(File, @'\\.exe$', '') | project Tool", [("powershell",), ("cmd",), ("net",), ("rundll32",)]),
    (P + "P | join kind=inner (P | project Parent = File, ParentCommand = Command) on Parent | project File, ParentCommand", [("cmd.exe", "powershell -enc SQBFAFgA"), ("net.exe", "cmd /c whoami")]),
    (P + "P | where Command hasprefix 'who' or Command hassuffix 'whoami' | project File", [("cmd.exe",)]),
    (P + "P | where Command has_all ('net', 'user') | project File", [("net.exe",)]),
    (P + "P | extend Parts = split(Command, ' ') | where array_length(Parts) > 3 | project Last = tostring(Parts[-1])", [("/add",)]),
    (P + "P | where strlen(Command) between (10 .. 16) | project File", [("cmd.exe",)]),
    (P + "P | summarize arg_min(At, File, Command) by Device = toupper(Device) | project Device, File", [("WS-1", "powershell.exe"), ("SRV-2", "net.exe")]),
    (P + "let suspects = P | where File == 'net.exe' | distinct Device; P | where Device in (suspects) | count", [(2,)]),
    (P + "union isfuzzy=true (P | where File == 'cmd.exe'), (DeviceNothing_CL | where File == 'x') | project File", [("cmd.exe",)]),
    (P + "P | extend Text = base64_decode_tostring(extract(@'-enc (\\S+)', 1, Command)) | where isnotempty(Text) | project Size = strlen(Command)", [(24,)]),
    ("print a = extract_all(@'(\\d+)', 'a1b22')[1], t = trim_start('x+', 'xxab'), e = trim_end('b', 'ab'), c = strcmp('a', 'b'), r = strrep('ab', 2)", [("22", "ab", "a", -1, "abab")]),
    ("print u = unixtime_seconds_todatetime(1795766400), v = make_datetime(2026, 11, 27), m = ipv4_is_match('10.0.0.7', '10.0.0.0/24'), n = not(true)",
     [("2026-11-27T08:00:00.0000000Z", "2026-11-27T00:00:00.0000000Z", True, False)]),
    ("print h = hash_md5('abc'), w = startofweek(datetime(2026-11-27)), p = datetime_part('hour', datetime(2026-11-27 13:00))",
     [("900150983cd24fb0d6963f7d28e17f72", "2026-11-22T00:00:00.0000000Z", 13)]),
    # the same function for several tables, as in analytics rules for sign-ins
    ("let signIns = (name: string) { table(name) | where ResultType != '0' | summarize Failures = count() by Type }; let a = signIns('SigninLogs');"
     " let b = signIns('AADNonInteractiveUserSignInLogs'); union isfuzzy=true a, b | project Type", [("SigninLogs",)]),
    ("let failed = (least: int) { let limit = least * 2; SigninLogs | where toint(ResultType) > 0 | summarize n = count() by Location | where n < limit }; failed(0)", []),
    (S + "S | where Code == '0' | join kind=inner (S | where Code != '0' | project-keep Ip, Code | distinct Ip, Code) on Ip | project Ip, Code1", [("203.0.113.5", "50126")]),
    (S + "let few = S | project-reorder Ip, User | take 1; few | project Ip", [("203.0.113.5",)]),
    (S + "(union S, S) | where Location == 'BR' | count", [(2,)]),
    (S + "S | join kind=inner (S | sort by TimeGenerated asc | extend n = row_number() | where n == 6 | project Ip, n) on Ip | project User, n", [("eve@partner.example", 6)]),
    # connectors and workbooks
    (A + "A | where At > datetime(2026-11-27 08:00) | where Severity has_any ('High', 'Medium') | project Id", [("a3",)]),
    (A + "A | summarize Count = count(), High = countif(Severity == 'High'), Last = max(At) by Name",
     [("Brute force", 1, 1, "2026-11-27T08:00:00.0000000Z"), ("Malware", 2, 0, "2026-11-27T10:00:00.0000000Z")]),
    (A + "A | mv-expand E = parse_json(Entities) | where E.Type == 'account' | extend Upn = strcat(tostring(E.Name), '@', tostring(E.UPNSuffix)) | project Id, Upn", [("a1", "ann@corp.example")]),
    (A + "A | extend n = array_length(todynamic(Entities)) | project Id, n", [("a1", 2), ("a2", 1), ("a3", 0)]),
    (A + "A | summarize n = count() by Severity | as counts | summarize sum(n)", [(3,)]),
    (A + "A | extend Minutes = (datetime(2026-11-27 10:00) - At) / 1m | project Id, Minutes", [("a1", 120.0), ("a2", 60.0), ("a3", 0.0)]),
    (A + "A | extend Age = datetime_diff('hour', datetime(2026-11-27 10:00), At) | where Age >= 1 | project Id, Age", [("a1", 2), ("a2", 1)]),
    (A + "A | extend Link = strcat('https://portal.example/', Id) | project Link | where Link endswith '/a2'", [("https://portal.example/a2",)]),
    (C + "C | summarize First = min(At), States = count() by Id | extend Unix = tolong((First - datetime(1970-01-01)) / 1s) | project Id, Unix, States", [(1, 1795766400, 3), (2, 1795768200, 2)]),
    (C + "C | summarize p50 = percentile(Id, 50), s = sum(Id), a = round(avg(Id), 2), sd = round(stdev(Id), 3)", [(1, 7, 1.4, 0.548)]),
    (C + "C | summarize count() by State | extend Share = round(100.0 * count_ / toscalar(C | count), 1) | project State, Share", [("New", 40.0), ("Active", 40.0), ("Closed", 20.0)]),
    (C + "C | where State == 'New' | union (C | where State == 'Closed') | project Id, State", [(1, "New"), (2, "New"), (1, "Closed")]),
    (C + "C | where At >= todatetime('2026-11-27T09:00:00Z') | project State", [("Closed",), ("Active",)]),
    (C + "C | getschema | project ColumnName, ColumnType", [("Id", "int"), ("State", "string"), ("At", "datetime")]),
]  # fmt: skip

REFUSED = {
    S + "S | make-series n = avg(toint(Code)) on TimeGenerated from datetime(2026-11-27) to datetime(2026-11-29) step 1d": "make-series",
    S + "S | make-series n = count() on TimeGenerated in range(datetime(2026-11-27), datetime(2026-11-29), 1d)": "make-series",
    C + "C | summarize (Last, Other) = arg_max(At, *) by Id": "several names before a =",
    C + "C | summarize (Last, Status) = arg_max(At, State), n = dcount(State) by Id": "several names before a =",
    "print v = bag_merge(dynamic(null), dynamic({'b': 2}))": "an expression: Invalid Input Error: bag_merge() of what is no bag",
    "print v = url_decode('a+b')": "an expression: Invalid Input Error: url_decode() of a text with +",
    "print v = format_timespan(-1h, 'HH:mm')": "an expression: Invalid Input Error: format_timespan() of a negative timespan",
    S + "S | summarize L = make_list(toint(Code)) | extend Found = series_decompose_anomalies(L)": "series_decompose_anomalies()",
    S + "S | evaluate basket()": "evaluate",
    C + "C | extend Before = prev(State)": "prev() of rows without an order",
    C + "C | sort by At asc | summarize n = count() by Id | extend Before = prev(n)": "prev() of rows without an order",
    A + "A | mv-apply e = parse_json(Entities) on (top 1 by tostring(e.Type))": "top in mv-apply",
    A + "A | mv-apply e = parse_json(Entities) on (summarize n = count())": "summarize in mv-apply over no rows",
    A + "A | where Id == 'a1' | mv-apply e = parse_json(Entities)[0] on (where isnotempty(e))": "mv-apply of what is no list",
    S + "let of = (User: string) { S | where App == User }; of('x')": "the parameter User, which a column is called too",
    "let pick = (name: string) { table(strcat(name, 'Logs')) | count }; pick('Signin')": "table()",
    "print v = parse_path(@'C:\\temp\\a.dll')": "parse_path()",
    "print v = ipv4_compare('10.0.0.1', '10.0.0.2')": "ipv4_compare()",
}  # fmt: skip
"""Queries that are not evaluated, and the name in the refusal."""
