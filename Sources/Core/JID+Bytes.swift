extension JID {
    /// The address as it is written, in bytes that stay where they are as long as the address lives.
    package var stableBytes: UnsafeRawBufferPointer { storage.withText { $0 } }

    /// How many of them are the bare address.
    package var bareByteCount: Int { storage.bareBytes }
}
