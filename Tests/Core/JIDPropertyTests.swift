import Testing

@testable import MartletCore

@Suite struct JIDPropertyTests {
    @Test(arguments: UInt8(0)..<128)
    func `judges each ASCII character alike with and without preparation`(byte: UInt8) throws {
        let character = String(Unicode.Scalar(byte))
        for text in [
            character, character + "a", "a" + character, "a\(character)b", "aB" + character,
        ] {
            for (local, domain, resource) in [
                (text, "capulet.example", nil), (nil, text, nil), (nil, text + ".example", nil),
                (nil, "capulet." + text, nil), (nil, "capulet.example", text),
            ] as [(String?, String, String?)] {
                let plain = withParts(local, domain, resource) { JID.Storage.make(ifPlain: $0) }
                let prepared = withParts(local, domain, resource) { parts in
                    try? JID.Storage.make(preparing: parts)
                }
                #expect(plain.map(JID.init(storage:)) == prepared.map(JID.init(storage:)))
            }
        }
    }

    @Test(arguments: UInt64(1)...20)
    func `takes no ASCII address without preparation that preparation would change`(seed: UInt64) {
        var generator = SplitMix(state: seed)
        var plain = 0
        for _ in 0..<1000 {
            let text = generator.ASCIIAddress()
            text.withBytes { bytes in
                let parts = JID.Parts(bytes)
                guard let made = JID.Storage.make(ifPlain: parts) else { return }
                plain += 1
                let prepared = try? JID.Storage.make(preparing: parts)
                #expect(JID(storage: made) == prepared.map(JID.init(storage:)), "\(text)")
            }
        }
        #expect(plain > 50)
    }

    @Test(arguments: UInt64(1)...40)
    func `prepares what is prepared to itself`(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        var accepted = 0
        for _ in 0..<200 {
            let text = generator.address()
            guard let jid = try? JID(text) else { continue }
            accepted += 1
            #expect(try JID(jid.description) == jid, "\(text.unicodeScalars.map(\.value))")
            #expect(try JID(jid.localpart, jid.domainpart, jid.resourcepart) == jid)
            #expect(JID(prepared: jid.localpart, jid.domainpart, jid.resourcepart) == jid)
            #expect(try JID(jid.description).description.utf8.elementsEqual(jid.description.utf8))
            #expect(try JID(nil, jid.asciiDomainpart.bracketed) == jid.domain)
        }
        #expect(accepted > 10)
    }

    @Test(arguments: UInt64(1)...20)
    func `survives any bytes`(seed: UInt64) {
        var generator = SplitMix(state: seed)
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : Array("@/.[]:-xn\u{300}".utf8).randomElement(using: &generator) ?? 0
            }
            let jid = bytes.withUnsafeBytes { try? JID(utf8: $0) }
            if let jid { #expect(!jid.domainpart.isEmpty) }
        }
    }
}

private func withParts<R>(
    _ local: String?,
    _ domain: String,
    _ resource: String?,
    _ body: (JID.Parts) -> R
) -> R {
    (local ?? "").withBytes { first in
        domain.withBytes { second in
            (resource ?? "").withBytes { third in
                body(
                    JID.Parts(
                        local: local == nil ? nil : first,
                        domain: second,
                        resource: resource == nil ? nil : third
                    )
                )
            }
        }
    }
}

extension String {
    fileprivate var bracketed: String { contains(":") ? "[\(self)]" : self }
}

/// A small generator, so that a seed that failed once fails again.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func address() -> String {
        var text = ""
        if Bool.random(using: &self) { text += part() + "@" }
        text += part()
        if Bool.random(using: &self) { text += "." + part() }
        if Bool.random(using: &self) { text += "/" + part() + part() }
        return text
    }

    mutating func ASCIIAddress() -> String {
        let characters = Array("aBxX019--__..nN::[]@/ ~")
        return String(
            (0..<Int.random(in: 1...12, using: &self)).map { _ in
                characters.randomElement(using: &self) ?? "a"
            }
        )
    }

    /// Characters of one kind, or of several: letters with marks, wide ones, and all of Unicode.
    private mutating func part() -> String {
        let kinds: [ClosedRange<UInt32>] = [
            0x61...0x7A, 0x41...0x5A, 0xC0...0x24F, 0x300...0x345, 0x370...0x3FF, 0x5D0...0x5EA,
            0x620...0x66A, 0x900...0x950, 0x1100...0x1200, 0x1E00...0x1FFF, 0x3040...0x30FF,
            0xAC00...0xAD00, 0xFF01...0xFF9F, 0x0...0x10FFFF,
        ]
        let kind = kinds.randomElement(using: &self) ?? 0x61...0x7A
        let count = Int.random(in: 1...5, using: &self)
        return String(
            String.UnicodeScalarView(
                (0..<count).compactMap { _ in
                    let isMark = Int.random(in: 0..<4, using: &self) == 0
                    return Unicode.Scalar(
                        UInt32.random(in: isMark ? 0x300...0x345 : kind, using: &self)
                    )
                }
            )
        )
    }
}
