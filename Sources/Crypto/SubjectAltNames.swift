internal import COpenSSL

/// The names in a certificate's `subjectAltName` that XMPP has a use for (RFC 5280 §4.2.1.6).
struct SubjectAltNames {
    private(set) var dnsNames: [String] = []
    private(set) var xmppAddresses: [String] = []
    private(set) var srvNames: [String] = []
    private(set) var addresses: [AddressOctets] = []

    /// Names of any kind that one certificate may have.
    static let limit = 2_000

    static let xmppAddressType = "1.3.6.1.5.5.7.8.5"
    static let srvNameType = "1.3.6.1.5.5.7.8.7"

    /// Reads the extension; a certificate without one has no names.
    ///
    /// - Throws: `malformedName` when it stands there twice or does not parse, and for a name with NUL,
    ///   another control character or the wrong type, and for an address that is none; `tooManyNames`.
    init(of certificate: borrowing X509Handle) throws(CertificateError) {
        var status: Int32 = 0
        let found = X509_get_ext_d2i(certificate.pointer, NID_subject_alt_name, &status, nil)
        guard let found else {
            ERR_clear_error()
            guard status == -1 else { throw .malformedName }
            return
        }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        guard OPENSSL_sk_num(names) <= Self.limit else { throw .tooManyNames }
        for index in 0..<OPENSSL_sk_num(names) {
            guard let item = OPENSSL_sk_value(names, index) else { throw .malformedName }
            try add(item.assumingMemoryBound(to: GENERAL_NAME.self))
        }
    }

    private mutating func add(_ name: UnsafePointer<GENERAL_NAME>) throws(CertificateError) {
        var kind: Int32 = 0
        guard let value = GENERAL_NAME_get0_value(name, &kind) else { throw .malformedName }
        switch kind {
        case GEN_DNS:
            let string = value.assumingMemoryBound(to: ASN1_STRING.self)
            dnsNames.append(try text(string, isASCII: true))
        case GEN_IPADD:
            let string = value.assumingMemoryBound(to: ASN1_STRING.self)
            guard let address = AddressOctets(try octets(string)) else { throw .malformedName }
            addresses.append(address)
        case GEN_OTHERNAME: try addOther(name)
        default: return
        }
    }

    private mutating func addOther(_ name: UnsafePointer<GENERAL_NAME>) throws(CertificateError) {
        var type: OpaquePointer?
        var value: UnsafeMutablePointer<ASN1_TYPE>?
        guard GENERAL_NAME_get0_otherName(name, &type, &value) == 1, let value else {
            throw .malformedName
        }
        switch objectIdentifier(type) {
        case Self.xmppAddressType:
            guard value.pointee.type == V_ASN1_UTF8STRING else { throw .malformedName }
            xmppAddresses.append(try text(value.pointee.value.utf8string, isASCII: false))
        case Self.srvNameType:
            guard value.pointee.type == V_ASN1_IA5STRING else { throw .malformedName }
            srvNames.append(try text(value.pointee.value.ia5string, isASCII: true))
        default: return
        }
    }

    private func text(
        _ string: UnsafePointer<ASN1_STRING>?,
        isASCII: Bool
    ) throws(CertificateError) -> String {
        let bytes = try octets(string)
        let allowed: ClosedRange<UInt8> = isASCII ? 0x21...0x7e : 0x21...0xff
        guard !bytes.isEmpty, bytes.allSatisfy({ allowed ~= $0 && $0 != 0x7f }),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw .malformedName }
        return text
    }

    private func octets(
        _ string: UnsafePointer<ASN1_STRING>?
    ) throws(CertificateError) -> [UInt8] {
        guard let data = ASN1_STRING_get0_data(string) else { throw .malformedName }
        return Array(UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(string))))
    }

    private func objectIdentifier(_ type: OpaquePointer?) -> String {
        var buffer = [CChar](repeating: 0, count: 80)
        let count = OBJ_obj2txt(&buffer, Int32(buffer.count), type, 1)
        guard count > 0, count < buffer.count else { return "" }
        return String(
            decoding: buffer.prefix(Int(count)).map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }
}
