import CPlugin
import MartletCore
import MartletXML
import Synchronization

/// XML that plugins hand in, and stanzas made of it.
enum ForeignXML {
    /// Plugins wrap what clients sent: their stanzas may be larger and deeper than those.
    private static let limits = XMLLimits(
        stanzaBytes: 16 << 20,
        tagBytes: 1 << 20,
        depth: 128,
        elements: 200_000,
        attributes: 256,
        attributeBytes: 1 << 20,
        namespaceDeclarations: 128
    )

    /// One pool for one caller at a time.
    ///
    /// Unchecked: `pools` gives each to one thread, which puts it back when it is done.
    private struct Lent: @unchecked Sendable { let pool: ParserPool }
    private static let pools = Mutex<[Lent]>([])

    /// Reads one element; nil for what is none.
    static func element(_ bytes: UnsafeRawBufferPointer) -> Element? {
        let lent = pools.withLock { $0.popLast() } ?? Lent(pool: ParserPool(idleLimit: 1))
        defer { pools.withLock { if $0.count < 16 { $0.append(lent) } } }
        return try? lent.pool.element(bytes, limits: limits)
    }

    /// Reads elements that stand beside each other, with `around` as their parent.
    static func elements(_ text: martlet_str, around name: StaticString) -> Element? {
        let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.len + 2 * name.count + 5)
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: name)
        bytes.append(UInt8(ascii: ">"))
        bytes.append(contentsOf: text.bytes)
        bytes.append(contentsOf: "</".utf8)
        bytes.append(contentsOf: name)
        bytes.append(UInt8(ascii: ">"))
        return bytes.withUnsafeBytes { element($0) }
    }

    /// Reads one whole stanza; nil for what is none, as RFC 6120 §8 has them.
    static func stanza(_ text: martlet_str) -> Stanza? {
        element(text.bytes).flatMap { try? Stanza($0) }
    }

    /// Makes a stanza of its parts; nil when one of them is not what it has to be.
    static func stanza(_ draft: martlet_draft) -> Stanza? {
        guard let kind = Stanza.Kind(abi: draft.kind),
            let type = StanzaType(abi: draft.type, of: kind),
            let to = optional(draft.to), let from = optional(draft.from),
            let payload = elements(draft.payload, around: "x")
        else { return nil }
        guard kind != .iq || !draft.id.isEmpty else { return nil }
        let element = Element(kind.name, ["type": type.written]) {
            $0.appendContent(of: payload)
        }
        return Stanza(
            kind,
            type: type,
            to: to.address,
            from: from.address,
            id: draft.id.text,
            language: draft.language.text,
            element: element
        )
    }

    /// An address that may be missing, but not wrong.
    private struct Optional { let address: JID? }
    private static func optional(_ text: martlet_str) -> Optional? {
        guard !text.isEmpty else { return Optional(address: nil) }
        return text.address.map { Optional(address: $0) }
    }

    /// A copy of a stanza that is different in some things.
    static func edited(_ stanza: Stanza, _ edit: martlet_edit) -> Stanza? {
        func means(_ field: Int) -> Bool { edit.fields & UInt32(field) != 0 }
        guard let to = means(MARTLET_EDIT_TO) ? optional(edit.to) : Optional(address: stanza.to),
            let from = means(MARTLET_EDIT_FROM)
                ? optional(edit.from) : Optional(address: stanza.from)
        else { return nil }
        guard let leaves = leaves(of: edit) else { return nil }
        var element = stanza.element
        if edit.remove_count > 0 || !edit.append.isEmpty {
            guard let changed = content(of: stanza, edit, leaves) else { return nil }
            element = changed
        } else if !leaves.isEmpty {
            element = element.appending { for leaf in leaves { $0.append(leaf) } }
        }
        return Stanza(
            stanza.kind,
            type: stanza.type,
            to: to.address,
            from: from.address,
            id: means(MARTLET_EDIT_ID) ? edit.id.text : stanza.id,
            language: stanza.language,
            element: element
        )
    }

    /// The elements that stand for themselves in an edit; nil when one of them cannot be written.
    private static func leaves(of edit: martlet_edit) -> [Leaf]? {
        var leaves: [Leaf] = []
        var at = edit.leaves.map { UnsafeRawPointer($0) }
        for _ in 0..<edit.leaf_count {
            guard let start = at, let said = martlet_leaf(reading: start) else { return nil }
            let pairs = UnsafeBufferPointer(
                start: said.attributes,
                count: said.attributes == nil ? 0 : said.attribute_count
            )
            let leaf = Leaf(
                said.name.bytes,
                in: said.ns.bytes,
                pairs.map { ($0.name.bytes, $0.value.bytes) },
                text: said.text.bytes
            )
            guard leaf.isWellFormed else { return nil }
            leaves.append(leaf)
            at = start + Int(said.size)
        }
        return leaves
    }

    private static func content(
        of stanza: Stanza,
        _ edit: martlet_edit,
        _ leaves: [Leaf]
    ) -> Element? {
        var appended: Element?
        if !edit.append.isEmpty {
            appended = elements(edit.append, around: "x")
            guard appended != nil else { return nil }
        }
        let removed = Set(
            UnsafeBufferPointer(start: edit.remove, count: edit.remove_count).map(\.place)
        )
        return Element(stanza.kind.name) { writer in
            for attribute in stanza.element.attributes {
                if let namespace = attribute.namespace {
                    writer.attribute(attribute.name, in: namespace, attribute.value)
                } else {
                    writer.attribute(attribute.name, attribute.value)
                }
            }
            for child in stanza.element.children where !removed.contains(child.place) {
                writer.append(child)
            }
            if let appended { writer.appendContent(of: appended) }
            for leaf in leaves { writer.append(leaf) }
        }
    }
}

extension StanzaType {
    /// The attribute's value, or nil where the kind's default is left out.
    fileprivate var written: String? { self == .normal || self == .available ? nil : rawValue }
}

extension Element {
    /// Lends the element as a text on its own, with its namespace declared, as other languages and
    /// other namespaces need it.
    func withDeclaredBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        var bytes: [UInt8] = []
        append(to: &bytes)
        declareContentNamespace(&bytes, after: nameBytes.count + 1)
        return bytes.withUnsafeBytes(body)
    }

    /// The stream's own namespace goes without saying in it, and must be said elsewhere.
    func declareContentNamespace(_ bytes: inout [UInt8], after name: Int) {
        guard isIn(XML.contentNamespace) else { return }
        bytes.insert(contentsOf: Self.contentDeclaration, at: name)
    }

    private static let contentDeclaration = Array(" xmlns='\(XML.contentNamespace)'".utf8)
}
