import CLoad

/// Counts an end tag in a stream of bytes that is cut anywhere.
///
/// Enough to know how many stanzas came: `<` stands escaped wherever it does not begin a tag.
struct TagCounter {
    private let tag: StaticString
    /// How much of the tag the last chunk ended with.
    private var matched = 0

    init(_ tag: StaticString) {
        self.tag = tag
    }

    mutating func count(in bytes: UnsafeRawBufferPointer) -> Int {
        var found = 0
        var at = finishSplit(bytes, &found)
        while let start = bytes.baseAddress, at < bytes.count,
            let hit = load_find(start + at, bytes.count - at, tag.utf8Start, tag.utf8CodeUnitCount)
        {
            found += 1
            at = hit - start + tag.utf8CodeUnitCount
        }
        noteEnd(bytes, from: at)
        return found
    }

    /// Goes on with a tag that the last chunk began; gives where to search from.
    private mutating func finishSplit(_ bytes: UnsafeRawBufferPointer, _ found: inout Int) -> Int {
        var at = 0
        while matched > 0, at < bytes.count {
            guard bytes[at] == tag.utf8Start[matched] else {
                matched = 0
                return at
            }
            (at, matched) = (at + 1, matched + 1)
            if matched == tag.utf8CodeUnitCount {
                found += 1
                matched = 0
            }
        }
        return at
    }

    private mutating func noteEnd(_ bytes: UnsafeRawBufferPointer, from: Int) {
        guard matched == 0 else { return }
        let first = max(from, bytes.count - tag.utf8CodeUnitCount + 1)
        guard first < bytes.count else { return }
        for start in first..<bytes.count where bytes[start] == tag.utf8Start[0] {
            let rest = bytes[start...]
            let begins = UnsafeRawBufferPointer(start: tag.utf8Start, count: rest.count)
            if rest.elementsEqual(begins) { matched = rest.count }
        }
    }
}
