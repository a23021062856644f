import Testing

@testable import MartletPluginKit

@Suite struct SipHashTests {
    /// The key 00 01 … 0f, as its authors' test has it.
    private let hash = SipHash(key: (0..<16).map { UInt8($0) })

    @Test func `sixteen bytes have the hash that its authors published`() {
        #expect(hash.hash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908) == 0x3f2a_cc7f_57c2_9bdb)
    }

    @Test func `another key, and another text, have another hash`() {
        let hashes: Set<UInt64> = [
            hash.hash(1, 2), hash.hash(2, 1), hash.hash(1, 3),
            SipHash(key: [1]).hash(1, 2), SipHash(key: []).hash(1, 2),
        ]
        #expect(hashes.count == 5)
    }
}
