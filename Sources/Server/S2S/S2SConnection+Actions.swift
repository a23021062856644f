import Logging
import MartletCore
import MartletNet
import MartletStreams
import MartletXML

/// What the machine decides is carried out here.
extension S2SConnection {
    @discardableResult
    func carryOut(_ actions: [S2SAction]) -> StreamFlow {
        var flow = StreamFlow.goOn
        for action in actions {
            let next = carryOut(action)
            if next != .goOn { flow = next }
        }
        return flow
    }

    private func carryOut(_ action: S2SAction) -> StreamFlow {
        switch action {
        case .write(let bytes): transport.send(bytes)
        case .send(let element): send(element)
        case .startTLS:
            secure()
            return .drop
        case .restart: return .restart
        case .featured: pool?.post(.featured(self))
        case .verify(let question): verify(question)
        case .answered(let question, let outcome): pool?.post(.answered(question, outcome))
        case .authorized(let pair, let proof): authorized(pair, proof)
        case .refused(let pair, let fault): pool?.post(.refused(self, pair, fault))
        case .reversible(let pair): mayReverse(pair)
        case .stanza(let stanza): hand(over: stanza)
        case .answer(let stanza): service.router.submit(stanza)
        case .manage(let element): manage(element)
        case .close(let error): finish(error)
        case .fail(let fault): if self.fault == nil { self.fault = fault }
        }
        return .goOn
    }

    private func send(_ element: Element) {
        // What is sent behind it counts (XEP-0198 §4).
        if element.isNamed("enable", in: Namespace.streamManagement) {
            _ = delivery.management.enable()
        }
        edge.write(element)
    }

    private func authorized(_ pair: DomainPair, _ proof: PeerProof) {
        becomeFamiliar()
        let metadata: Logger.Metadata = ["pair": "\(pair)", "proof": "\(proof.rawValue)"]
        report(.info, origin.isDialled ? "stream to a server" : "stream from a server", metadata)
        if let pool { return pool.post(.authorized(self, pair, proof)) }
        takeSeat(for: pair.sender)
        service.pool(of: pair.sender)?.post(.met(pair))
    }

    private func mayReverse(_ pair: DomainPair) {
        guard reversible.insert(pair).inserted else { return }
        service.pool(of: pair.target)?.post(.reversible(self, pair))
    }

    /// Has the authoritative server asked, over a stream that leads there.
    private func verify(_ question: DialbackQuestion) {
        let over = ObjectIdentifier(self)
        let address = transport.peerAddress
        guard let pool = service.pool(of: question.pair.sender),
            service.verifications.take(
                for: address,
                at: shard.now,
                of: service.current.limits.verifiesUnderWay
            )
        else { return settle(question, .failed(.resourceConstraint)) }
        let mail = PoolMail.ask(question, over: over) { [self] outcome in
            service.verifications.giveBack(for: address)
            shard.submit {
                self.assumeIsolated { $0.settle(question, outcome) }
            }
        }
        pool.post(mail)
    }

    private func settle(_ question: DialbackQuestion, _ outcome: DialbackOutcome) {
        carryOut(machine.receive(.verified(question, outcome)))
    }

    // MARK: Acknowledgements

    private func manage(_ element: Element) {
        if delivery.management.isOn, element.isNamed("r", in: Namespace.streamManagement) {
            return answerRequest()
        }
        for reply in delivery.management.read(element) {
            switch reply {
            case .send(let element): edge.write(element)
            case .enabled:
                requestAcknowledgement()
                requestEcho()
            case .refused(let sent):
                // They were written like any other: the answer to a ping says what became of them.
                for (pair, stanza) in sent where !S2SEchoes.isPing(stanza) {
                    delivery.noteWritten(stanza, for: pair)
                }
                requestEcho()
            case .acknowledged:
                delivery.acknowledged()
                forgetEcho()
                askedAt = delivery.management.awaitsAnswer ? shard.now : nil
                requestAcknowledgement()
                writeHeld()
            case .close(let error): carryOut(machine.close(error))
            }
        }
        // Also when it has nothing new to say.
        if !delivery.management.awaitsAnswer { askedAt = nil }
        noteArrivals()
    }

    /// How long a stanza waits for others that are asked about with it.
    private static let requestPause = Duration.milliseconds(50)

    /// Asks at once when much was written, and otherwise before long: stanzas that come one by one do
    /// not cost both servers an exchange each.
    func requestAcknowledgement(always: Bool = false) {
        guard always || delivery.management.isRequestDue else { return }
        if always || delivery.management.isRequestUrgent { return requestNow() }
        guard !isRequestSet else { return }
        isRequestSet = true
        shard.schedule(after: Self.requestPause) { [weak self] in
            self?.assumeIsolated { connection in
                connection.isRequestSet = false
                guard !connection.machine.isClosed, connection.delivery.management.isRequestDue
                else { return }
                connection.requestNow()
            }
        }
    }

    private func requestNow() {
        guard let request = delivery.management.request() else { return }
        edge.write(request)
        if askedAt == nil { askedAt = shard.now }
    }

    // MARK: The end

    private func finish(_ error: StreamError?) {
        if !edge.isSecuring, let last = delivery.management.acknowledgement { edge.write(last) }
        if let error {
            if fault == nil { fault = .ended(error.condition) }
            report(.info, "stream error", ["condition": "\(error.condition.rawValue)"])
        }
        // With acknowledgements, the peer knows what was not heard.
        if machine.isHearingOut, !delivery.management.isOn { return linger() }
        // Who did not answer before will hardly say goodbye.
        let isSilent = fault == .timedOut || fault == .stopping && !delivery.isEmpty
        edge.end(error, within: isSilent ? .seconds(1) : service.current.limits.closingTime)
    }

    /// What the peer sent before it heard our goodbye is on its way: the stream is read on until the peer
    /// closes it too (RFC 6120 §4.4), or the time is up.
    private func linger() {
        isLingering = true
        edge.sayGoodbye()
        edge.arm(within: service.current.limits.closingTime) {
            self.assumeIsolated { $0.hangUp() }
        }
    }

    /// Both sides have said goodbye, or the other one does not.
    func hangUp() {
        guard isLingering else { return }
        isLingering = false
        edge.disarm()
        transport.close(afterFlush: true, within: .seconds(1))
    }

    func report(_ level: Logger.Level, _ text: Logger.Message, _ more: Logger.Metadata = [:]) {
        var metadata = more
        metadata["peer"] = "\(transport.peerAddress)"
        metadata["direction"] = origin.isDialled ? "out" : "in"
        if let tlsVersion { metadata["tls"] = "\(tlsVersion)" }
        guard isProved || origin.isDialled else {
            return service.valve.log(level, text, metadata, to: service.log, at: shard.now)
        }
        service.log.log(level: level, text, metadata: metadata)
    }
}
