import MartletCore
import MartletCrypto
import Testing

@testable import MartletSASL

@Suite struct ScramServerTests {
    @Test(arguments: ScramExample.all)
    func `answers as the RFCs print it`(example: ScramExample) throws {
        var server = try server(example.name, nonce: example.serverNonce)
        #expect(server.step(.initial(bytes(example.clientFirst))) == .lookup(username: "user"))
        let challenge = server.step(.credentials(example.credentials))
        #expect(challenge == .challenge(bytes(example.serverFirst)))
        #expect(
            server.step(.response(bytes(example.clientFinal)))
                == .success(
                    SASLIdentity(JID(prepared: "user", "example.com"), by: example.name),
                    additionalData: bytes(example.serverFinal)
                )
        )
    }

    @Test func `asks for the first message when none came with auth`() throws {
        let example = ScramExample.all[0]
        var server = try server(example.name, nonce: example.serverNonce)
        #expect(server.step(.initial(nil)) == .challenge([]))
        let first = server.step(.response(bytes(example.clientFirst)))
        #expect(first == .lookup(username: "user"))
    }

    @Test(arguments: [
        "", ",", ",,", "n", "n,", "n,,", "n,,n=user", "n,,r=abc", "n,,r=abc,n=user",
        "n,,n=,r=abc", "n,,n=user,r=", "n,,n=user,r=a\u{7f}c", "n,,n=user,r=a c", "n,,n=user,r=é",
        "x,,n=user,r=abc", "N,,n=user,r=abc", "p=,,n=user,r=abc", "y=,,n=user,r=abc",
        "n,b=user,n=user,r=abc", "n,a=,n=user,r=abc", "n,user,n=user,r=abc",
        "n,,n=us=er,r=abc", "n,,n=user=,r=abc", "n,,n=us=2cer,r=abc", "n,,n=us=3,r=abc",
        "n,,n=us\0er,r=abc", "n,,m=1,n=user,r=abc", "n,,m=,n=user,r=abc",
        "n,,n=user,r=abc,", "n,,n=user,r=abc,x", "n,,n=user,r=abc,x=", "n,,n=user,r=abc,1=2",
        "n,,n=user,r=abc,i=1", "n,,n=user,r=abc,i=1000000000", "n,,n=user,r=abc,m=1",
        "n,,n=user,n=user,r=abc",
    ])
    func `refuses a first message that the grammar does not know`(message: String) throws {
        var server = try server(.scramSHA1)
        #expect(failure(server.step(.initial(bytes(message)))) == .malformedRequest)
        #expect(failure(server.step(.initial(bytes("n,,n=user,r=abc")))) == .malformedRequest)
    }

    @Test func `refuses a first message that is not UTF-8`() throws {
        var server = try server(.scramSHA1)
        let message = bytes("n,,n=us") + [0xc0, 0x80] + bytes(",r=abc")
        #expect(failure(server.step(.initial(message))) == .malformedRequest)
    }

    @Test func `refuses a message that is longer than any honest one`() throws {
        var server = try server(.scramSHA1)
        let message = bytes("n,,n=user,r=") + [UInt8](repeating: 0x61, count: 1 << 20)
        #expect(failure(server.step(.initial(message))) == .malformedRequest)
    }

    @Test func `passes over extensions that it may`() throws {
        var server = try server(.scramSHA1)
        let action = server.step(.initial(bytes("n,,n=user,r=abc,x=1,Y=two")))
        #expect(action == .lookup(username: "user"))
    }

    @Test(arguments: [
        ("n,,n=Romeo,r=abc", "romeo"),
        ("n,,n=a=2Cb=3Dc,r=abc", "a,b=c"),
        ("n,a=romeo@example.com,n=romeo,r=abc", "romeo"),
        ("n,a=ROMEO@Example.COM,n=romeo,r=abc", "romeo"),
        ("n,a=a=2Cb@example.com,n=a=2Cb,r=abc", "a,b"),
    ])
    func `prepares the username before it looks it up`(message: String, username: String) throws {
        var server = try server(.scramSHA1)
        #expect(server.step(.initial(bytes(message))) == .lookup(username: username))
    }

    @Test(arguments: [
        "juliet@example.com", "romeo@other.example", "romeo@example.com/orchard", "example.com",
        "romeo", "@", "romeo@",
    ])
    func `lets nobody act as anybody else`(authzid: String) throws {
        var server = try server(.scramSHA1)
        let message = bytes("n,a=\(authzid),n=romeo,r=abc")
        #expect(failure(server.step(.initial(message))) == .invalidAuthzid)
    }

    @Test(arguments: [
        // Whether the features offered -PLUS, what the client says, and what it gets.
        (SASLMechanismName.scramSHA256, true, "y", SASLFailure.Condition.notAuthorized),
        (.scramSHA256, true, "p=tls-exporter", .malformedRequest),
        (.scramSHA256, false, "p=tls-exporter", .malformedRequest),
        (.scramSHA256Plus, true, "n", .malformedRequest),
        (.scramSHA256Plus, true, "y", .malformedRequest),
        (.scramSHA256Plus, true, "p=tls-unique", .malformedRequest),
        (.scramSHA256Plus, true, "p=tls-server-end-point", .malformedRequest),
    ])
    func `notices when channel binding was tampered with`(
        name: SASLMechanismName,
        offersPlus: Bool,
        flag: String,
        condition: SASLFailure.Condition
    ) throws {
        var server = try server(name, bindings: offersPlus ? [exporter] : [])
        let action = server.step(.initial(bytes("\(flag),,n=user,r=abc")))
        #expect(failure(action) == condition)
    }

    @Test(arguments: [(false, "y"), (false, "n"), (true, "n")])
    func `takes honest flags`(offersPlus: Bool, flag: String) throws {
        var server = try server(.scramSHA256, bindings: offersPlus ? [exporter] : [])
        let action = server.step(.initial(bytes("\(flag),,n=user,r=abc")))
        #expect(action == .lookup(username: "user"))
    }

    /// Row 20 of the attacks: each changes one thing in the conversation of RFC 5802 §5.
    @Test(arguments: [
        // The client's nonce alone, the server's alone, a longer one.
        ("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j", "r=fyko+d2lbbFgONRv9qkxdawL"),
        ("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j", "r=3rfcNHYJY1ZVvWVs7j"),
        ("VvWVs7j", "VvWVs7jj"),
        // `y,,` and another authzid instead of `n,,` in the binding.
        ("c=biws", "c=eSws"),
        ("c=biws", "c=bixhPXJvbWVvLA=="),
        // Proofs: another, a short one, a long one, none.
        ("p=v0X8v3Bz", "p=v0X8v3BA"),
        ("p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "p=v0X8v3Bz2T0CJGbJQyF0X+HI"),
        ("p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "p=v0X8v3Bz2T0CJGbJQyF0X+HI4TsAAAAA"),
        ("p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "p="),
        // An extension that the proof does not cover.
        (",p=", ",x=1,p="),
    ])
    func `does not authorize a changed last message`(part: String, change: String) throws {
        let message = ScramExample.all[0].clientFinal.replacing(part, with: change)
        #expect(message != ScramExample.all[0].clientFinal)
        #expect(failure(try lastStep(message)) == .notAuthorized)
    }

    @Test(arguments: [
        ("c=biws", "c=biws="), ("c=biws", "c=bi ws"), ("c=biws", "b=biws"), ("c=biws,", ""),
        ("p=v0X8", "p=v0X"), (",p=", ",q="), ("r=fyko", "r=f ko"), (",p=", ",r=abc,p="),
        (",p=", ",,p="), (",p=", ",i=1,p="),
    ])
    func `refuses a last message that the grammar does not know`(
        part: String,
        change: String
    ) throws {
        let message = ScramExample.all[0].clientFinal.replacing(part, with: change)
        #expect(message != ScramExample.all[0].clientFinal)
        #expect(failure(try lastStep(message)) == .malformedRequest)
    }

    /// The proof fits what the client signs, so that nothing but the comparison can refuse it.
    @Test(arguments: [
        ("fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j", "n,,", true),
        ("fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7k", "n,,", false),
        ("fyko+d2lbbFgONRv9qkxdawL", "n,,", false),
        ("fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j", "y,,", false),
        ("fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j", "n,a=juliet,", false),
        ("fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j", "", false),
    ])
    func `takes back nothing that was said before`(
        nonce: String,
        binding: String,
        isTaken: Bool
    ) throws {
        let example = ScramExample.all[0]
        let first = try ScramClientFirst(bytes(example.clientFirst))
        let mine = try ScramServerFirst(bytes(example.serverFirst))
        let keys = try #require(ScramKeys("pencil", .sha1, mine.salt, mine.iterations))
        let final = ScramClientFinal(binding: bytes(binding), nonce: bytes(nonce)) {
            let signed = authMessage(first, mine, withoutProof: $0)
            return xor(keys.clientKey, HashFunction.sha1.hmac(key: keys.storedKey, signed))
        }
        let action = try lastStep(string(final.bytes))
        #expect(failure(action) == (isTaken ? nil : .notAuthorized))
    }

    @Test func `does not authorize another channel's binding`() throws {
        let theirs = ChannelBinding(.tlsExporter, bytes("the attacker's connection"))
        let account = try #require(credentials("wherefore", .sha256))
        var client = try #require(
            ScramClient(
                .scramSHA256Plus,
                username: "romeo",
                password: "wherefore",
                binding: .used(theirs)
            )
        )
        var server = try server(.scramSHA256Plus, bindings: [exporter])
        _ = server.step(.initial(try client.begin()))
        let challenge = try #require(challengeData(server.step(.credentials(account))))
        let action = server.step(.response(try client.answer(challenge)))
        #expect(failure(action) == .notAuthorized)
    }

    @Test func `refuses events out of order, and every event behind the end`() throws {
        let strangers: [SASLServerEvent] = [
            .credentials(nil), .verified(true), .response(bytes("c=biws")), .initial(nil),
            .initial(bytes("n,,n=user,r=abc")),
        ]
        for stranger in strangers {
            var server = try server(.scramSHA1)
            _ = server.step(.initial(bytes("n,,n=user,r=abc")))
            if case .credentials = stranger { _ = server.step(.credentials(nil)) }
            #expect(failure(server.step(stranger)) == .malformedRequest)
            #expect(failure(server.step(.credentials(nil))) == .malformedRequest)
        }
        for early: SASLServerEvent in [.credentials(nil), .verified(true)] {
            var server = try server(.scramSHA1)
            #expect(failure(server.step(early)) == .malformedRequest)
        }
    }

    @Test func `cannot be asked twice for its first message's challenge`() throws {
        var server = try server(.scramSHA1)
        let example = ScramExample.all[0]
        _ = server.step(.initial(bytes(example.clientFirst)))
        _ = server.step(.credentials(example.credentials))
        #expect(failure(server.step(.initial(bytes(example.clientFirst)))) == .malformedRequest)
        #expect(failure(server.step(.response(bytes(example.clientFinal)))) == .malformedRequest)
    }

    @Test func `takes credentials of another hash for none`() throws {
        let account = try #require(credentials("pencil", .sha512))
        var server = try server(.scramSHA256)
        _ = server.step(.initial(bytes("n,,n=user,r=abc")))
        let challenge = try #require(challengeData(server.step(.credentials(account))))
        #expect(!string(challenge).contains(Base64.encode(account.salt)))
    }

    @Test func `gives every exchange a nonce of its own`() throws {
        let challenges = try (0..<50).map { _ in
            var server = try server(.scramSHA1)
            _ = server.step(.initial(bytes("n,,n=user,r=abc")))
            return try #require(challengeData(server.step(.credentials(nil))))
        }
        #expect(Set(challenges).count == 50)
    }

    @Test func `exists for SCRAM's names alone`() {
        for name in SASLMechanismName.known {
            let server = ScramServer(name, domain: "example.com", decoy: decoy)
            #expect((server != nil) == name.rawValue.hasPrefix("SCRAM-"))
        }
    }

    private func server(
        _ name: SASLMechanismName,
        bindings: [ChannelBinding] = [],
        nonce: String? = nil
    ) throws -> ScramServer {
        try #require(
            ScramServer(
                name,
                domain: "example.com",
                decoy: decoy,
                bindings: bindings,
                nonce: nonce
            )
        )
    }

    /// What the conversation of RFC 5802 §5 ends with when its last message is another.
    private func lastStep(_ message: String) throws -> SASLServerAction {
        let example = ScramExample.all[0]
        var server = try server(example.name, nonce: example.serverNonce)
        _ = server.step(.initial(bytes(example.clientFirst)))
        _ = server.step(.credentials(example.credentials))
        return server.step(.response(bytes(message)))
    }
}
