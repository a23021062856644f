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

/// A permutation of 128 bits: a Feistel network of four rounds, with SHA-256 under a key.
struct ArchiveCipher: Sendable {
    private let site: Site
    /// Of each round's digest, with room at the end.
    private let input: [UInt8]

    fileprivate init(_ site: Site, _ key: [UInt8], _ account: JID) {
        self.site = site
        input = key + account.bare.description.utf8 + [UInt8](repeating: 0, count: 9)
    }

    func id(of number: Int64) -> String {
        var (left, right) = (UInt64(bitPattern: number), UInt64(0))
        var input = input
        for round in 0..<4 { (left, right) = (right, left ^ mix(right, round, &input)) }
        return Site.hex(Self.bytes(left) + Self.bytes(right))
    }

    /// Nil for what this archive never gave.
    func number(of id: String) -> Int64? {
        let digits = Array(id.utf8)
        guard digits.count == 32, var left = Self.word(digits[..<16]),
            var right = Self.word(digits[16...])
        else { return nil }
        var input = input
        for round in (0..<4).reversed() {
            (left, right) = (right ^ mix(left, round, &input), left)
        }
        guard right == 0, left > 0, left <= UInt64(Int64.max) else { return nil }
        return Int64(left)
    }

    /// Of the key, the account, the round and half of what is enciphered; the last two, nine bytes, are
    /// written over those of the round before.
    private func mix(_ half: UInt64, _ round: Int, _ input: inout [UInt8]) -> UInt64 {
        let end = input.count
        input[end - 9] = UInt8(truncatingIfNeeded: round)
        for index in 0..<8 {
            input[end - 8 + index] = UInt8(truncatingIfNeeded: half >> (56 - 8 * index))
        }
        return site.digest("sha-256", of: input).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
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
