internal import COpenSSL

/// What a new certificate is filled with; every function tells whether OpenSSL took all of it.
extension X509Handle {
    /// Version, serial number, dates, and the domain as subject and issuer.
    func describe(_ domain: String, at unixTime: Int64) -> Bool {
        var now = time_t(unixTime)
        let serial = Random.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1 | 1
        // X.520 gives a common name 64 characters; names are looked for elsewhere.
        let subject = domain.unicodeScalars.count <= 64 ? domain : "Martlet"
        let name = X509_get_subject_name(pointer)
        return X509_set_version(pointer, 2) == 1
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(pointer), serial) == 1
            && X509_time_adj_ex(X509_getm_notBefore(pointer), 0, -3600, &now) != nil
            && X509_time_adj_ex(
                X509_getm_notAfter(pointer),
                Int32(SelfSignedCertificate.lifetimeDays),
                0,
                &now
            ) != nil
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, subject, -1, -1, 0) == 1
            && X509_set_issuer_name(pointer, name) == 1
    }

    /// The `subjectAltName`s by which clients and servers know an XMPP domain (RFC 6120 §13.7.1.2); an
    /// address of IP has no DNS name and no services (RFC 9525 §6.4).
    func addNames(asciiDomain: String, domain: String) -> Bool {
        let names = GENERAL_NAMES_new()
        defer { GENERAL_NAMES_free(names) }
        let address = AddressOctets(text: asciiDomain)
        let services = address == nil ? ["_xmpp-client.", "_xmpp-server."] : []
        return push(address.map(addressName) ?? dnsName(asciiDomain), onto: names)
            && push(otherName(SubjectAltNames.xmppAddressType, domain, .utf8), onto: names)
            && services.allSatisfy { service in
                let name = service + asciiDomain
                return push(otherName(SubjectAltNames.srvNameType, name, .ia5), onto: names)
            }
            && X509_add1_ext_i2d(
                pointer,
                NID_subject_alt_name,
                UnsafeMutableRawPointer(names),
                0,
                UInt(X509V3_ADD_DEFAULT)
            ) == 1
    }

    /// What the key may be used for: TLS at either end, and signing no other certificate.
    func addUses() -> Bool {
        let uses: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth,clientAuth"),
        ]
        return uses.allSatisfy { use, value in
            let made = X509V3_EXT_conf_nid(nil, nil, use, value)
            defer { X509_EXTENSION_free(made) }
            return made != nil && X509_add_ext(pointer, made, -1) == 1
        }
    }
}

private enum StringKind { case utf8, ia5 }

/// Puts a name onto the stack, which owns it from then on.
private func push(_ name: UnsafeMutablePointer<GENERAL_NAME>?, onto names: OpaquePointer?) -> Bool {
    guard let name else { return false }
    guard OPENSSL_sk_push(names, name) > 0 else {
        GENERAL_NAME_free(name)
        return false
    }
    return true
}

private func dnsName(_ text: String) -> UnsafeMutablePointer<GENERAL_NAME>? {
    guard let name = GENERAL_NAME_new(), let value = string(text, .ia5) else { return nil }
    GENERAL_NAME_set0_value(name, GEN_DNS, value)
    return name
}

private func addressName(_ address: AddressOctets) -> UnsafeMutablePointer<GENERAL_NAME>? {
    guard let name = GENERAL_NAME_new(),
        let value = ASN1_STRING_type_new(V_ASN1_OCTET_STRING),
        ASN1_STRING_set(value, address.bytes, Int32(address.bytes.count)) == 1
    else { return nil }
    GENERAL_NAME_set0_value(name, GEN_IPADD, value)
    return name
}

private func otherName(
    _ type: String,
    _ text: String,
    _ kind: StringKind
) -> UnsafeMutablePointer<GENERAL_NAME>? {
    guard let name = GENERAL_NAME_new(), let value = ASN1_TYPE_new(),
        let type = OBJ_txt2obj(type, 1), let string = string(text, kind)
    else { return nil }
    ASN1_TYPE_set(value, kind == .utf8 ? V_ASN1_UTF8STRING : V_ASN1_IA5STRING, string)
    guard GENERAL_NAME_set0_othername(name, type, value) == 1 else { return nil }
    return name
}

private func string(_ text: String, _ kind: StringKind) -> UnsafeMutablePointer<ASN1_STRING>? {
    let bytes = Array(text.utf8)
    let type = kind == .utf8 ? V_ASN1_UTF8STRING : V_ASN1_IA5STRING
    guard let made = ASN1_STRING_type_new(type),
        ASN1_STRING_set(made, bytes, Int32(bytes.count)) == 1
    else { return nil }
    return made
}
