internal import Glibc

extension JID {
    /// One heap object: the lengths, a hash and, behind them, the address as it is written.
    final class Storage: ManagedBuffer<Storage.Header, UInt8> {
        struct Header {
            var local: UInt16
            var domain: UInt16
            var resource: UInt16
            var bareHash: UInt64
        }

        /// What nothing writes to after `make`, read without the check for exclusive access that
        /// `header` makes each time.
        private var fixed: Header { withUnsafeMutablePointerToHeader { $0.pointee } }

        var localBytes: Int { Int(fixed.local) }
        var domainBytes: Int { Int(fixed.domain) }
        var resourceBytes: Int { Int(fixed.resource) }
        var bareHash: UInt64 { fixed.bareHash }

        var localRange: Range<Int> { 0..<localBytes }
        var domainRange: Range<Int> {
            let start = localBytes > 0 ? localBytes + 1 : 0
            return start..<start + domainBytes
        }
        var bareBytes: Int { domainRange.upperBound }
        var resourceRange: Range<Int> {
            let start = resourceBytes > 0 ? bareBytes + 1 : bareBytes
            return start..<start + resourceBytes
        }
        var textBytes: Int { fixed.textBytes }

        /// Writes the parts, with `@` and `/` between them, into a new object.
        ///
        /// With `inLowerCase`, ASCII capitals before the resource are mapped on the way.
        static func make(
            _ local: UnsafeRawBufferPointer?,
            _ domain: UnsafeRawBufferPointer,
            _ resource: UnsafeRawBufferPointer?,
            inLowerCase: Bool = false
        ) -> Storage {
            let header = Header(local, domain, resource)
            let made = unsafeDowncast(
                Storage.create(minimumCapacity: header.textBytes) { _ in header },
                to: Storage.self
            )
            made.withUnsafeMutablePointers { header, bytes in
                let text = UnsafeMutableRawBufferPointer(start: bytes, count: made.textBytes)
                var writer = Writer(rest: text[...])
                if let local, !local.isEmpty {
                    writer.put(local)
                    writer.put(UInt8(ascii: "@"))
                }
                writer.put(domain)
                let bare = UnsafeMutableRawBufferPointer(rebasing: text[..<made.bareBytes])
                if inLowerCase { mapCase(bare) }
                header.pointee.bareHash = fnv1a(UnsafeRawBufferPointer(bare))
                if let resource, !resource.isEmpty {
                    writer.put(UInt8(ascii: "/"))
                    writer.put(resource)
                }
            }
            return made
        }

        var domainHash: UInt64 {
            if localBytes == 0 { return bareHash }
            return withText { fnv1a(UnsafeRawBufferPointer(rebasing: $0[domainRange])) }
        }

        func withoutResource() -> Storage {
            withText { text in
                Storage.make(
                    UnsafeRawBufferPointer(rebasing: text[localRange]),
                    UnsafeRawBufferPointer(rebasing: text[domainRange]),
                    nil
                )
            }
        }

        func domainAlone() -> Storage {
            withText { text in
                Storage.make(nil, UnsafeRawBufferPointer(rebasing: text[domainRange]), nil)
            }
        }

        func with(resource: UnsafeRawBufferPointer) -> Storage {
            withText { text in
                Storage.make(
                    UnsafeRawBufferPointer(rebasing: text[localRange]),
                    UnsafeRawBufferPointer(rebasing: text[domainRange]),
                    resource
                )
            }
        }

        func withText<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
            let count = textBytes
            return try withUnsafeMutablePointerToElements { bytes throws(E) in
                try body(UnsafeRawBufferPointer(start: bytes, count: count))
            }
        }

        func string(_ range: Range<Int>) -> String {
            withText { String(decoding: $0[range], as: UTF8.self) }
        }

        func isEqual(to other: Storage) -> Bool {
            resourceBytes == other.resourceBytes && hasSameLengths(as: other)
                && bareHash == other.bareHash && isSame(0..<textBytes, in: other)
        }

        func hasSameBare(as other: Storage) -> Bool {
            hasSameLengths(as: other) && bareHash == other.bareHash
                && isSame(0..<bareBytes, in: other)
        }

        func hasSameDomain(as other: Storage) -> Bool {
            guard domainBytes == other.domainBytes else { return false }
            return withText { mine in
                other.withText { areEqual(mine[domainRange], $0[other.domainRange]) }
            }
        }

        private func hasSameLengths(as other: Storage) -> Bool {
            localBytes == other.localBytes && domainBytes == other.domainBytes
        }

        private func isSame(_ range: Range<Int>, in other: Storage) -> Bool {
            withText { mine in other.withText { areEqual(mine[range], $0[range]) } }
        }
    }
}

extension JID.Storage.Header {
    fileprivate init(
        _ local: UnsafeRawBufferPointer?,
        _ domain: UnsafeRawBufferPointer,
        _ resource: UnsafeRawBufferPointer?
    ) {
        let counts = (local?.count ?? 0, domain.count, resource?.count ?? 0)
        precondition(counts.1 > 0, "an address has a domain (RFC 7622 §3.1)")
        precondition(max(counts.0, counts.1, counts.2) <= 1023, "RFC 7622 §3.1")
        self.local = UInt16(counts.0)
        self.domain = UInt16(counts.1)
        self.resource = UInt16(counts.2)
        bareHash = 0
    }

    fileprivate var textBytes: Int {
        Int(local) + Int(domain) + Int(resource) + (local > 0 ? 1 : 0) + (resource > 0 ? 1 : 0)
    }
}

/// Fills memory from its start.
private struct Writer {
    var rest: Slice<UnsafeMutableRawBufferPointer>

    mutating func put(_ byte: UInt8) {
        rest[rest.startIndex] = byte
        rest = rest.dropFirst()
    }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: rest).copyMemory(from: bytes)
        rest = rest.dropFirst(bytes.count)
    }
}

private func mapCase(_ bytes: UnsafeMutableRawBufferPointer) {
    for index in bytes.indices where UInt8(ascii: "A")...UInt8(ascii: "Z") ~= bytes[index] {
        bytes[index] |= 0x20
    }
}

/// Compares slices of equal length.
private func areEqual(
    _ left: Slice<UnsafeRawBufferPointer>,
    _ right: Slice<UnsafeRawBufferPointer>
) -> Bool {
    guard let one = UnsafeRawBufferPointer(rebasing: left).baseAddress,
        let other = UnsafeRawBufferPointer(rebasing: right).baseAddress
    else { return left.count == right.count }
    return memcmp(one, other, left.count) == 0
}

/// FNV-1a with 64 bits: stable between processes, which `Hasher` is not.
private func fnv1a(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
}
