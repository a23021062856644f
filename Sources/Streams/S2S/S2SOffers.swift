internal import MartletCore
internal import MartletSASL
internal import MartletXML

/// What a server offers to another on a stream, as far as that makes use of it (RFC 6120 §4.3.2).
struct S2SOffers: Hashable, Sendable {
    var startTLS = false
    /// SASL with what the certificate says (XEP-0178 §3).
    var external = false
    var dialback = false
    /// Whether a dialback error leaves the stream alive (XEP-0220 §2.4.2).
    var dialbackErrors = false
    var bidi = false
    var streamManagement = false

    init() {}

    /// Reads `<stream:features/>`; nil for another element.
    init?(_ features: Element) {
        guard features.isNamed("features", in: Namespace.streams) else { return nil }
        startTLS = features.child("starttls", in: Namespace.tls) != nil
        external =
            features.child("mechanisms", in: Namespace.sasl)?
            .children("mechanism", in: Namespace.sasl)
            .contains { SASLMechanismName($0.text) == .external } ?? false
        let dialback = features.child("dialback", in: Namespace.dialbackFeature)
        self.dialback = dialback != nil
        dialbackErrors = dialback?.child("errors", in: Namespace.dialbackFeature) != nil
        bidi = features.child("bidi", in: Namespace.bidiFeature) != nil
        streamManagement = features.child("sm", in: Namespace.streamManagement) != nil
    }

    /// The offers of the stream that begins after SASL: what was said of dialback and of both
    /// directions before still holds, since many peers say it once.
    func following(_ before: S2SOffers) -> S2SOffers {
        var offers = self
        offers.dialback = dialback || before.dialback
        offers.dialbackErrors = dialbackErrors || before.dialbackErrors
        offers.bidi = bidi || before.bidi
        return offers
    }
}
