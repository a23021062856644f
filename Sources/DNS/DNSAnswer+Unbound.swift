internal import CUnbound

extension DNSAnswer {
    /// Copies what libunbound found; the caller frees that.
    init(_ result: ub_result, within bounds: DNSConfiguration) {
        isSecure = result.secure != 0
        canonicalName = result.canonname.map { name in
            let text = String(cString: name)
            return text.hasSuffix(".") ? String(text.dropLast()) : text
        }
        let isPositive = result.havedata != 0
        let limit = isPositive ? bounds.lifetimeLimit : bounds.negativeLifetimeLimit
        lifetime = min(.seconds(max(0, Int(result.ttl))), limit)
        if result.bogus != 0 {
            let reason = result.why_bogus.map { String(cString: $0) }
            content = .fault(.bogus(reason ?? "they prove nothing"))
        } else if isPositive {
            content = .records(Self.data(of: result, limit: bounds.recordsPerAnswer))
        } else if result.nxdomain != 0 {
            content = .noSuchName
        } else if result.rcode != 0 {
            content = .fault(.failed(Self.name(ofCode: result.rcode)))
        } else {
            content = .noRecords
        }
    }

    private static func data(of result: ub_result, limit: Int) -> [[UInt8]] {
        guard let items = result.data, let lengths = result.len else { return [] }
        var records: [[UInt8]] = []
        while records.count < limit, let item = items[records.count] {
            let bytes = UnsafeRawBufferPointer(start: item, count: Int(lengths[records.count]))
            records.append(Array(bytes))
        }
        return records
    }

    /// RFC 1035 §4.1.1.
    private static func name(ofCode code: CInt) -> String {
        switch code {
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        default: "code \(code)"
        }
    }
}
