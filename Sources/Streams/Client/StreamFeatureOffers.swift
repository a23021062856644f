import MartletCore
import MartletSASL
import MartletXML

/// What a server offers on a stream, as far as a client makes use of it (RFC 6120 §4.3.2).
struct StreamFeatureOffers: Sendable {
    var startTLS: Bool
    var mechanisms: [SASLMechanismName]
    /// The kinds of channel binding that the server lists (XEP-0440 §3), if it does.
    var channelBindings: [ChannelBinding.Kind]?
    var streamManagement: Bool

    init?(_ features: Element) {
        guard features.isNamed("features", in: Namespace.streams) else { return nil }
        startTLS = features.child("starttls", in: Namespace.tls) != nil
        streamManagement = features.child("sm", in: Namespace.streamManagement) != nil
        channelBindings =
            features.child("sasl-channel-binding", in: Namespace.channelBinding)?
            .children("channel-binding", in: Namespace.channelBinding)
            .compactMap { $0.attribute("type").map(ChannelBinding.Kind.init(rawValue:)) }
        mechanisms =
            features.child("mechanisms", in: Namespace.sasl)?
            .children("mechanism", in: Namespace.sasl)
            .map { SASLMechanismName($0.text) } ?? []
    }
}
