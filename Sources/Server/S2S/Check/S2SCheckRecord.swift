import MartletCore
import MartletCrypto
import MartletDNS
import MartletNet
import MartletStreams
import MartletXML

/// What happened on the way to a peer, in words.
///
/// Whatever the peer or the DNS put into a line is bounded, and can be printed.
struct S2SCheckRecord: Sendable {
    let pair: DomainPair
    let trust: PeerTrust
    /// Whether we have a certificate of the sender's to show.
    let hasCertificate: Bool
    let isWhole: Bool
    private var steps: [(time: Duration, topic: String, text: String)] = []
    private var isConnected = false
    private var isEncrypted = false
    /// Whether SASL was tried, or is known to be of no use.
    private var isExternalSettled = false

    private static let stepLimit = 200
    private static let textLimit = 300

    init(_ pair: DomainPair, trust: PeerTrust, hasCertificate: Bool, isWhole: Bool) {
        self.pair = pair
        self.trust = trust
        self.hasCertificate = hasCertificate
        self.isWhole = isWhole
    }

    private mutating func add(_ topic: String, _ text: String, _ time: Duration) {
        guard steps.count < Self.stepLimit else { return }
        steps.append((time, topic, text.printable(limit: Self.textLimit)))
    }

    // MARK: Finding it

    mutating func note(_ news: DialNews, at time: Duration) {
        switch news {
        case .lookedUp(let plan): note(plan, at: time)
        case .tried(let attempts): for attempt in attempts { note(attempt, time) }
        }
    }

    private mutating func note(_ plan: PeerPlan, at time: Duration) {
        for step in plan.steps {
            switch step {
            case .asked(let question, let begin, let answer, let after):
                add("DNS", "\(question): \(answer)", time - plan.took + begin + after)
            case .remark(let text): add("look-up", text, time)
            }
        }
        for (number, candidate) in plan.candidates.enumerated() {
            add("place \(number + 1)", "\(candidate)", time)
        }
        if let fault = plan.fault { add("look-up", "\(fault)", time) }
    }

    private mutating func note(_ attempt: PeerConnection.Attempt, _ time: Duration) {
        let end =
            switch attempt.end {
            case .connected: "connected"
            case .failed(let error): error.reason
            case .abandoned: "given up, since another answered or the time was over"
            }
        if attempt.end == .connected { isConnected = true }
        add("connection", "\(attempt.candidate.address): \(end), after \(attempt.took.text)", time)
    }

    /// Of a dialler that has told nothing of it.
    mutating func noteConnection(_ address: String, at time: Duration) {
        if !isConnected { add("connection", "\(address): connected", time) }
    }

    mutating func noteLoss(_ fault: S2SFault, at time: Duration) {
        add("failure", "\(fault); the next place is tried", time)
        (isConnected, isEncrypted, isExternalSettled) = (false, false, false)
    }

    // MARK: The stream

    mutating func note(_ event: S2SEvent, _ tls: TLSInfo?, at time: Duration) {
        switch event {
        case .secured(let identity): note(identity, tls, at: time)
        case .opened(let header): note(header, at: time)
        case .element(let element): note(element, at: time)
        case .closed: add("stream", "it closes the stream", time)
        case .connected, .wants, .ask, .verified: break
        }
    }

    private mutating func note(_ identity: PeerIdentity, _ tls: TLSInfo?, at time: Duration) {
        isEncrypted = true
        if let tls {
            let names = [tls.version, tls.cipher] + [tls.applicationProtocol].compactMap { $0 }
            add("TLS", names.joined(separator: ", "), time)
        }
        if let certificate = identity.certificate {
            add("certificate", "its names: \(certificate.namesInWords)", time)
        }
        let target = pair.target
        let isProved = identity.proves(target, pins: trust.pins)
        let verdict = isProved ? "proves" : "does not prove"
        let reason = identity.explanation(for: target, pins: trust.pins)
        let rest =
            isProved || trust.proof == .certificate ? "" : "; our settings do not insist on it"
        add("certificate", "\(verdict) \(target): \(reason)\(rest)", time)
    }

    private mutating func note(_ header: StreamHeader, at time: Duration) {
        guard let from = header.from, from != pair.target.domainpart else { return }
        add("stream", "it calls itself \(from)", time)
    }

    private mutating func note(_ element: Element, at time: Duration) {
        switch (element.name, element.namespace) {
        case ("features", Namespace.streams): noteOffers(element, at: time)
        case ("success", Namespace.sasl): add("EXTERNAL", "it takes our certificate", time)
        case ("failure", Namespace.sasl):
            add("EXTERNAL", "it refuses our certificate: \(Self.reason(element))", time)
        case ("failure", Namespace.tls): add("TLS", "it offered TLS and then refuses it", time)
        case ("result", Namespace.dialback): noteAnswer(element, at: time)
        case ("error", Namespace.streams):
            add("stream", "it ends the stream: \(Self.reason(element))", time)
        default: break
        }
    }

    private mutating func noteOffers(_ features: Element, at time: Duration) {
        add("offers", S2SOffersInWords(features).text, time)
        guard isWhole, isEncrypted, !isExternalSettled else { return }
        isExternalSettled = true
        let offers = S2SOffersInWords(features)
        if !hasCertificate {
            add("EXTERNAL", "not tried: we have no certificate of \(pair.sender) to show", time)
        } else if !offers.hasExternal {
            add("EXTERNAL", "not tried: it is not offered, so ours does not satisfy it", time)
        }
    }

    /// Of dialback: our server was asked about our key, by whomever the peer found under our name.
    private mutating func noteAnswer(_ element: Element, at time: Duration) {
        let text =
            switch element.attribute("type") {
            case "valid": "it asked the server of \(pair.sender) about our key, and takes it"
            case "invalid":
                "it says our key is invalid: the server that it finds for \(pair.sender) is not this one"
            case "error": "it could not ask about our key: \(Self.reason(element))"
            default: "it answers what nobody asked"
            }
        add("dialback", text, time)
    }

    /// The condition of an error, and its text if it has one.
    private static func reason(_ element: Element) -> String {
        let error = element.children.first { $0.name == "error" } ?? element
        let conditions = error.children.filter { $0.name != "text" }
        let text = error.children.first { $0.name == "text" }?.text
        return [conditions.first?.name ?? "no reason", text].compactMap { $0 }
            .map { $0.printable(limit: 100) }.joined(separator: ", ")
    }

    // MARK: The end

    func report(_ outcome: S2SCheck.Outcome, after time: Duration) -> PeerReport {
        let place = isWhole ? "by the running server" : "without a running server"
        let times = steps.map(\.time.text)
        let width = times.map(\.count).max() ?? 0
        let rows = zip(times, steps).map { text, step in
            [String(repeating: " ", count: width - text.count) + text, step.topic, step.text]
        }
        let (verdict, isGood) = verdict(outcome)
        let lines =
            ["\(pair), \(place)"] + PlainTable.lines(rows)
            + ["\(verdict); all took \(time.text)"]
        return PeerReport(lines: lines, isGood: isGood)
    }

    private func verdict(_ outcome: S2SCheck.Outcome) -> (String, isGood: Bool) {
        switch outcome {
        case .authorized(.certificate): return ("authorized by our certificate", true)
        case .authorized(.dialback): return ("authorized by dialback", true)
        case .failed(let fault): return ("failed: \(S2STable.text(fault))", false)
        case .reached:
            let far = isEncrypted ? "with TLS" : "without TLS, which our settings allow"
            return (
                "reached \(far), and no further: EXTERNAL and dialback need the running server,"
                    + " which answers for \(pair.sender)", true
            )
        }
    }
}

extension Duration {
    /// In milliseconds with a tenth: `12.5 ms`.
    fileprivate var text: String {
        let (seconds, attoseconds) = max(self, .zero).components
        let tenths = seconds * 10_000 + attoseconds / 100_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}

extension Certificate {
    /// The first of its names, with the kind of those that are not DNS names.
    fileprivate var namesInWords: String {
        let names =
            dnsNames + srvNames.map { "\($0) (SRV)" } + xmppAddresses.map { "\($0) (XMPP)" }
            + ipAddresses.map { "\($0) (address)" }
        guard !names.isEmpty else { return "none that counts" }
        let shown = names.prefix(8).map { $0.printable(limit: 90) }.joined(separator: ", ")
        return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }
}
