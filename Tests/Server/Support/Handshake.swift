import MartletCrypto

/// Two ends of TLS that have shaken hands in memory.
struct Handshake {
    let near: TLSSession
    let far: TLSSession

    /// `near` is the client.
    init(
        from near: (TLSContext, TLSRole),
        to far: (TLSContext, TLSRole)
    ) throws {
        self.near = try TLSSession(near.0, role: near.1)
        self.far = try TLSSession(far.0, role: far.1)
        var (out, back): ([UInt8], [UInt8]) = ([], [])
        try self.near.begin(output: &out)
        while !out.isEmpty {
            _ = try out.withUnsafeBytes {
                try self.far.receive($0, plaintext: { _ in }, output: &back)
            }
            out = []
            _ = try back.withUnsafeBytes {
                try self.near.receive($0, plaintext: { _ in }, output: &out)
            }
            back = []
        }
    }
}
