extension JID {
    /// One heap object: the lengths, two hashes and, behind them, the address as it is written.
    final class Storage: ManagedBuffer<Storage.Header, UInt8> {
        struct Header {
            var local: UInt16
            var domain: UInt16
            var resource: UInt16
            var bareHash: UInt64
            var fullHash: UInt64
        }

        var localBytes: Int { Int(header.local) }
        var domainBytes: Int { Int(header.domain) }
        var resourceBytes: Int { Int(header.resource) }
        var bareHash: UInt64 { header.bareHash }
        var fullHash: UInt64 { header.fullHash }

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
        var textBytes: Int { resourceBytes > 0 ? bareBytes + 1 + resourceBytes : bareBytes }

        /// Writes the parts, with `@` and `/` between them, into a new object.
        static func make(
            _ local: some Collection<UInt8>,
            _ domain: some Collection<UInt8>,
            _ resource: some Collection<UInt8>
        ) -> Storage {
            precondition(!domain.isEmpty, "an address has a domain (RFC 7622 §3.1)")
            precondition(max(local.count, domain.count, resource.count) <= 1023, "RFC 7622 §3.1")
            let total = local.count + domain.count + resource.count + 2
            let made = unsafeDowncast(
                Storage.create(minimumCapacity: total) { _ in
                    Header(
                        local: UInt16(local.count),
                        domain: UInt16(domain.count),
                        resource: UInt16(resource.count),
                        bareHash: 0,
                        fullHash: 0
                    )
                },
                to: Storage.self
            )
            made.withUnsafeMutablePointerToElements { bytes in
                var at = 0
                func put(_ part: some Collection<UInt8>) {
                    for byte in part {
                        (bytes + at).initialize(to: byte)
                        at += 1
                    }
                }
                put(local)
                if !local.isEmpty { put(CollectionOfOne(UInt8(ascii: "@"))) }
                put(domain)
                made.header.bareHash = fnv1a(UnsafeRawBufferPointer(start: bytes, count: at))
                if !resource.isEmpty {
                    put(CollectionOfOne(UInt8(ascii: "/")))
                    put(resource)
                }
                made.header.fullHash = fnv1a(UnsafeRawBufferPointer(start: bytes, count: at))
            }
            return made
        }

        func withoutResource() -> Storage {
            withText { text in
                Storage.make(text[localRange], text[domainRange], EmptyCollection())
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
            header.fullHash == other.header.fullHash && hasSameBare(as: other)
                && resourceBytes == other.resourceBytes
                && sameBytes(resourceRange, other)
        }

        func hasSameBare(as other: Storage) -> Bool {
            header.bareHash == other.header.bareHash && localBytes == other.localBytes
                && domainBytes == other.domainBytes && sameBytes(0..<bareBytes, other)
        }

        private func sameBytes(_ range: Range<Int>, _ other: Storage) -> Bool {
            withText { mine in other.withText { mine[range].elementsEqual($0[range]) } }
        }
    }
}

/// FNV-1a with 64 bits: stable between processes, which `Hasher` is not.
private func fnv1a(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
}
