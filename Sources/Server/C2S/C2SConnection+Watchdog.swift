import MartletCore
import MartletNet
import MartletXML

/// Clients that do not log in, and clients that fall silent.
extension C2SConnection {
    /// Ends the connection unless negotiation got further in time.
    ///
    /// The timer keeps the connection, which cancels it at its end: a weak reference would make each count of
    /// the connection a slow one, for as long as it lives.
    func armWatchdog(within time: Duration) {
        disarmWatchdog()
        watchdog = shard.schedule(after: time) {
            self.assumeIsolated { $0.timeOut() }
        }
    }

    /// What is left of the time from the connection to a bound resource.
    var loginTimeLeft: Duration { max(shard.now.duration(to: loginBy), .zero) }

    func disarmWatchdog() {
        if let watchdog { shard.cancel(watchdog) }
        watchdog = nil
    }

    private func timeOut() {
        watchdog = nil
        _ = carryOut(machine.close(StreamError(.connectionTimeout)))
    }

    /// Looks again when the client would have been silent for long enough.
    ///
    /// One timer a connection, set anew only when it fires: traffic costs nothing.
    func watchSilence() {
        disarmWatchdog()
        let limit = isPinged ? service.limits.pingTime : service.limits.idleTime
        let silent = lastReceived.duration(to: shard.now)
        watchdog = shard.schedule(after: max(limit - silent, .milliseconds(10))) {
            self.assumeIsolated { $0.checkSilence() }
        }
    }

    private func checkSilence() {
        watchdog = nil
        guard let session else { return }
        let silent = lastReceived.duration(to: shard.now)
        if isPinged {
            report(.info, "client is gone", ["silent": "\(silent)"])
            transport.close(afterFlush: false, within: .zero)
        } else if silent >= service.limits.idleTime {
            ping(session.jid)
        } else {
            watchSilence()
        }
    }

    /// Any answer will do, an error too (XEP-0199 §4.1).
    private func ping(_ client: JID) {
        isPinged = true
        let id = service.makeResource()
        let stanza = Stanza(.iq, type: .get, to: client, from: client.domain, id: id) {
            $0.element("ping", in: Namespace.ping)
        }
        // Through the home, which counts what the client will acknowledge (XEP-0198).
        if let session {
            home.assumeIsolated { home in
                if let bound = home.session(session) { home.send(stanza, to: bound) }
            }
        }
        watchdog = shard.schedule(after: service.limits.pingTime) {
            self.assumeIsolated { $0.pingEnded() }
        }
    }

    private func pingEnded() {
        if isPinged { checkSilence() } else { watchSilence() }
    }
}
