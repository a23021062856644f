import MartletCore
import MartletCrypto
import Testing

@testable import MartletSASL

/// Row 21 of the attacks: whether an account exists cannot be told from outside.
@Suite struct EnumerationTests {
    private let romeo = JID(prepared: "romeo", "montague.example")

    @Test(arguments: scramNames)
    func `goes the same steps for no account as for a wrong password`(
        name: SASLMechanismName
    ) throws {
        let hash = try #require(name.scramHash)
        let known = try steps(name, stored: credentials("wherefore", hash))
        let unknown = try steps(name, stored: nil)
        #expect(known.map(\.kind) == ["lookup", "challenge", "failure not-authorized"])
        #expect(known.map(\.kind) == unknown.map(\.kind))
        #expect(known.map(\.byteCount) == unknown.map(\.byteCount))
        #expect(known.map(\.iterations) == unknown.map(\.iterations))
    }

    @Test func `always gives the same account the same salt, and no two accounts`() {
        let juliet = JID(prepared: "juliet", "montague.example")
        let elsewhere = JID(prepared: "romeo", "capulet.example")
        let decoys = [romeo, juliet, elsewhere].flatMap { account in
            [HashFunction.sha1, .sha256, .sha512].map { decoy.credentials(of: account, hash: $0) }
        }
        #expect(Set(decoys.map(\.salt)).count == 9)
        #expect(decoys.allSatisfy { $0.salt.count == ScramCredentials.saltByteCount })
        #expect(decoys.allSatisfy { $0.iterations == 4096 })
        let again = ScramDecoy(secret: bytes("a secret of sixteen bytes or more"), iterations: 4096)
        #expect(again.credentials(of: romeo, hash: .sha1) == decoys[0])
        let other = ScramDecoy(secret: bytes("another secret of that length"), iterations: 4096)
        #expect(other.credentials(of: romeo, hash: .sha1).salt != decoys[0].salt)
    }

    @Test func `gives the same salt however the name is written`() throws {
        let salts = try ["romeo", "Romeo", "ROMEO"].map { username in
            var server = try #require(
                ScramServer(.scramSHA256, domain: "montague.example", decoy: decoy)
            )
            _ = server.step(.initial(bytes("n,,n=\(username),r=abc")))
            let challenge = try #require(challengeData(server.step(.credentials(nil))))
            return try ScramServerFirst(challenge).salt
        }
        #expect(Set(salts).count == 1)
    }

    @Test func `derives once for PLAIN, at the same cost, whether the account exists or not`() {
        let stored = credentials("wherefore", .sha256)
        let known = PasswordCheck(stored, of: romeo, decoy: decoy)
        let unknown = PasswordCheck(nil, of: romeo, decoy: decoy)
        for (check, password, isRight) in [
            (known, "wherefore", true), (known, "therefore", false), (unknown, "wherefore", false),
        ] {
            var derived: [[Int]] = []
            let verdict = check.run(password: password) { password, hash, salt, iterations in
                derived.append([hash.byteCount, salt.count, iterations])
                return ScramKeys(password, hash, salt, iterations)
            }
            #expect(verdict == isRight)
            #expect(derived == [[32, 16, 4096]])
        }
    }

    @Test func `lets nobody in who guesses a decoy's keys`() {
        // Even a password that fits a decoy would not open an account that is not there.
        let fitting = PasswordCheck(nil, of: romeo, decoy: decoy)
        let keys = decoy.credentials(of: romeo, hash: .sha256)
        let verdict = fitting.run(password: "any") { _, _, _, _ in
            ScramKeys(clientKey: [], storedKey: keys.storedKey, serverKey: keys.serverKey)
        }
        #expect(!verdict)
    }

    private struct Step {
        let kind: String
        var byteCount = 0
        var iterations = 0
    }

    /// What the server does, told by kind and size, for a client that has the wrong password.
    private func steps(_ name: SASLMechanismName, stored: ScramCredentials?) throws -> [Step] {
        var server = try #require(ScramServer(name, domain: "montague.example", decoy: decoy))
        var client = try #require(ScramClient(name, username: "romeo", password: "guess"))
        var steps: [Step] = []
        var event = SASLServerEvent.initial(try client.begin())
        while true {
            switch server.step(event) {
            case .lookup:
                steps.append(Step(kind: "lookup"))
                event = .credentials(stored)
            case .challenge(let data):
                let iterations = try ScramServerFirst(data).iterations
                steps.append(
                    Step(kind: "challenge", byteCount: data.count, iterations: iterations)
                )
                event = .response(try client.answer(data))
            case .failure(let failure):
                steps.append(Step(kind: "failure \(failure.condition.rawValue)"))
                #expect(failure.text == nil)
                return steps
            default: return steps
            }
        }
    }
}
