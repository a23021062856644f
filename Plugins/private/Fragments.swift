import MartletPluginKit

/// What clients stored: elements, each under its name and namespace.
struct Fragments: Sendable {
    static let collection = "private"
    /// Of a key in the store.
    private static let keyByteLimit = 2_048

    private let store: Store
    private let settings: PrivateSettings

    init(at site: Site, _ settings: PrivateSettings) {
        store = site.store
        self.settings = settings
    }

    /// What is kept under an element's name, or that element, empty (XEP-0049 §2.3).
    func answer(to asked: Node, of account: JID) async throws(StanzaError) -> XML {
        let key = try Self.key(of: asked)
        let found = try await perform([.get(key: key, in: Self.collection)], account)
        return XML("query", in: PrivateStorage.namespace) { query in
            if let kept = found.first?.document {
                query.append(XML(trusting: String(decoding: kept.value, as: UTF8.self)))
            } else {
                query.element(asked.name, in: asked.namespace)
            }
        }
    }

    /// Keeps all of the elements, or none; several of one name are kept together.
    func keep(_ elements: [Node], of account: JID) async throws(StanzaError) {
        var values: [String: XML] = [:]
        var puts: Set<String> = []
        for element in elements {
            let key = try Self.key(of: element)
            values[key, default: XML()].append(element)
            if !Self.isBlank(element) { puts.insert(key) }
        }
        for value in values.values where value.text.utf8.count > settings.elementBytes {
            throw .tooMuch("an element may have \(settings.elementBytes) bytes")
        }
        try await makeSure(thatThereIsRoomFor: puts, of: account)
        try await perform(
            values.sorted { $0.key < $1.key }.map { key, value in
                guard puts.contains(key) else { return .delete(key: key, in: Self.collection) }
                return .put(key: key, in: Self.collection, value: Array(value.text.utf8))
            },
            account
        )
    }

    private func makeSure(
        thatThereIsRoomFor keys: Set<String>,
        of account: JID
    ) async throws(StanzaError) {
        guard !keys.isEmpty else { return }
        let asked = keys.sorted()
        let found = try await perform(
            asked.map { .get(key: $0, in: Self.collection) }
                + [.countDocuments(in: Self.collection)],
            account
        )
        let new = found.prefix(asked.count).count { $0.document == nil }
        let kept = found.last?.count ?? 0
        if new > 0, kept + new > settings.elements {
            throw .tooMuch("\(settings.elements) elements may be stored")
        }
    }

    @discardableResult
    private func perform(
        _ operations: [Operation],
        _ account: JID
    ) async throws(StanzaError) -> [Outcome] {
        do {
            return try await store.perform(operations, of: .account(account))
        } catch {
            throw error.stanzaError
        }
    }

    private static func key(of element: Node) throws(StanzaError) -> String {
        let key = "{\(element.namespace)}\(element.name)"
        guard key.utf8.count <= keyByteLimit else { throw .tooMuch("the name is too long") }
        return key
    }

    /// Whether it is no more than the element that a request names it by.
    private static func isBlank(_ element: Node) -> Bool {
        element.child() == nil && element.text.isEmpty
            && element.xml == XML(element.name, in: element.namespace)
    }
}

extension StanzaError {
    fileprivate static func tooMuch(_ reason: String) -> StanzaError {
        StanzaError(.policyViolation, .modify, reason)
    }
}
