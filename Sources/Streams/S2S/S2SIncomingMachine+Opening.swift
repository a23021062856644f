internal import MartletCore
internal import MartletSASL
internal import MartletXML

/// The header of the stream, and TLS (RFC 6120 §4.7–4.8, §5).
extension S2SIncomingMachine {
    mutating func header(answering header: StreamHeader?) -> S2SAction {
        hasSentHeader = true
        facts.streamID = makeID()
        var opening = StreamOpening(
            to: header?.from.flatMap { try? JID($0).domain.description },
            from: host?.domain.description ?? header?.to,
            id: facts.streamID,
            language: header?.language ?? "en",
            contentNamespace: Namespace.server
        )
        opening.declaresDialback = true
        return .write(opening.bytes)
    }

    mutating func open(_ header: StreamHeader) -> [S2SAction] {
        guard case .opening = state else { return close(StreamError(.badFormat)) }
        language = header.language
        let fault = admit(header)
        let opening = self.header(answering: header)
        guard fault == nil, let host else {
            state = .closed
            return [opening, .close(fault ?? StreamError(.hostUnknown))]
        }
        let features = S2SFeatures(host: host, peer: peer, facts: facts, isProved: proved != nil)
        state = proved == nil ? .negotiating : .authenticated
        return [opening, .send(features.element)] + reversible(proved)
    }

    /// What is wrong with a stream header, if anything.
    private mutating func admit(_ header: StreamHeader) -> StreamError? {
        guard header.namespace == Namespace.streams, header.contentNamespace == Namespace.server
        else { return StreamError(.invalidNamespace) }
        guard header.name == "stream" else { return StreamError(.badFormat) }
        guard let to = header.to.flatMap({ try? JID($0) }), to.isDomain,
            let host = facts.host(to), proved == nil || proved?.target == host.domain
        else { return StreamError(.hostUnknown) }
        self.host = host
        guard let version = header.version, let major = version.split(separator: ".").first,
            let number = Int(major), number >= 1
        else { return StreamError(.unsupportedVersion) }
        guard takePeer(header.from) else { return StreamError(.invalidFrom) }
        return host.trust(peer).isAdmitted ? nil : StreamError(.policyViolation)
    }

    /// Whether the peer may be who it says; one that only asks about keys need not say.
    private mutating func takePeer(_ from: String?) -> Bool {
        peer = proved?.sender
        guard let from else { return true }
        guard let jid = try? JID(from), jid.isDomain, !facts.isOurs(jid) else { return false }
        guard peer == nil || peer == jid else { return false }
        peer = jid
        return true
    }

    mutating func startTLS(_ element: Element) -> [S2SAction] {
        guard element.name == "starttls", !isEncrypted, !isAuthorized, case .negotiating = state
        else { return close(StreamError(.policyViolation)) }
        guard host?.hasTLS == true else {
            state = .closed
            return [.send(Element("failure", in: Namespace.tls)), .close(nil)]
        }
        state = .securing
        // Answers to what was asked in the clear would stand in the handshake.
        dialback.forget()
        return [.send(Element("proceed", in: Namespace.tls)), .startTLS]
    }

    /// Nothing holds that was said in the clear (RFC 6120 §5.4.3.3).
    mutating func secure(_ identity: PeerIdentity) -> [S2SAction] {
        facts.identity = identity
        facts.isEncrypted = true
        facts.streamID = ""
        authorizations.removeAll()
        dialback.forget()
        isBidirectional = false
        (host, peer, proved) = (nil, nil, nil)
        state = .opening
        hasSentHeader = false
        return []
    }
}

/// What a stream offers (RFC 6120 §4.3.2).
struct S2SFeatures {
    let host: S2SHost
    let peer: JID?
    let facts: StreamFacts
    /// Whether the peer is through with EXTERNAL.
    let isProved: Bool

    var element: Element {
        Element("features", in: Namespace.streams) { features in
            if isProved { write(authenticated: &features) } else { write(negotiating: &features) }
        }
    }

    private func write(negotiating features: inout ElementWriter) {
        let requiresTLS = host.trust(peer).tls == .required
        if !facts.isEncrypted, host.hasTLS {
            features.element("starttls", in: Namespace.tls) { offer in
                if requiresTLS { offer.element("required", in: Namespace.tls) }
            }
        }
        if facts.isEncrypted || !requiresTLS {
            if let peer, facts.proves(DomainPair(sender: peer, target: host.domain), to: host) {
                features.element("mechanisms", in: Namespace.sasl) { offer in
                    offer.element("mechanism", in: Namespace.sasl) {
                        $0.text(SASLMechanismName.external.rawValue)
                    }
                }
            }
            features.element("dialback", in: Namespace.dialbackFeature) {
                $0.element("errors", in: Namespace.dialbackFeature)
            }
        }
        if host.offersBidi { features.element("bidi", in: Namespace.bidiFeature) }
    }

    private func write(authenticated features: inout ElementWriter) {
        if host.offersStreamManagement {
            features.element("sm", in: Namespace.streamManagement)
        }
        features.element("limits", in: Namespace.limits) { limits in
            limits.element("max-bytes", in: Namespace.limits) {
                $0.text(String(host.stanzaByteLimit))
            }
            if let seconds = host.idleSeconds {
                limits.element("idle-seconds", in: Namespace.limits) { $0.text(String(seconds)) }
            }
        }
    }
}
