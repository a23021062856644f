import MartletCore
import MartletCrypto
import Testing

@testable import MartletSASL

/// Both of our sides, talking to each other as a stream and a store would let them.
@Suite struct ConversationTests {
    static let users = [
        ("romeo", "wherefore art thou"), ("jörg", "pässwört"), ("ρωμαίος", "Ἰουλιέτα"),
        ("ромео", "тайна 🗝"), ("罗密欧", "朱丽叶"), ("a,b=c", ",=,=2C"), ("=2c", "= ="),
        ("רומיאו", "יוליה"),
    ]

    @Test(arguments: SASLMechanismName.known.filter { $0.scramHash != nil }, users)
    func `logs in by SCRAM`(name: SASLMechanismName, user: (String, String)) throws {
        let outcome = try converse(name, user: user, bindings: [endPoint, exporter])
        #expect(outcome == .success(JID(prepared: user.0, "montague.example")))
    }

    @Test(arguments: SASLMechanismName.known.filter { $0.scramHash != nil }, users)
    func `does not log in by SCRAM with another password`(
        name: SASLMechanismName,
        user: (String, String)
    ) throws {
        let outcome = try converse(name, user: user, tried: user.1 + "x", bindings: [exporter])
        #expect(outcome == .failure(.notAuthorized))
    }

    @Test(arguments: users)
    func `logs in by PLAIN, or not`(user: (String, String)) throws {
        let jid = JID(prepared: user.0, "montague.example")
        #expect(try converse(.plain, user: user) == .success(jid))
        #expect(try converse(.plain, user: user, tried: "x") == .failure(.notAuthorized))
    }

    @Test func `logs in by certificate`() throws {
        let romeo = JID(prepared: "romeo", "montague.example")
        let other = JID(prepared: "benvolio", "montague.example")
        #expect(try converse(.external, certificate: [romeo]) == .success(romeo))
        #expect(try converse(.external, certificate: [other, romeo], as: other) == .success(other))
        #expect(try converse(.external, certificate: [other, romeo]) == .failure(.invalidAuthzid))
    }

    @Test func `logs in without a name`() throws {
        guard case .success(let jid) = try converse(.anonymous) else {
            Issue.record("anonymous visitors are welcome")
            return
        }
        #expect(jid.domainpart == "montague.example")
    }

    @Test func `logs in with random names and passwords`() throws {
        var chance = SeededGenerator(seed: 20)
        for _ in 0..<60 {
            let user = (chance.text(from: letters), chance.text(from: letters + symbols))
            let name = try #require(scramNames.randomElement(using: &chance))
            let outcome = try converse(name, user: user)
            #expect(outcome == .success(JID(prepared: user.0, "montague.example")))
            let wrong = try converse(name, user: user, tried: user.1 + "x")
            #expect(wrong == .failure(.notAuthorized))
        }
    }

    private let letters = Array("abcxyz019éñœßαβγабв罗密欧-._=,")
    private let symbols = Array(" ABCÅÉ!\"#$%&()*+/:;<>?@[]^`{|}~€😀")

    private enum Outcome: Equatable {
        case success(JID)
        case failure(SASLFailure.Condition)
    }

    /// Lets a client with TLS log in by one mechanism, to a server that stores what a registration with
    /// `user` left there.
    private func converse(
        _ name: SASLMechanismName,
        user: (String, String) = ("romeo", "wherefore"),
        tried: String? = nil,
        bindings: [ChannelBinding] = [],
        certificate: [JID] = [],
        as authzid: JID? = nil
    ) throws -> Outcome {
        let offer = SASLServerOffer(
            domain: "montague.example",
            enabled: SASLMechanismName.known,
            isProtected: true,
            bindings: bindings,
            certificateIdentities: certificate,
            decoy: decoy
        )
        let client = SASLClient(
            [
                .password(username: user.0, password: tried ?? user.1),
                .certificate(authzid: authzid), .anonymous,
            ],
            isProtected: true,
            bindings: name.isPlus ? bindings.reversed() : [],
            allowed: [name]
        )
        var one = try client.choose(from: offer.mechanisms)
        var two = try offer.begin(one.name)
        #expect(one.name == name)
        return try run(&one, &two) { action in try answer(action, name, user) }
    }

    /// Carries messages until the server has decided; `answer` is the store and the worker.
    private func run(
        _ client: inout any SASLClientMechanism,
        _ server: inout any SASLServerMechanism,
        answer: (SASLServerAction) throws -> SASLServerEvent
    ) throws -> Outcome {
        var event = SASLServerEvent.initial(try client.begin())
        for _ in 0..<8 {
            let action = server.step(event)
            switch action {
            case .challenge(let data): event = .response(try client.answer(data))
            case .lookup, .verifyPassword: event = try answer(action)
            case .success(let identity, let data):
                try client.finish(data)
                #expect(identity.mechanism == client.name)
                return .success(identity.jid)
            case .failure(let failure): return .failure(failure.condition)
            }
        }
        Issue.record("the conversation has no end")
        return .failure(.aborted)
    }

    private func answer(
        _ action: SASLServerAction,
        _ name: SASLMechanismName,
        _ user: (String, String)
    ) throws -> SASLServerEvent {
        switch action {
        case .lookup(let username):
            #expect(username == user.0)
            return .credentials(credentials(user.1, try #require(name.scramHash)))
        case .verifyPassword(let username, let password):
            #expect(username == user.0)
            let account = JID(prepared: username, "montague.example")
            let check = PasswordCheck(credentials(user.1, .sha256), of: account, decoy: decoy)
            return .verified(check.run(password: password))
        default: throw SASLFailure.aborted
        }
    }
}

/// SplitMix64: the same texts for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func text(from characters: [Character]) -> String {
        String(
            (0..<Int.random(in: 1...12, using: &self)).map { _ in
                characters[Int.random(in: 0..<characters.count, using: &self)]
            }
        )
    }
}
