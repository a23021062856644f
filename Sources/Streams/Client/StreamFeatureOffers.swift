import MartletCore
import MartletSASL
import MartletXML

/// What a server offers on a stream, as far as a client makes use of it (RFC 6120 §4.3.2).
struct StreamFeatureOffers: Sendable {
    var startTLS: Bool
    var mechanisms: [SASLMechanismName]
    var streamManagement: Bool

    init?(_ features: Element) {
        guard features.isNamed("features", in: Namespace.streams) else { return nil }
        startTLS = features.child("starttls", in: Namespace.tls) != nil
        streamManagement = features.child("sm", in: Namespace.streamManagement) != nil
        mechanisms =
            features.child("mechanisms", in: Namespace.sasl)?
            .children("mechanism", in: Namespace.sasl)
            .map { SASLMechanismName($0.text) } ?? []
    }
}
