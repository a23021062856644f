import MartletCore
import MartletSASL
import MartletXML

/// The features of the core.
extension StreamFeatures {
    /// What a client's stream offers before modules add theirs.
    public static let c2s = StreamFeatures([
        .startTLS, .sasl, .channelBindings, .bind, .session, .streamManagement, .limits,
    ])
}

extension StreamFeature {
    /// RFC 6120 §5.4.1.
    static let startTLS = StreamFeature(namespace: Namespace.tls) { state in
        guard !state.security.isEncrypted, state.host.hasTLS else { return nil }
        return Element("starttls", in: Namespace.tls) { offer in
            if state.host.requiresTLS { offer.element("required", in: Namespace.tls) }
        }
    }

    /// RFC 6120 §6.4.1.
    static let sasl = StreamFeature(namespace: Namespace.sasl) { state in
        guard state.account == nil, state.host.admitsLogin(state.security) else { return nil }
        let names = state.host.offer(state.security).mechanisms
        guard !names.isEmpty else { return nil }
        return Element("mechanisms", in: Namespace.sasl) { offer in
            for name in names {
                offer.element("mechanism", in: Namespace.sasl) { $0.text(name.rawValue) }
            }
        }
    }

    /// XEP-0440 §3: which channel bindings the server can do.
    static let channelBindings = StreamFeature(namespace: Namespace.channelBinding) { state in
        guard state.account == nil, !state.security.channelBindings.isEmpty else { return nil }
        return Element("sasl-channel-binding", in: Namespace.channelBinding) { offer in
            for binding in state.security.channelBindings {
                let type = binding.kind.rawValue
                offer.element("channel-binding", in: Namespace.channelBinding, ["type": type])
            }
        }
    }

    /// RFC 6120 §7.4.
    static let bind = afterLogin(Namespace.bind) {
        Element("bind", in: Namespace.bind) { $0.element("required", in: Namespace.bind) }
    }

    /// RFC 3921 §3, which RFC 6121 dropped: offered as optional to clients that still look for it.
    static let session = afterLogin(Namespace.session) {
        Element("session", in: Namespace.session) { $0.element("optional", in: Namespace.session) }
    }

    /// XEP-0198 §3.
    static let streamManagement = afterLogin(Namespace.streamManagement) {
        Element("sm", in: Namespace.streamManagement)
    }

    /// XEP-0478 §3.
    static let limits = StreamFeature(namespace: Namespace.limits) { state in
        guard state.account != nil else { return nil }
        return Element("limits", in: Namespace.limits) { limits in
            limits.element("max-bytes", in: Namespace.limits) {
                $0.text(String(state.host.stanzaByteLimit))
            }
            if let seconds = state.host.idleSeconds {
                limits.element("idle-seconds", in: Namespace.limits) { $0.text(String(seconds)) }
            }
        }
    }

    private static func afterLogin(
        _ namespace: String,
        _ element: @escaping @Sendable () -> Element
    ) -> StreamFeature {
        StreamFeature(namespace: namespace) { $0.account == nil ? nil : element() }
    }
}
