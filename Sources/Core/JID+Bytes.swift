internal import Glibc

extension JID {
    /// The address as it is written, in bytes that stay where they are as long as the address lives.
    package var stableBytes: UnsafeRawBufferPointer { storage.withText { $0 } }

    /// How many of them are the bare address.
    package var bareByteCount: Int { storage.bareBytes }

    /// Whether it is written just so.
    package func isWritten(_ text: UnsafeRawBufferPointer) -> Bool {
        storage.withText { own in
            guard own.count == text.count, let one = own.baseAddress, let other = text.baseAddress
            else { return false }
            return memcmp(one, other, own.count) == 0
        }
    }

    /// The order of addresses byte by byte, as they are written.
    package func isBefore(_ other: JID) -> Bool {
        storage.withText { left in
            other.storage.withText { right in
                guard let one = left.baseAddress, let two = right.baseAddress else { return false }
                let order = memcmp(one, two, min(left.count, right.count))
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }

    /// Whether both are one object, as copies of an address are; others may be equal all the same.
    package func isIdentical(to other: JID) -> Bool { storage === other.storage }
}
