import MartletCore
public import MartletXML

/// A domain's abilities in short: the hash of what its disco#info says (XEP-0115).
public struct Capabilities: Hashable, Sendable {
    /// Whose software this is.
    public static let software = "https://martlet.example/"

    /// The hash in base 64 (XEP-0115 §5.1).
    public let version: String

    public init(version: String) {
        self.version = version
    }

    /// What is shown to those who connect (XEP-0115 §6.3); `version` was made with SHA-1.
    public var element: Element {
        Element(
            "c",
            in: Namespace.capabilities,
            ["hash": "sha-1", "node": Self.software, "ver": version]
        )
    }

    /// What is hashed for a version: what disco#info says, in the order of its bytes (XEP-0115 §5.1).
    public static func verificationString(of discovery: Discovery) -> String {
        let identities = discovery.identities.map {
            "\($0.category)/\($0.type)//\($0.name ?? "")"
        }
        let features = discovery.features[.domain] ?? []
        let parts =
            inByteOrder(identities) + inByteOrder(Array(features)) + parts(of: discovery.forms)
        return parts.map { $0 + "<" }.joined()
    }

    /// Forms by their types, in each the fields by their names, and of each the values (XEP-0115 §5.1).
    private static func parts(of forms: [Element]) -> [String] {
        let read = forms.map { form in
            form.children("field", in: dataForms).map { field in
                (
                    name: field.attribute("var") ?? "",
                    values: inByteOrder(field.children("value", in: dataForms).map(\.text))
                )
            }
        }
        let typed = read.map { fields in
            (type: fields.first { $0.name == "FORM_TYPE" }?.values.first ?? "", fields: fields)
        }
        return typed.sorted { $0.type.utf8.lexicographicallyPrecedes($1.type.utf8) }
            .flatMap { form in
                [form.type]
                    + form.fields.filter { $0.name != "FORM_TYPE" }
                    .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                    .flatMap { [$0.name] + $0.values }
            }
    }

    private static let dataForms = "jabber:x:data"

    private static func inByteOrder(_ texts: [String]) -> [String] {
        texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The node under which disco#info gives what was hashed (XEP-0115 §6.2).
    public var node: String { "\(Self.software)#\(version)" }
}
