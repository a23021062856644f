import MartletPluginKit
import Synchronization

/// Turns the numbers of log entries into ids that say nothing of them, and back (XEP-0313 §6.2).
///
/// An id is the entry's number, and zero bits that a forged one will not have, enciphered for its archive
/// with a key of the domain. So it needs no place in the store, and no look-up there.
final class ArchiveIDs: Sendable {
    static let collection = "archive-key"
    private static let document = "key"

    private struct Key: Codable, Sendable { var bytes: [UInt8] }

    private let site: Site
    private let key = Mutex<[UInt8]?>(nil)

    init(_ site: Site) { self.site = site }

    /// What enciphers the ids of one archive; the key is made when it is first asked for.
    func cipher(for account: JID) async throws(StoreError) -> ArchiveCipher {
        if let cipher = knownCipher(for: account) { return cipher }
        let read = try await readKey()
        key.withLock { $0 = read }
        return ArchiveCipher(site, read, account)
    }

    /// The same, if the key is in memory.
    func knownCipher(for account: JID) -> ArchiveCipher? {
        key.withLock { $0 }.map { ArchiveCipher(site, $0, account) }
    }

    private func readKey() async throws(StoreError) -> [UInt8] {
        let keys = Documents<Key>(Self.collection, at: site)
        if let found = try await keys.get(Self.document, of: .domain) { return found.value.bytes }
        let made = Key(bytes: site.random(32))
        do {
            try await keys.put(made, under: Self.document, of: .domain, if: .absent)
            return made.bytes
        } catch .conflict {
            // Somebody else was first.
            guard let found = try await keys.get(Self.document, of: .domain) else { throw .failed }
            return found.value.bytes
        } catch {
            throw error
        }
    }
}

/// A permutation of 128 bits: a Feistel network of four rounds, with SipHash under a key of the archive's.
struct ArchiveCipher: Sendable {
    private let hash: SipHash

    /// Only who has the domain's key can make that of an archive of it.
    fileprivate init(_ site: Site, _ key: [UInt8], _ account: JID) {
        hash = SipHash(key: site.digest("sha-256", of: key + account.bare.description.utf8))
    }

    func id(of number: Int64) -> String {
        var (left, right) = (UInt64(bitPattern: number), UInt64(0))
        for round in 0..<4 { (left, right) = (right, left ^ hash.hash(UInt64(round), right)) }
        return String(unsafeUninitializedCapacity: 32) { text in
            for digit in 0..<32 {
                let word = digit < 16 ? left : right
                let value = UInt8(truncatingIfNeeded: word >> (60 - 4 * UInt64(digit % 16)) & 15)
                text[digit] =
                    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
            }
            return 32
        }
    }

    /// Nil for what this archive never gave.
    func number(of id: String) -> Int64? {
        let digits = Array(id.utf8)
        guard digits.count == 32, var left = Self.word(digits[..<16]),
            var right = Self.word(digits[16...])
        else { return nil }
        for round in (0..<4).reversed() {
            (left, right) = (right ^ hash.hash(UInt64(round), left), left)
        }
        guard right == 0, left > 0, left <= UInt64(Int64.max) else { return nil }
        return Int64(left)
    }

    /// Sixteen hexadecimal digits in lower case.
    private static func word(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var word: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                word = word << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                word = word << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return word
    }
}
