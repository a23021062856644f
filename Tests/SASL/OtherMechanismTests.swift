import MartletCore
import Testing

@testable import MartletSASL

@Suite struct PlainServerTests {
    @Test(arguments: [
        ("\0romeo\0wherefore", "romeo", "wherefore"),
        ("\0Romeo\0Wherefore", "romeo", "Wherefore"),
        ("romeo@montague.example\0romeo\0art thou", "romeo", "art thou"),
        ("\0jörg\0pässwört", "jörg", "pässwört"),
    ])
    func `asks whether the password is right`(
        message: String,
        username: String,
        password: String
    ) {
        var server = PlainServer(domain: "montague.example")
        let action = server.step(.initial(bytes(message)))
        #expect(action == .verifyPassword(username: username, password: password))
        var other = server
        let romeo = JID(prepared: username, "montague.example")
        let identity = SASLIdentity(romeo, by: .plain)
        #expect(server.step(.verified(true)) == .success(identity, additionalData: nil))
        #expect(failure(server.step(.verified(true))) == .malformedRequest)
        #expect(failure(other.step(.verified(false))) == .notAuthorized)
        #expect(failure(other.step(.verified(true))) == .malformedRequest)
    }

    @Test(arguments: [
        "", "\0", "\0\0", "romeo", "romeo\0wherefore", "\0romeo\0", "\0\0wherefore",
        "\0romeo\0where\0fore", "\0romeo\0wherefore\0", "\0\0romeo\0wherefore",
    ])
    func `refuses all but two NULs with something behind each`(message: String) {
        var server = PlainServer(domain: "montague.example")
        #expect(failure(server.step(.initial(bytes(message)))) == .malformedRequest)
    }

    @Test func `refuses what is not UTF-8 or far too long`() {
        let broken: [[UInt8]] = [
            [0, 0xff, 0, 0x61], [0, 0x61, 0, 0xff], [0xff, 0, 0x61, 0, 0x61],
            [0, 0x61, 0] + [UInt8](repeating: 0x61, count: 1 << 20),
        ]
        for message in broken {
            var server = PlainServer(domain: "montague.example")
            #expect(failure(server.step(.initial(message))) == .malformedRequest)
        }
    }

    @Test(arguments: [
        "juliet@montague.example", "romeo@capulet.example", "romeo@montague.example/orchard",
        "montague.example", "romeo", "@",
    ])
    func `lets nobody act as anybody else`(authzid: String) {
        var server = PlainServer(domain: "montague.example")
        let action = server.step(.initial(bytes("\(authzid)\0romeo\0wherefore")))
        #expect(failure(action) == .invalidAuthzid)
    }

    @Test func `asks for the message when none came with auth`() {
        var server = PlainServer(domain: "montague.example")
        #expect(server.step(.initial(nil)) == .challenge([]))
        let action = server.step(.response(bytes("\0romeo\0wherefore")))
        #expect(action == .verifyPassword(username: "romeo", password: "wherefore"))
    }

    @Test func `takes no verdict that it has not asked for`() {
        var server = PlainServer(domain: "montague.example")
        #expect(failure(server.step(.verified(true))) == .malformedRequest)
    }
}

@Suite struct ExternalServerTests {
    private let romeo = JID(prepared: "romeo", "montague.example")
    private let benvolio = JID(prepared: "benvolio", "montague.example")
    private let juliet = JID(prepared: "juliet", "capulet.example")
    private let montague = JID(prepared: nil, "montague.example")
    private let capulet = JID(prepared: nil, "capulet.example")

    @Test func `takes the only address when none is named`() {
        var server = ExternalServer(identities: [juliet, romeo], domain: montague)
        let identity = SASLIdentity(romeo, by: .external)
        #expect(server.step(.initial([])) == .success(identity, additionalData: nil))
        #expect(failure(server.step(.initial([]))) == .malformedRequest)
    }

    @Test func `asks for the address when nothing came with auth`() {
        var server = ExternalServer(identities: [romeo], domain: montague)
        #expect(server.step(.initial(nil)) == .challenge([]))
        let identity = SASLIdentity(romeo, by: .external)
        #expect(server.step(.response([])) == .success(identity, additionalData: nil))
    }

    @Test func `wants to know which of several addresses`() {
        var server = ExternalServer(identities: [romeo, benvolio], domain: montague)
        #expect(failure(server.step(.initial([]))) == .invalidAuthzid)
        server = ExternalServer(identities: [romeo, benvolio], domain: montague)
        let identity = SASLIdentity(benvolio, by: .external)
        #expect(
            server.step(.initial(bytes("Benvolio@montague.example")))
                == .success(identity, additionalData: nil)
        )
    }

    @Test(arguments: [
        "juliet@capulet.example", "mercutio@montague.example", "romeo@montague.example/orchard",
        "montague.example", "romeo", "\0", "romeo@montague.example\0",
    ])
    func `lets nobody act as whom the certificate does not name`(authzid: String) {
        var server = ExternalServer(identities: [juliet, romeo], domain: montague)
        #expect(failure(server.step(.initial(bytes(authzid)))) == .invalidAuthzid)
    }

    @Test func `authorizes no certificate of another domain`() {
        for identities in [[], [juliet], [montague], [romeo.with(preparedResource: "orchard")]] {
            for authzid in ["", "romeo@montague.example", "juliet@capulet.example"] {
                var server = ExternalServer(identities: identities, domain: montague)
                #expect(failure(server.step(.initial(bytes(authzid)))) == .notAuthorized)
            }
        }
    }

    @Test func `takes domains, and no users, for servers`() {
        var server = ExternalServer(identities: [romeo, capulet, montague])
        let identity = SASLIdentity(capulet, by: .external)
        #expect(
            server.step(.initial(bytes("capulet.example")))
                == .success(identity, additionalData: nil)
        )
        server = ExternalServer(identities: [romeo, capulet])
        #expect(failure(server.step(.initial(bytes("romeo@montague.example")))) == .invalidAuthzid)
    }
}

@Suite struct AnonymousServerTests {
    @Test(arguments: ["", "sirhc", "verona@montague.example", String(repeating: "é", count: 255)])
    func `welcomes everyone under a new name`(trace: String) {
        let names = (0..<20).map { _ in
            var server = AnonymousServer(domain: "guest.example")
            return name(server.step(.initial(bytes(trace))))
        }
        #expect(!names.contains(nil))
        #expect(Set(names).count == 20)
    }

    @Test func `refuses traces that RFC 4505 does not know`() {
        let traces = [
            bytes(String(repeating: "a", count: 256)), [0xff], bytes("a\0b"),
            [UInt8](repeating: 0x61, count: 1 << 20),
        ]
        for trace in traces {
            var server = AnonymousServer(domain: "guest.example")
            #expect(failure(server.step(.initial(trace))) == .malformedRequest)
        }
    }

    @Test func `asks for the trace when none came with auth, and ends with it`() {
        var server = AnonymousServer(domain: "guest.example", localpart: "visitor")
        #expect(server.step(.initial(nil)) == .challenge([]))
        let visitor = SASLIdentity(JID(prepared: "visitor", "guest.example"), by: .anonymous)
        #expect(server.step(.response([])) == .success(visitor, additionalData: nil))
        #expect(visitor.isAnonymous)
        #expect(failure(server.step(.response([]))) == .malformedRequest)
    }

    private func name(_ action: SASLServerAction) -> String? {
        guard case .success(let identity, nil) = action else { return nil }
        return identity.jid.localpart
    }
}
