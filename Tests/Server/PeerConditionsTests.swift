import MartletCore
import MartletStreams
import Testing

@testable import MartletServer

struct PeerConditionsTests {
    @Test(
        arguments: [
            (S2SFault.unreachable(.remoteServerNotFound, "x"), "remote-server-not-found", "cancel"),
            (.unreachable(.remoteServerTimeout, "x"), "remote-server-timeout", "wait"),
            (.lost("reset"), "remote-server-timeout", "wait"),
            (.timedOut, "remote-server-timeout", "wait"),
            (.tlsNotOffered, "remote-server-timeout", "cancel"),
            (.tlsFailed("x"), "remote-server-timeout", "cancel"),
            (.notProved("x"), "remote-server-timeout", "cancel"),
            (.noWayToAuthenticate, "remote-server-timeout", "cancel"),
            (.saslRefused(.notAuthorized), "remote-server-timeout", "cancel"),
            (.dialback(.forbidden), "remote-server-timeout", "wait"),
            (.dialbackInvalid, "internal-server-error", "cancel"),
            (.stream(.hostUnknown), "remote-server-not-found", "cancel"),
            (.stream(.systemShutdown), "remote-server-timeout", "wait"),
            (.notAdmitted, "not-allowed", "cancel"),
            (.overloaded, "resource-constraint", "wait"),
            (.stopping, "remote-server-timeout", "wait"),
        ] as [(S2SFault, String, String)]
    )
    func `tells senders what it is, and whether to try again`(
        fault: S2SFault,
        condition: String,
        kind: String
    ) {
        let error = StanzaError(fault, of: montagueToCapulet.target)
        #expect(error.condition.rawValue == condition)
        #expect(error.kind.rawValue == kind)
        #expect(error.text == "capulet.example: \(fault)")
    }

    @Test func `says so when a stanza may have arrived`() {
        let error = StanzaError(.tlsFailed("x"), of: montagueToCapulet.target, mayHaveArrived: true)
        #expect(error.condition == .remoteServerTimeout)
        #expect(error.kind == .wait)
        #expect(error.text?.contains("may have received") == true)
    }

    @Test(arguments: [
        (Stanza.Kind.message, StanzaType.chat, true), (.message, .error, false),
        (.iq, .get, true), (.iq, .set, true), (.iq, .result, false), (.iq, .error, false),
        (.presence, .available, true), (.presence, .unavailable, false),
        (.presence, .subscribe, true), (.presence, .unsubscribed, true),
        (.presence, .probe, false), (.presence, .error, false),
    ])
    func `answers what asks for something, and nothing else`(
        kind: Stanza.Kind,
        type: StanzaType,
        isTold: Bool
    ) {
        let stanza = Stanza(kind, type: type, to: montagueToCapulet.target)
        #expect(stanza.isToldOfFailure == isTold)
    }
}
