internal import MartletCore
internal import MartletCrypto
internal import MartletSASL
internal import MartletStorage
internal import MartletXML

/// SCRAM credentials (XEP-0227 §4.3).
enum CredentialForm {
    /// Nil for a verifier that is none of SCRAM.
    static func element(_ verifier: String, named mechanism: String) -> Element? {
        guard let credentials = ScramCredentials(text: verifier), credentials.text == verifier,
            credentials.mechanism == mechanism
        else { return nil }
        return Element(
            "scram-credentials",
            in: Format.scram,
            ["mechanism": credentials.mechanism]
        ) { writer in
            for (name, text) in [
                ("iter-count", String(credentials.iterations)),
                ("salt", Base64.encode(credentials.salt)),
                ("server-key", Base64.encode(credentials.serverKey)),
                ("stored-key", Base64.encode(credentials.storedKey)),
            ] { writer.element(name, in: Format.scram) { $0.text(text) } }
        }
    }

    /// Nil for what cannot be read, or is of a hash that we do not know.
    static func verifier(_ element: Element) -> (mechanism: String, text: String)? {
        func text(_ name: String) -> String {
            let text = element.child(name, in: Format.scram)?.text ?? ""
            return String(text.filter { !$0.isWhitespace })
        }
        guard let mechanism = element["mechanism"] else { return nil }
        let line =
            "\(mechanism)$\(text("iter-count")):\(text("salt"))$\(text("stored-key")):"
            + text("server-key")
        guard let credentials = ScramCredentials(text: line) else { return nil }
        return (mechanism, credentials.text)
    }
}

/// vCards (XEP-0227 §4.7): two documents, of which the second follows from the first.
enum VCardForm {
    static let card = "card"
    static let photo = "photo"

    static func documents(_ element: Element) -> [(key: String, value: [UInt8])] {
        let card = (key: card, value: Canonical.bytes(of: element))
        guard let hash = hash(element) else { return [card] }
        return [card, (key: photo, value: Array(hash.utf8))]
    }

    /// The hash by which contacts know the photo (XEP-0153 §3.1).
    private static func hash(_ card: Element) -> String? {
        let photo = card.child("PHOTO", in: Format.vCard)
        let text = photo?.child("BINVAL", in: Format.vCard)?.text ?? ""
        let digits = text.utf8.filter { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F, 0x3D: true
            default: false
            }
        }
        guard let image = Base64.decode(digits), !image.isEmpty else { return nil }
        let hex = Array("0123456789abcdef".utf8)
        let digest = HashFunction.sha1.hash(image).flatMap {
            [hex[Int($0 >> 4)], hex[Int($0 & 15)]]
        }
        return String(decoding: digest, as: UTF8.self)
    }
}

/// Private data (XEP-0227 §4.6): elements under their names.
enum PrivateForm {
    static func key(_ element: Element) -> String { "{\(element.namespace)}\(element.name)" }

    /// The elements of a document, if they say all that the document does.
    static func elements(_ document: Document) -> [Element]? {
        guard document.expires == nil,
            let elements = Canonical.elements(document.value), !elements.isEmpty,
            elements.allSatisfy({ key($0) == document.key && !isIncluded($0) }),
            elements.flatMap({ Canonical.declared($0) }) == document.value
        else { return nil }
        return elements
    }

    /// Readers may take it for an order to them (XEP-0227 §5).
    private static func isIncluded(_ element: Element) -> Bool {
        element.isIn(Format.include) || element.isIn(Format.own)
    }
}

/// Messages that were kept (XEP-0227 §4.5, §4.11).
enum MessageForm {
    /// The column of an archive in which the other's bare address stands.
    static let peer = "with"

    /// An offline message, if it says all that the entry does but for id and time.
    static func offline(_ entry: LogEntry) -> Element? {
        guard entry.columns.isEmpty else { return nil }
        return message(entry.value, as: Canonical.bytes(of:))
    }

    /// A message of an archive, under the same condition.
    static func archived(_ entry: LogEntry, of account: JID) -> Element? {
        guard let message = message(entry.value, as: Canonical.declared),
            entry.columns == [peer: self.peer(of: message, account) ?? ""]
        else { return nil }
        return Element("result", in: Format.archived, ["id": String(entry.id)]) { result in
            result.element("forwarded", in: Format.forwarded) { forwarded in
                let stamp = Stamp.text(entry.time)
                forwarded.element("delay", in: Namespace.delay, ["stamp": stamp])
                forwarded.append(message)
            }
        }
    }

    /// With whom a message was exchanged.
    static func peer(of message: Element, _ account: JID) -> String? {
        let from = message["from"].flatMap { try? JID($0) }
        let to = message["to"].flatMap { try? JID($0) }
        guard let from, !from.isSameAccount(as: account) else {
            return (to ?? account).bare.description
        }
        return from.bare.description
    }

    private static func message(_ bytes: [UInt8], as form: (Element) -> [UInt8]) -> Element? {
        guard let elements = Canonical.elements(bytes), elements.count == 1,
            elements[0].isNamed("message"), form(elements[0]) == bytes,
            !elements[0].attributes.contains(where: { $0.namespace == Format.own })
        else { return nil }
        return elements[0]
    }
}

/// Elements as modules store them.
enum Canonical {
    static func bytes(of element: Element) -> [UInt8] {
        var bytes: [UInt8] = []
        element.append(to: &bytes)
        return bytes
    }

    /// The same as plugins store them, who are given elements with their namespace declared.
    static func declared(_ element: Element) -> [UInt8] {
        var bytes = bytes(of: element)
        guard element.isIn(XML.contentNamespace) else { return bytes }
        let end = bytes.firstIndex { $0 == 0x20 || $0 == 0x2F || $0 == 0x3E } ?? bytes.count
        bytes.insert(contentsOf: " xmlns='jabber:client'".utf8, at: end)
        return bytes
    }

    /// What stands one after the other in a value; nil when it is not that.
    static func elements(_ value: [UInt8]) -> [Element]? {
        let text = Array("<all>".utf8) + value + Array("</all>".utf8)
        guard let all = try? Element(parsing: text, limits: Format.limits), !all.hasText else {
            return nil
        }
        return all.children.map { $0.detached() }
    }
}
