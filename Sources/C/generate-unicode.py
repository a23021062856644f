#!/usr/bin/env python3
"""Writes the tables of Sources/C/Unicode from the Unicode Character Database.

    apt-get install unicode-data
    python3 Sources/C/generate-unicode.py /usr/share/unicode Sources/C/Unicode/tables.c

The version of Unicode is the one of the given files and a decision of ours: an address must be
prepared alike by every node and after every upgrade of the system, so a change needs a migration.
The tables hold what RFC 8264 §8 (PRECIS), RFC 5892 (IDNA2008) and RFC 5893 (Bidi) ask of a code
point, and the mappings of case, width and normalisation.
"""
import sys

LAST = 0x110000
UCD, OUT = sys.argv[1], sys.argv[2]


def rows(name):
    """The fields of every line of a file, with the range of code points that begins it."""
    for line in open(f"{UCD}/{name}", encoding="utf-8"):
        fields = [field.strip() for field in line.split("#")[0].split(";")]
        if len(fields) < 2:
            continue
        first, _, last = fields[0].partition("..")
        yield range(int(first, 16), int(last or first, 16) + 1), fields[1:]


def property_of(name, default, column=0):
    values = [default] * LAST
    for points, fields in rows(name):
        for c in points:
            values[c] = fields[column]
    return values


def set_of(name, wanted):
    return {c for points, fields in rows(name) if fields[0] in wanted for c in points}


# UnicodeData.txt: general category, combining class, decomposition, simple lower case.
category = ["Cn"] * LAST
combining = [0] * LAST
decomposition = {}  # code point -> (tag or "", [code points]), one step
lower = {}
start = None
for line in open(f"{UCD}/UnicodeData.txt"):
    f = line.rstrip("\n").split(";")
    c = int(f[0], 16)
    if f[1].endswith(", First>"):
        start = c
        continue
    for point in range(start if start is not None else c, c + 1):
        category[point], combining[point] = f[2], int(f[3])
    start = None
    if f[5]:
        parts = f[5].split()
        tag = parts.pop(0) if parts[0].startswith("<") else ""
        decomposition[c] = (tag, [int(p, 16) for p in parts])
    if f[13]:
        lower[c] = int(f[13], 16)

version = open(f"{UCD}/DerivedAge.txt").readline().split("-")[1].rsplit(".", 1)[0]
bidi = property_of("extracted/DerivedBidiClass.txt", "L")
joining = property_of("extracted/DerivedJoiningType.txt", "U")
script = property_of("Scripts.txt", "Unknown")
hangul = property_of("HangulSyllableType.txt", "NA")
ignorable = set_of("DerivedCoreProperties.txt", {"Default_Ignorable_Code_Point"})
cased = set_of("DerivedCoreProperties.txt", {"Cased"})
case_ignorable = set_of("DerivedCoreProperties.txt", {"Case_Ignorable"})
noncharacter = set_of("PropList.txt", {"Noncharacter_Code_Point"})
white_space = set_of("PropList.txt", {"White_Space"})
join_control = set_of("PropList.txt", {"Join_Control"})
excluded = set_of("DerivedNormalizationProps.txt", {"Full_Composition_Exclusion"})
folding = {
    points[0]: [int(p, 16) for p in fields[1].split()]
    for points, fields in rows("CaseFolding.txt")
    if fields[0] in "CF"
}
composition = {
    tuple(to): c
    for c, (tag, to) in decomposition.items()
    if not tag and len(to) == 2 and c not in excluded
}


def decompose(c, compatible):
    if 0xAC00 <= c < 0xAC00 + 11172:
        s = c - 0xAC00
        tail = [0x11A7 + s % 28] if s % 28 else []
        return [0x1100 + s // 588, 0x1161 + s % 588 // 28] + tail
    if c in decomposition and (compatible or not decomposition[c][0]):
        return [d for part in decomposition[c][1] for d in decompose(part, compatible)]
    return [c]


def nfkc(text):
    """Compatibility composition; its results are compared, so it need not be fast."""
    points = [d for c in text for d in decompose(c, True)]
    for i in range(1, len(points)):
        j = i
        while j and combining[points[j]] and combining[points[j - 1]] > combining[points[j]]:
            points[j - 1], points[j] = points[j], points[j - 1]
            j -= 1
    out, starter = [], None
    for c in points:
        if starter is not None:
            last = combining[out[-1]] if len(out) - 1 > starter else 0
            blocked = len(out) - 1 > starter and (last == 0 or last >= combining[c])
            pair = (out[starter], c)
            made = composition.get(pair)
            if 0x1100 <= pair[0] < 0x1113 and 0x1161 <= c < 0x1176:
                made = 0xAC00 + ((pair[0] - 0x1100) * 21 + c - 0x1161) * 28
            if 0xAC00 <= pair[0] < 0xD7A4 and not (pair[0] - 0xAC00) % 28 and 0x11A8 <= c < 0x11C3:
                made = pair[0] + c - 0x11A7
            if made and not blocked:
                out[starter] = made
                continue
        if combining[c] == 0:
            starter = len(out)
        out.append(c)
    return out


LETTER_DIGITS = {"Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"}
PVALID, FREE_PVALID, CONTEXTJ, CONTEXTO, DISALLOWED, UNASSIGNED = range(6)
# RFC 8264 §9.6 and RFC 5892 §2.6: the same code points.
exceptions = {c: PVALID for c in (0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007)}
exceptions |= {c: CONTEXTO for c in (0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB)}
exceptions |= {c: CONTEXTO for c in (*range(0x660, 0x66A), *range(0x6F0, 0x6FA))}
exceptions |= {c: DISALLOWED for c in (0x640, 0x7FA, 0x302E, 0x302F, *range(0x3031, 0x3036), 0x303B)}


def precis(c):
    """RFC 8264 §8; FREE_PVALID stands for "ID_DIS or FREE_PVAL"."""
    if c in exceptions:
        return exceptions[c]
    if category[c] == "Cn" and c not in noncharacter:
        return UNASSIGNED
    if 0x21 <= c <= 0x7E:
        return PVALID
    if c in join_control:
        return CONTEXTJ
    if hangul[c] in ("L", "V", "T") or c in ignorable or c in noncharacter or category[c] == "Cc":
        return DISALLOWED
    if nfkc([c]) != [c]:
        return FREE_PVALID
    if category[c] in LETTER_DIGITS:
        return PVALID
    return FREE_PVALID if category[c] in FREEFORM else DISALLOWED


FREEFORM = {"Lt", "Nl", "No", "Me", "Zs", "Sm", "Sc", "Sk", "So"}
FREEFORM |= {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"}


def idna(c):
    """RFC 5892 §3: whether a code point may stand in a U-label, if its context allows."""
    if c in exceptions:
        return exceptions[c] != DISALLOWED
    if category[c] == "Cn":
        return False
    if c in (*range(0x30, 0x3A), *range(0x61, 0x7B), 0x2D) or c in join_control:
        return True
    folded = [f for n in nfkc([c]) for f in folding.get(n, [n])]
    if nfkc(folded) != [c] or c in ignorable or c in white_space or c in noncharacter:
        return False
    if 0x20D0 <= c < 0x2100 or 0x1D100 <= c < 0x1D250 or hangul[c] in ("L", "V", "T"):
        return False
    return category[c] in LETTER_DIGITS


BIDI = ["L", "R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"]  # anything else: 11
JOINING = ["U", "L", "R", "D", "T", "C"]
SCRIPTS = {"Greek": 1, "Hebrew": 2, "Hiragana": 3, "Katakana": 3, "Han": 3}


def record(c):
    """The properties of a code point, as CUnicode.h lays them out."""
    flags = [
        idna(c),
        category[c] in ("Mn", "Mc", "Me"),
        category[c] == "Zs",
        c in cased,
        c in case_ignorable,
    ]
    bits = precis(c) | (BIDI.index(bidi[c]) if bidi[c] in BIDI else 11) << 3
    bits |= JOINING.index(joining[c]) << 7 | SCRIPTS.get(script[c], 0) << 10
    bits |= sum(1 << (12 + i) for i, flag in enumerate(flags) if flag)
    return bits | combining[c] << 24


records, blocks, stage1, stage2 = {}, {}, [], []
BLOCK = 128
for base in range(0, LAST, BLOCK):
    block = tuple(records.setdefault(record(c), len(records)) for c in range(base, base + BLOCK))
    if block not in blocks:
        blocks[block] = len(blocks)
        stage2 += block
    stage1.append(blocks[block])
assert len(records) <= 256 and len(blocks) < 0x10000

pool, steps = [], []
TAGS = {"": 0, "<wide>": 1, "<narrow>": 1}  # anything else: 2
for c, (tag, to) in sorted(decomposition.items()):
    steps += [c, len(pool) | len(to) << 16 | TAGS.get(tag, 2) << 24]
    pool += to
assert len(pool) < 0x10000


def array(kind, name, values):
    width = {"uint8_t": 20, "uint16_t": 18, "uint32_t": 9}[kind]
    lines = [values[i : i + width] for i in range(0, len(values), width)]
    body = "\n".join("    " + ",".join(f"{v:#x}" if v > 9 else str(v) for v in row) + "," for row in lines)
    return f"const {kind} {name}[{len(values)}] = {{\n{body}\n}};\n"


pairs = [v for c, to in sorted(lower.items()) for v in (c, to)]
triples = [v for (a, b), c in sorted(composition.items()) for v in (a, b, c)]
with open(OUT, "w") as out:
    out.write(f"/* Made from Unicode {version} by generate-unicode.py; never changed by hand. */\n")
    out.write('#include "CUnicode.h"\n\n')
    out.write(array("uint16_t", "martlet_unicode_stage1", stage1) + "\n")
    out.write(array("uint8_t", "martlet_unicode_stage2", stage2) + "\n")
    out.write(array("uint32_t", "martlet_unicode_records", list(records)) + "\n")
    out.write(array("uint32_t", "martlet_unicode_lower", pairs) + "\n")
    out.write(array("uint32_t", "martlet_unicode_steps", steps) + "\n")
    out.write(array("uint32_t", "martlet_unicode_pool", pool) + "\n")
    out.write(array("uint32_t", "martlet_unicode_compositions", triples))
print(f"{len(records)} records, {len(blocks)} blocks, {len(pairs) // 2} lower, "
      f"{len(steps) // 2} decompositions, {len(pool)} pool, {len(triples) // 3} compositions")
