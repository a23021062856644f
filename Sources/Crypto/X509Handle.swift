internal import COpenSSL

/// OpenSSL's certificate, owned, and what is asked of it.
struct X509Handle: ~Copyable {
    let pointer: OpaquePointer

    /// Owns a certificate that OpenSSL has just made.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    init(retaining pointer: OpaquePointer) {
        X509_up_ref(pointer)
        self.pointer = pointer
    }

    init(der: [UInt8]) throws(CertificateError) {
        let (made, isWhole) = der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            let made = d2i_X509(nil, &next, bytes.count)
            return (made, next == bytes.baseAddress.map { $0 + bytes.count })
        }
        guard let made, isWhole else {
            X509_free(made)
            ERR_clear_error()
            throw .unreadable
        }
        pointer = made
    }

    init(pem: String) throws(CertificateError) {
        let made = Array(pem.utf8).withUnsafeBytes { bytes in
            let source = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
            defer { BIO_free(source) }
            return PEM_read_bio_X509(source, nil, noPassword, nil)
        }
        guard let made else {
            ERR_clear_error()
            throw .unreadable
        }
        pointer = made
    }

    deinit { X509_free(pointer) }

    var der: [UInt8] {
        let count = Int(i2d_X509(pointer, nil))
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            var next = buffer.baseAddress
            initializedCount = max(0, Int(i2d_X509(pointer, &next)))
        }
    }

    func validity() throws(CertificateError) -> ClosedRange<Int64> {
        guard let start = unixTime(X509_get0_notBefore(pointer)),
            let end = unixTime(X509_get0_notAfter(pointer)), start <= end
        else { throw .malformedValidity }
        return start...end
    }

    /// The certificate's digest by its signature's hash function, and by SHA-256 in place of MD5 and
    /// SHA-1 (RFC 5929 §4.1).
    var serverEndPoint: [UInt8]? {
        var function: Int32 = NID_undef
        guard X509_get_signature_info(pointer, &function, nil, nil, nil) == 1,
            function != NID_undef
        else { return nil }
        let isOld = function == NID_md5 || function == NID_sha1
        guard let algorithm = isOld ? EVP_sha256() : EVP_get_digestbyname(OBJ_nid2sn(function))
        else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var written: UInt32 = 0
            let status = X509_digest(pointer, algorithm, buffer.baseAddress, &written)
            count = status == 1 ? Int(written) : 0
        }
    }

    /// The difference to the epoch, which OpenSSL counts in days and seconds.
    private func unixTime(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        let epoch = ASN1_TIME_set(nil, 0)
        defer { ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard let time, ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else {
            ERR_clear_error()
            return nil
        }
        return Int64(days) * 86_400 + Int64(seconds)
    }
}

/// Answers OpenSSL's question for a password, which would otherwise go to the terminal.
private let noPassword:
    @convention(c) (
        UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, _, _, _ in 0 }
