public import MartletCore
public import MartletXML

/// One of the features that a server offers in `<stream:features/>` (RFC 6120 §4.3.2).
///
/// Features are registered in a `StreamFeatures`, the core's own like those of modules.
public struct StreamFeature: Sendable {
    /// The namespace of the element by which the client takes the offer.
    public let namespace: String
    /// The offer as it stands in the features, or nil when it is not made in that state.
    public let offer: @Sendable (StreamState) -> Element?

    public init(namespace: String, offer: @escaping @Sendable (StreamState) -> Element?) {
        self.namespace = namespace
        self.offer = offer
    }
}

/// What an offer may depend on.
public struct StreamState: Sendable {
    public var host: StreamHost
    public var security: StreamSecurity
    /// The account that logged in, once one has.
    public var account: JID?
}

/// The features of a stream, in the order in which they are offered.
public struct StreamFeatures: Sendable {
    private var features: [StreamFeature]

    public init(_ features: [StreamFeature]) {
        self.features = features
    }

    public mutating func register(_ feature: StreamFeature) {
        features.append(feature)
    }

    /// `<stream:features/>` as it is sent in that state.
    public func element(in state: StreamState) -> Element {
        guard let shelf = state.host.offers else { return make(in: state) }
        return shelf.features(in: state) { make(in: state) }
    }

    private func make(in state: StreamState) -> Element {
        Element("features", in: Namespace.streams) { writer in
            for feature in features {
                if let offer = feature.offer(state) { writer.append(offer) }
            }
            if state.account != nil {
                for offer in state.host.features { writer.append(offer) }
            } else if state.host.admitsLogin(state.security) {
                for offer in state.host.loginFeatures { writer.append(offer) }
            }
        }
    }
}
