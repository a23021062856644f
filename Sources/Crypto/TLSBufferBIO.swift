internal import COpenSSL

/// OpenSSL's view of the buffers that a `TLSSession` is called with.
enum BufferBIO {
    // Made once, never changed or freed.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        let kind = BIO_get_new_index() | CInt(BIO_TYPE_SOURCE_SINK)
        let method = BIO_meth_new(kind, "martlet")
        BIO_meth_set_read_ex(method, read)
        BIO_meth_set_write_ex(method, write)
        BIO_meth_set_ctrl(method, control)
        return method
    }()

    /// A BIO that has yet to be given its session as data, unretained.
    static func make() -> OpaquePointer? {
        guard let bio = BIO_new(method) else { return nil }
        BIO_set_init(bio, 1)
        return bio
    }

    private static func session(of bio: OpaquePointer?) -> TLSSession? {
        guard let address = BIO_get_data(bio) else { return nil }
        return Unmanaged.fromOpaque(address).takeUnretainedValue()
    }

    private static let read:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?
        ) -> CInt = { bio, buffer, capacity, count in
            BIO_clear_flags(bio, martlet_bio_retry_flags)
            let target = UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
            let pulled = session(of: bio)?.pull(into: target) ?? 0
            count?.pointee = pulled
            guard pulled == 0 else { return 1 }
            BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
            return 0
        }

    private static let write:
        @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int, UnsafeMutablePointer<Int>?)
            -> CInt = { bio, bytes, length, count in
                session(of: bio)?.push(UnsafeRawBufferPointer(start: bytes, count: length))
                count?.pointee = length
                return 1
            }

    private static let control:
        @convention(c) (OpaquePointer?, CInt, Int, UnsafeMutableRawPointer?) -> Int = {
            _,
            command,
            _,
            _ in
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
}
