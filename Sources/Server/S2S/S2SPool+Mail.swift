import Logging
import MartletCore
import MartletNet
import MartletStreams

/// What the pool is told, and what it does for its routes.
extension S2SPool {
    func read(_ letter: Letter) {
        switch letter {
        case .mail(let mail): read(mail)
        case .dialled(let pair, let attempt, let dial): note(dial, attempt, pair)
        case .finished(let link, let fault): forget(link, fault)
        case .arrived(let link): noteArrival(of: link)
        }
    }

    private func read(_ mail: PoolMail) {
        switch mail {
        case .stanza: break  // `readLetters` has them.
        case .fence(let pair, let passed):
            guard let entry = entries[pair] else { return passed() }
            tell(entry, .fence(passed: passed))
        case .ask(let question, let over, let reply): ask(question, over, reply)
        case .featured(let link): for entry in entries(of: link) { tell(entry, .featured(link)) }
        case .authorized(let link, let pair, _): tell(pair, .authorized(link))
        case .refused(let link, let pair, let fault):
            report("a peer does not take a pair", pair, fault)
            tell(pair, .refused(link, fault))
        case .answered(let question, let outcome):
            tell(question.pair.reversed, .answered(question, outcome))
        case .reversible(let link, let pair): lend(link, pair)
        case .congested(let link, let pair): tell(pair, .congested(link))
        case .writable(let link, let pair): tell(pair, .writable(link))
        case .undelivered(let link, let pair, let unwritten, let unacknowledged, let fault):
            takeBack(link, pair, unwritten, unacknowledged, fault)
        case .closed(let link, let fault):
            // What was written before it was known comes back until then.
            link.shard.submit { self.put(.finished(link, fault)) }
        case .met(let pair):
            tell(pair, .met)
            tell(pair.reversed, .met)
        case .readjust: readjust()
        }
    }

    private func tell(_ pair: DomainPair, _ event: PeerRoute.Event) {
        if let entry = entries[pair] { tell(entry, event) }
    }

    private func ask(
        _ question: DialbackQuestion,
        _ over: ObjectIdentifier,
        _ reply: @escaping @Sendable (DialbackOutcome) -> Void
    ) {
        let pair = question.pair.reversed
        if end != nil { return reply(.failed(.remoteServerTimeout)) }
        if let entry = entries[pair] {
            return tell(entry, .ask(question, over: over, reply: reply))
        }
        guard terms.isOurs(pair.sender), terms.admits(pair) else {
            return reply(.failed(.policyViolation))
        }
        guard let entry = makeEntry(pair) else { return reply(.failed(.resourceConstraint)) }
        tell(entry, .ask(question, over: over, reply: reply))
    }

    private func lend(_ link: any PeerLink, _ pair: DomainPair) {
        guard end == nil, terms.isOurs(pair.sender), terms.admits(pair),
            let entry = entries[pair] ?? makeEntry(pair)
        else { return }
        enter(link, pair)
        tell(entry, .reversible(link))
    }

    private func takeBack(
        _ link: any PeerLink,
        _ pair: DomainPair,
        _ unwritten: [Stanza],
        _ unacknowledged: [Stanza],
        _ fault: S2SFault
    ) {
        let event = PeerRoute.Event.undelivered(
            link,
            unwritten: unwritten,
            unacknowledged: unacknowledged,
            fault
        )
        if let entry = entries[pair] { return tell(entry, event) }
        bounce(unacknowledged, of: pair, fault, mayHaveArrived: true)
        bounce(unwritten, of: pair, end ?? fault)
    }

    // MARK: Links

    private func enter(_ link: any PeerLink, _ pair: DomainPair) {
        let id = ObjectIdentifier(link)
        guard links[id]?.pairs.contains(pair) != true else { return }
        links[id, default: (link, [])].pairs.append(pair)
    }

    private func entries(of link: any PeerLink) -> [Entry] {
        links[ObjectIdentifier(link)]?.pairs.compactMap { entries[$0] } ?? []
    }

    private func forget(_ link: any PeerLink, _ fault: S2SFault) {
        let concerned = entries(of: link)
        links[ObjectIdentifier(link)] = nil
        for entry in concerned { tell(entry, .closed(link, fault)) }
        noteArrival(of: link)
    }

    // MARK: What routes want

    func perform(_ action: PeerRoute.Action, _ entry: Entry) {
        switch action {
        case .dial(let attempt, let isFresh): dial(attempt, isFresh, entry)
        case .dialNext(let attempt, let fault):
            if entry.attempts[attempt]?.tryNext() == true { return }
            put(.dialled(entry.pair, attempt, .failed(fault)))
        case .forget(let attempt): entry.attempts.removeValue(forKey: attempt)?.giveUp()
        case .want(let link): link.want(entry.pair)
        case .write(let link, let stanzas): link.write(stanzas, for: entry.pair)
        case .ask(let link, let question): link.ask(question)
        case .reply(let reply, let outcome): reply(outcome)
        case .bounce(let stanzas, let fault, let mayHaveArrived):
            report("stanzas are returned", entry.pair, fault, stanzas.count)
            bounce(stanzas, of: entry.pair, fault, mayHaveArrived: mayHaveArrived)
        case .pass(let passed):
            if let link = entry.route.stream { link.afterFlush(passed) } else { passed() }
        case .inspect(let link): tell(entry, .quiet(link, since: link.quietSince))
        case .end(let link, let error): link.end(error)
        }
    }

    private func dial(_ attempt: UInt64, _ isFresh: Bool, _ entry: Entry) {
        let pair = entry.pair
        guard attemptCount <= rules.limits.attemptsPerShard else {
            return put(.dialled(pair, attempt, .failed(.overloaded)))
        }
        entry.attempts[attempt] = terms.dialler.dial(
            pair.target,
            on: shard,
            isFresh: isFresh
        ) { [weak self] dial in self?.put(.dialled(pair, attempt, dial)) }
    }

    private func note(_ dial: PeerDial, _ attempt: UInt64, _ pair: DomainPair) {
        switch dial {
        case .failed(let fault):
            // Of a route that rests, the reason to rest says more.
            noteFailure(fault, of: pair)
            tell(pair, .exhausted(attempt, fault))
        case .connected(let transport, let isDirect, let address):
            guard let entry = entries[pair],
                let purpose = entry.route.purpose(of: attempt)
            else { return transport.close(afterFlush: false, within: .zero) }
            let order = S2SLinkOrder(
                pair: pair,
                isDirect: isDirect,
                address: address,
                isAsking: purpose == .questions
            )
            let link = terms.makeLink(transport, order, self)
            enter(link, pair)
            tell(entry, .linked(attempt, link))
        }
    }

    private func report(
        _ message: Logger.Message,
        _ pair: DomainPair,
        _ fault: S2SFault,
        _ count: Int? = nil
    ) {
        var facts: Logger.Metadata = ["pair": "\(pair)", "reason": "\(fault)"]
        if let count { facts["stanzas"] = "\(count)" }
        terms.log.debug(message, metadata: facts)
    }
}
