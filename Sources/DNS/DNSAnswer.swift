/// What came of a question.
package struct DNSAnswer: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// The data of each record, as on the wire with names not compressed; never empty.
        case records([[UInt8]])
        /// The name exists, and has no records of this type.
        case noRecords
        /// There is no such name (NXDOMAIN).
        case noSuchName
        case fault(DNSFault)
    }

    package var content: Content
    /// Whether signatures prove it, the absence of records too; false without a trust anchor.
    package var isSecure: Bool
    /// How long it may be believed, within the bounds of the configuration.
    package var lifetime: Duration
    /// Where the records stand, if the name is an alias (CNAME).
    package var canonicalName: String?

    package init(
        _ content: Content,
        isSecure: Bool = false,
        lifetime: Duration = .zero,
        canonicalName: String? = nil
    ) {
        self.content = content
        self.isSecure = isSecure
        self.lifetime = lifetime
        self.canonicalName = canonicalName
    }

    /// The records' data; empty if there are none.
    package var records: [[UInt8]] {
        guard case .records(let records) = content else { return [] }
        return records
    }

    package var fault: DNSFault? {
        guard case .fault(let fault) = content else { return nil }
        return fault
    }
}

/// Why there is no answer.
package enum DNSFault: Error, Hashable, Sendable {
    case timedOut
    /// What the server said, such as `SERVFAIL`.
    case failed(String)
    /// Signatures that should be there are missing, or prove something else (RFC 4033 §5).
    case bogus(String)
    /// More questions are under way than the configuration allows.
    case overloaded
    /// The resolver was closed.
    case closed
}

extension DNSFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .timedOut: "no answer in time"
        case .failed(let reason): "the DNS failed: \(reason)"
        case .bogus(let reason): "the DNS's signatures are bogus: \(reason)"
        case .overloaded: "too many questions to the DNS are under way"
        case .closed: "the resolver was closed"
        }
    }
}

extension DNSAnswer: CustomStringConvertible {
    package var description: String {
        let security = isSecure ? "secure" : "not signed"
        let alias = canonicalName.map { ", alias of \($0)" } ?? ""
        switch content {
        case .records(let records):
            let count = records.count == 1 ? "1 record" : "\(records.count) records"
            return "\(count) (\(security), for \(lifetime.components.seconds) s\(alias))"
        case .noRecords: return "no records (\(security)\(alias))"
        case .noSuchName: return "no such name (\(security)\(alias))"
        case .fault(let fault): return "\(fault)"
        }
    }
}
