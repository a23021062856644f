import Logging
import MartletCore
import MartletNet
import MartletRouter
import MartletSASL
import MartletStreams
import MartletXML

/// What the machine decides is carried out here.
extension C2SConnection {
    func carryOut(_ actions: [C2SMachine.Action]) -> StreamFlow {
        var flow = StreamFlow.goOn
        for action in actions {
            let next = carryOut(action)
            if next != .goOn { flow = next }
        }
        return flow
    }

    private func carryOut(_ action: C2SMachine.Action) -> StreamFlow {
        switch action {
        case .write(let bytes): transport.send(bytes)
        case .send(let element): answer(element)
        case .startTLS: return startTLS()
        case .restart: return .restart
        case .lookUp(let account, let mechanism): return lookUp(account, mechanism)
        case .verify(let account, let password): return verify(account, password)
        case .authenticated(let account): loggedIn(as: account)
        case .failed(let account): loginFailed(account)
        case .bind(let account, let resource): return bind(account, resource)
        case .consult(let element): return consult(element)
        case .manage(let element): return manage(element)
        case .stanza(let element): if let session { receive(element, of: session) }
        case .close(let error): end(error)
        }
        return .goOn
    }

    /// Sends what the machine says; once a resource is bound, its home counts the stanzas (XEP-0198).
    private func answer(_ element: Element) {
        guard let session, let stanza = try? Stanza(element) else { return edge.write(element) }
        home.enter(with: (stanza, session)) { home, told in
            guard let bound = home.session(told.1) else { return }
            home.countRefused(by: told.1)
            home.send(told.0, to: bound)
        }
    }

    private func startTLS() -> StreamFlow {
        guard let context = service.tlsContext else { return .drop }
        edge.startTLS(context, role: .server())
        armWatchdog(within: min(service.limits.tlsTime, loginTimeLeft))
        return .drop
    }

    /// Begins what takes time; its answer goes on where the stream stands now.
    private func negotiate(after delay: Duration, _ step: @escaping Negotiation.Step) -> StreamFlow
    {
        edge.pause(.negotiation)
        let negotiation = Negotiation(of: self)
        self.negotiation = negotiation
        negotiation.enter(with: (delay, step)) { $0.begin(after: $1.0, $1.1) }
        return .wait
    }

    /// Has a verifier looked up, as a rule without a task.
    private func lookUp(_ account: JID, _ mechanism: SASLMechanismName) -> StreamFlow {
        let (accounts, log) = (service.accounts, service.lookUps)
        return attempt(account) { (negotiation: isolated Negotiation) in
            let task = accounts.credentials(of: account, for: mechanism) { [negotiation] found in
                switch found {
                case .success(let credentials):
                    log.noteSuccess()
                    negotiation.goOn(with: .credentials(credentials))
                case .failure(let error): negotiation.goOn(with: Self.unavailable(error, log))
                }
            }
            negotiation.cancels(task)
        }
    }

    private func verify(_ account: JID, _ password: String) -> StreamFlow {
        let (accounts, log) = (service.accounts, service.lookUps)
        return attempt(account) { negotiation in
            negotiation.perform {
                do {
                    let isRight = try await accounts.verify(password, of: account)
                    log.noteSuccess()
                    return .verified(isRight)
                } catch {
                    return Self.unavailable(error, log)
                }
            }
        }
    }

    private static func unavailable(_ error: any Error, _ log: LookUpLog) -> C2SMachine.Event {
        if !(error is CancellationError) { log.noteFailure(error) }
        return .authenticationUnavailable
    }

    /// Lets an attempt to log in go on, later or not at all, as the failures before it deserve.
    private func attempt(_ account: JID, _ step: @escaping Negotiation.Step) -> StreamFlow {
        switch service.throttle.judge(account, from: transport.peerAddress) {
        case .refuse:
            report(.notice, "login refused", ["account": "\(account)"])
            return carryOut(machine.receive(.authenticationUnavailable))
        case .allow(let delay): return negotiate(after: delay, step)
        }
    }

    private func loggedIn(as account: JID) {
        becomeFamiliar()
        edge.parser.limits = service.limits.afterLogin
        service.throttle.succeeded(account, from: transport.peerAddress)
        report(.info, "login")
    }

    private func loginFailed(_ account: JID?) {
        if let account { service.throttle.failed(account, from: transport.peerAddress) }
        report(.notice, "login failed", ["account": "\(account?.description ?? "unknown")"])
    }

    private func bind(_ account: JID, _ resource: String?) -> StreamFlow {
        let target = service.router.home(of: account)
        return atHome(target.shard) { connection in
            connection.goOn(connection.bindHere(account, resource))
        }
    }

    /// Asks modules about an iq that came before a resource was bound.
    private func consult(_ element: Element) -> StreamFlow {
        guard let name = machine.domain?.domainpart,
            let stanza = try? Stanza(element, language: machine.language)
        else { return carryOut(machine.receive(.consulted(.ignored))) }
        guard let domain = service.router.domains[name] else {
            return carryOut(machine.close(StreamError(.hostGone)))
        }
        let peer = StreamPeer(
            domain: domain,
            isEncrypted: machine.isEncrypted,
            account: machine.account,
            address: transport.peerAddress.host,
            saslFailures: machine.failedAttempts
        )
        let home = home
        return negotiate(after: .zero) { negotiation in
            negotiation.perform {
                switch await home.consult(stanza, peer) {
                case .ignored: .consulted(.ignored)
                case .handled(let elements): .consulted(.handled(elements))
                case .login(let jid, let elements): .consulted(.login(jid, elements))
                case .close(let error): .consulted(.close(error))
                }
            }
        }
    }

    /// Does a step on the shard of the account's home: here, or after moving there.
    func atHome(
        _ target: Shard,
        _ step: @escaping @Sendable (isolated C2SConnection) -> Void
    ) -> StreamFlow {
        guard target !== shard else {
            step(self)
            return edge.pauses.contains(.negotiation) ? .wait : .goOn
        }
        departure = Departure(target: target, step: step)
        return .move
    }

    /// Carries out what a step on the home's shard came to.
    func goOn(_ actions: [C2SMachine.Action]) {
        _ = carryOut(actions)
        if session != nil { watchSilence() }
    }

    /// Binds on this shard, which is the home's.
    private func bindHere(_ account: JID, _ resource: String?) -> [C2SMachine.Action] {
        guard let domain = service.router.domains[account.domainpart] else {
            // It went with a reload since the login (RFC 6120 §4.9.3.5).
            return machine.close(StreamError(.hostGone))
        }
        let full: JID
        do {
            full = try account.with(resource: resource ?? service.makeResource())
        } catch {
            return machine.receive(.bindRefused(.badRequest))
        }
        let bind = (full, domain, self)
        switch home.enter(with: bind, { $0.bind($1.0, in: $1.1, sink: $1.2) }) {
        case .success(let id):
            session = id
            bound = full
            stopReading()
            return machine.receive(.bound(full))
        case .failure(let error): return machine.receive(.bindRefused(error))
        }
    }

    /// Ends the stream from our side: the error if there is one, the closing tag, then the socket.
    func end(_ error: StreamError?) {
        defer { releaseSession(isResumable: false) }
        if let error, !edge.isSecuring {
            report(.info, "stream error", ["condition": "\(error.condition.rawValue)"])
        }
        edge.end(error, within: service.limits.closingTime)
    }

    /// The home is told that this client is gone.
    func releaseSession(isResumable: Bool) {
        negotiation?.assumeIsolated { $0.end() }
        negotiation = nil
        guard let id = session else { return }
        session = nil
        home.enter(with: (id, isResumable)) { home, leaving in
            if leaving.1 { home.detach(leaving.0) } else { home.end(leaving.0) }
        }
    }
}
