import Testing

@testable import MartletXML

/// Attacks, row 7: our parser and writer against libxml2, on streams changed at random.
///
/// What ours takes, libxml2 reads as the same tree, as it came and as we write it. What ours calls
/// malformed, libxml2 refuses, too. Where they differ all the same:
///
/// | ours | libxml2 | why |
/// |---|---|---|
/// | `restrictedXML` | takes it | comments, instructions, DTDs: RFC 6120 §11.1 forbids them |
/// | `badFormat` | takes it | text between stanzas, a stream in a stanza: RFC 6120 §4.9.3.1 |
/// | the end at `</stream:stream>` | refuses what follows | nothing on a stream follows its end |
/// | `notWellFormed` | takes it | a name of XML 1.0's fifth edition; expat goes by the fourth |
/// | space before the header | refuses it | between two streams, it keeps the connection alive |
/// | `\n` in CDATA | `\r` or `\r\n` | XML 1.0 §2.11 makes them one; made good in `SecondReading` |
/// | `badNamespacePrefix` | takes it | a namespace that no IRI can be, or a name as above |
@Suite struct DifferentialTests {
    private static let rounds = 100

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `reads and refuses what another parser does`(seed: UInt64) throws {
        let library = try #require(LibXML2.shared, "SwiftPM needs it, too")
        var chance = Seeded(seed)
        var (taken, refused) = (0, 0)
        for _ in 0..<Self.rounds {
            let stream = Mutant.make(&chance)
            let ours = FirstReading(stream)
            expectSame(ours, library)
            expectSameWritten(ours, library)
            if ours.isWhole { taken += 1 }
            guard ours.isMalformed else { continue }
            refused += 1
            guard SecondReading(stream, by: library).faults.isEmpty else { continue }
            #expect(isExplained(ours), "\(ours)")
        }
        // Of mutants that are all good, or all bad, nobody would learn anything.
        #expect(taken > Self.rounds / 8 && refused > Self.rounds / 4, "\(taken) \(refused)")
    }

    /// What we took of a stream is, with its end, the same for the other.
    private func expectSame(_ ours: FirstReading, _ library: LibXML2) {
        guard let header = ours.header else { return }
        let theirs = SecondReading(ours.taken, by: library)
        #expect(theirs.faults.isEmpty, "\(ours)")
        #expect(theirs.elements == ours.elements.map(Tree.init), "\(ours)")
        #expect(theirs.header?.name == header.name && theirs.header?.namespace == header.namespace)
        for (name, value) in [
            ("to", header.to), ("from", header.from), ("id", header.id),
            ("version", header.version),
        ] {
            let attribute = theirs.header?.attributes.first {
                $0.name == name && $0.namespace == ""
            }
            #expect(attribute?.value == value, "\(ours)")
        }
    }

    /// What we write to a peer is, on its stream, what we read.
    private func expectSameWritten(_ ours: FirstReading, _ library: LibXML2) {
        guard !ours.elements.isEmpty else { return }
        let written = ours.elements.map(\.description).joined()
        let theirs = SecondReading(
            Array((clientHeader + written + "</stream:stream>").utf8),
            by: library
        )
        #expect(theirs.faults.isEmpty, "\(written)")
        #expect(theirs.elements == ours.elements.map(Tree.init), "\(written)")
    }

    /// Whether the table says why we refuse what the other takes.
    private func isExplained(_ ours: FirstReading) -> Bool {
        switch ours.fault {
        case .notWellFormed: ours.hasForeignName
        case .badNamespacePrefix: ours.hasForeignName || ours.hasStrangeNamespace
        default: false
        }
    }
}
