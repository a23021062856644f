import MartletPluginKit

/// What a client asks of an archive (XEP-0313 §4).
struct ArchiveQuery: Sendable {
    /// A column of the log: the other one's bare address.
    static let peer = "with"

    var queryID: String?
    var with: JID?
    var start: Timestamp?
    var end: Timestamp?
    var afterID: String?
    var beforeID: String?
    var ids: [String] = []
    var page: ResultSet
    /// The newest of the page comes first (XEP-0313 §4.3.4).
    var isFlipped: Bool

    /// - Throws: `bad-request` for what cannot be read, `feature-not-implemented` for fields that nobody
    ///   knows (XEP-0313 §4.1.5), `item-not-found` for archives of nodes.
    init(_ query: Node, pageLimit: Int) throws(StanzaError) {
        guard query["node"] == nil else { throw .itemNotFound }
        queryID = query["queryid"]
        page = try ResultSet(in: query)
        guard page.index == nil else { throw .featureNotImplemented }
        isFlipped = query.child("flip-page", in: MessageArchive.namespace) != nil
        guard let form = try DataForm(in: query, of: MessageArchive.namespace) else { return }
        for name in form.values.keys where !Self.fields.contains(where: { $0.name == name }) {
            throw StanzaError(.featureNotImplemented, .cancel, "there is no field \(name)")
        }
        if let text = form["with"] {
            guard let address = JID(text) else { throw .jidMalformed }
            with = address
        }
        start = try Self.time("start", in: form)
        end = try Self.time("end", in: form)
        afterID = form["after-id"]
        beforeID = form["before-id"]
        ids = form.values["ids"] ?? []
        guard ids.count <= pageLimit else {
            throw StanzaError(.policyViolation, .modify, "at most \(pageLimit) ids")
        }
        _ = try form.boolean("include-groupchat")
    }

    private static func time(_ name: String, in form: DataForm) throws(StanzaError) -> Timestamp? {
        guard let text = form[name] else { return nil }
        guard let time = Timestamp(dateTime: text) else {
            throw StanzaError(.badRequest, .modify, "\(name) is no DateTime (XEP-0082)")
        }
        return time
    }

    /// All ids that it names; each of them must be in the archive (XEP-0313 §4.1.3, §4.3.2).
    var namedIDs: [String] {
        [page.after, page.before, afterID, beforeID].compactMap { $0?.isEmpty == false ? $0 : nil }
            + ids
    }

    /// What the log is asked, given the numbers of the ids that the query names.
    func logQuery(_ numbers: [String: Int64], limit: Int) -> LogQuery {
        var filters: [LogQuery.Filter] = []
        if let with { filters.append(.equal(Self.peer, with.bare.description)) }
        if let start { filters.append(.from(start)) }
        if let end { filters.append(.through(end)) }
        filters += ids.compactMap { numbers[$0] }.map { .id($0) }
        return LogQuery(
            filters,
            after: [page.after, afterID].compactMap { $0.flatMap { numbers[$0] } }.max(),
            before: [page.before, beforeID].compactMap { $0.flatMap { numbers[$0] } }.min(),
            limit: limit,
            isBackwards: page.isBackwards,
            wantsTotal: limit == 0
        )
    }
}

// MARK: The form

extension ArchiveQuery {
    private static let fields: [(name: String, kind: XML.FieldKind)] = [
        ("with", .jidSingle), ("start", .textSingle), ("end", .textSingle),
        ("before-id", .textSingle), ("after-id", .textSingle), ("ids", .listMulti),
        ("include-groupchat", .boolean),
    ]

    /// The fields that a query may have (XEP-0313 §4.1.5); ids are those that clients know, and are not
    /// listed (XEP-0122).
    static var form: XML {
        XML("query", in: MessageArchive.namespace) { query in
            query.append(
                .form(.form, of: MessageArchive.namespace) { form in
                    for field in fields {
                        form.field(field.name, field.kind) {
                            if field.kind == .listMulti { $0.append(openList) }
                        }
                    }
                }
            )
        }
    }

    private static var openList: XML {
        let validation = "http://jabber.org/protocol/xdata-validate"
        return XML("validate", in: validation, ["datatype": "xs:string"]) { $0.element("open") }
    }
}
