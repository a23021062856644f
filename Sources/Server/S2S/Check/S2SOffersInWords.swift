import MartletCore
import MartletStreams
import MartletXML

/// What a peer's `<stream:features/>` offer, for a person.
struct S2SOffersInWords {
    let text: String
    let hasExternal: Bool

    private static let limit = 12

    init(_ features: Element) {
        let mechanisms =
            features.child("mechanisms", in: Namespace.sasl)?
            .children("mechanism", in: Namespace.sasl).map(\.text) ?? []
        hasExternal = mechanisms.contains { $0.uppercased() == "EXTERNAL" }
        let words = features.children.map { Self.word(for: $0, mechanisms) }
        guard !words.isEmpty else {
            text = "nothing"
            return
        }
        let shown = words.prefix(Self.limit).joined(separator: ", ")
        let more = words.count - Self.limit
        text = more > 0 ? "\(shown) and \(more) more" : shown
    }

    private static func word(for feature: Element, _ mechanisms: [String]) -> String {
        switch (feature.name, feature.namespace) {
        case ("starttls", Namespace.tls):
            let isRequired = feature.child("required", in: Namespace.tls) != nil
            return isRequired ? "STARTTLS (required)" : "STARTTLS"
        case ("mechanisms", Namespace.sasl):
            let names = mechanisms.prefix(4).map { $0.printable(limit: 20) }
            return "SASL " + names.joined(separator: " ")
        case ("dialback", Namespace.dialbackFeature):
            let hasErrors = feature.child("errors", in: Namespace.dialbackFeature) != nil
            return hasErrors ? "dialback with errors" : "dialback"
        case ("bidi", Namespace.bidiFeature): return "both directions"
        case ("sm", Namespace.streamManagement): return "acknowledgements"
        default: return feature.name.printable(limit: 40)
        }
    }
}
