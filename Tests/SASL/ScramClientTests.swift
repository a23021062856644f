import MartletCrypto
import Testing

@testable import MartletSASL

@Suite struct ScramClientTests {
    @Test(arguments: ScramExample.all)
    func `speaks as the RFCs print it`(example: ScramExample) throws {
        var client = try client(example)
        #expect(try client.begin() == bytes(example.clientFirst))
        #expect(try client.answer(bytes(example.serverFirst)) == bytes(example.clientFinal))
        try client.finish(bytes(example.serverFinal))
    }

    @Test func `takes the signature in a last challenge too`() throws {
        let example = ScramExample.all[1]
        var client = try client(example)
        _ = try client.begin()
        _ = try client.answer(bytes(example.serverFirst))
        #expect(try client.answer(bytes(example.serverFinal)) == [])
        try client.finish(nil)
    }

    @Test func `gives its first message again when asked with nothing`() throws {
        let example = ScramExample.all[0]
        var client = try client(example)
        _ = try client.begin()
        #expect(try client.answer([]) == bytes(example.clientFirst))
        #expect(try client.answer(bytes(example.serverFirst)) == bytes(example.clientFinal))
    }

    @Test(arguments: [
        ("i=4096", "i=4095", SASLClientError.iterationsRefused(4095)),
        ("i=4096", "i=1", .iterationsRefused(1)),
        ("i=4096", "i=10000001", .iterationsRefused(10_000_001)),
        ("i=4096", "i=9999999999", .iterationsRefused(9_999_999_999)),
        ("i=4096", "i=99999999999", .malformedChallenge),
        ("i=4096", "i=0", .malformedChallenge),
        ("i=4096", "i=-1", .malformedChallenge),
        ("i=4096", "i=04096", .malformedChallenge),
        ("i=4096", "i=", .malformedChallenge),
        (",i=4096", "", .malformedChallenge),
        ("s=QSXCR+Q6sek8bf92", "s=", .malformedChallenge),
        ("s=QSXCR+Q6sek8bf92", "s=?", .malformedChallenge),
        ("r=", "m=1,r=", .malformedChallenge),
        ("i=4096", "i=4096,s=AAAA", .malformedChallenge),
        ("r=fyko", "r=Fyko", .foreignNonce),
        ("3rfcNHYJY1ZVvWVs7j", "", .foreignNonce),
        ("r=fyko", "r=afyko", .foreignNonce),
    ])
    func `refuses a challenge that is not meant well`(
        part: String,
        change: String,
        error: SASLClientError
    ) throws {
        let example = ScramExample.all[0]
        var client = try client(example)
        _ = try client.begin()
        let challenge = example.serverFirst.replacing(part, with: change)
        #expect(throws: error) { try client.answer(bytes(challenge)) }
        #expect(throws: SASLClientError.malformedChallenge) {
            try client.answer(bytes(example.serverFirst))
        }
    }

    @Test(arguments: [
        ("v=rmF9pqV8S7suAoZWja4dJRkFsKA=", SASLClientError.serverNotVerified),
        ("v=", .serverNotVerified),
        ("v=rmF9", .serverNotVerified),
        ("v=rmF9pqV8S7suAoZWja4dJRkFsKQ", .malformedChallenge),
        ("e=other-error", .refused("other-error")),
        ("", .malformedChallenge),
        ("x=1", .malformedChallenge),
    ])
    func `believes no server that does not know the verifier`(
        message: String,
        error: SASLClientError
    ) throws {
        let example = ScramExample.all[0]
        var client = try client(example)
        _ = try client.begin()
        _ = try client.answer(bytes(example.serverFirst))
        #expect(throws: error) { try client.finish(bytes(message)) }
    }

    @Test func `believes no success without a signature`() throws {
        let example = ScramExample.all[0]
        var client = try client(example)
        _ = try client.begin()
        var early = client
        #expect(throws: SASLClientError.serverNotVerified) {
            try early.finish(bytes(example.serverFinal))
        }
        _ = try client.answer(bytes(example.serverFirst))
        #expect(throws: SASLClientError.serverNotVerified) { try client.finish(nil) }
    }

    @Test func `refuses a challenge too many`() throws {
        let example = ScramExample.all[0]
        var client = try client(example)
        _ = try client.begin()
        _ = try client.answer(bytes(example.serverFirst))
        _ = try client.answer(bytes(example.serverFinal))
        #expect(throws: SASLClientError.malformedChallenge) { try client.answer([]) }
    }

    @Test func `needs a name that fits its binding`() {
        func client(_ name: SASLMechanismName, _ binding: ScramBinding) -> ScramClient? {
            ScramClient(name, username: "user", password: "pencil", binding: binding)
        }
        #expect(client(.scramSHA1Plus, .unsupported) == nil)
        #expect(client(.scramSHA1Plus, .notOffered) == nil)
        #expect(client(.scramSHA1, .used(exporter)) == nil)
        #expect(client(.plain, .unsupported) == nil)
        #expect(client(.scramSHA1Plus, .used(exporter)) != nil)
    }

    @Test func `refuses an empty password before it is sent`() throws {
        let example = ScramExample.all[0]
        var client = try #require(
            ScramClient(
                example.name,
                username: "user",
                password: "",
                nonce: example.clientNonce
            )
        )
        _ = try client.begin()
        #expect(throws: SASLClientError.unusablePassword) {
            try client.answer(bytes(example.serverFirst))
        }
    }

    private func client(_ example: ScramExample) throws -> ScramClient {
        try #require(
            ScramClient(
                example.name,
                username: "user",
                password: "pencil",
                nonce: example.clientNonce
            )
        )
    }
}
