import MartletCore
import MartletNet
import MartletXML

/// Clients that do not log in, and clients that fall silent.
extension C2SConnection {
    /// Ends the connection unless negotiation got further in time.
    func armWatchdog(within time: Duration) {
        edge.arm(within: time) {
            self.assumeIsolated { $0.timeOut() }
        }
    }

    /// What is left of the time from the connection to a bound resource.
    var loginTimeLeft: Duration { max(shard.now.duration(to: loginBy), .zero) }

    private func timeOut() {
        _ = carryOut(machine.close(StreamError(.connectionTimeout)))
    }

    /// Looks again when the client would have been silent for long enough.
    ///
    /// One timer a connection, set anew only when it fires: traffic costs nothing.
    func watchSilence() {
        let limit = isPinged ? service.limits.pingTime : service.limits.idleTime
        edge.arm(within: max(limit - edge.silence, .milliseconds(10))) {
            self.assumeIsolated { $0.checkSilence() }
        }
    }

    private func checkSilence() {
        guard let session else { return }
        let silent = edge.silence
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
        edge.arm(within: service.limits.pingTime) {
            self.assumeIsolated { $0.pingEnded() }
        }
    }

    private func pingEnded() {
        if isPinged { checkSilence() } else { watchSilence() }
    }
}
