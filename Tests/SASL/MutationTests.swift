import MartletCrypto
import Testing

@testable import MartletSASL

/// Nothing that a peer sends stops the process, and nothing but the right proof opens the account.
@Suite struct MutationTests {
    private let alphabet = Array("=,nyparcmsvei@/\0\u{7f}0129+".utf8) + [0x80, 0xc0, 0xe2, 0xff]

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `survives changed messages of every kind`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for example in ScramExample.all {
            for message in [
                example.clientFirst, example.serverFirst, example.clientFinal, example.serverFinal,
                "romeo@montague.example\0romeo\0wherefore",
                "p=tls-exporter,a=a=2Cb@montague.example,n=a=2Cb,r=abc,x=1",
            ] {
                for _ in 0..<400 {
                    let changed = changed(bytes(message), &chance)
                    checkRoundTrip(changed)
                    _ = try? ScramServerFinal(changed)
                    _ = try? PlainMessage(changed)
                    for name in SASLMechanismName.known { step(name, changed) }
                }
            }
        }
    }

    @Test(arguments: [5, 6] as [UInt64])
    func `opens for no changed last message`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for example in ScramExample.all {
            var server = try #require(
                ScramServer(
                    example.name,
                    domain: "example.com",
                    decoy: decoy,
                    nonce: example.serverNonce
                )
            )
            _ = server.step(.initial(bytes(example.clientFirst)))
            _ = server.step(.credentials(example.credentials))
            let final = bytes(example.clientFinal)
            for _ in 0..<500 {
                let message = changed(final, &chance)
                var copy = server
                let action = copy.step(.response(message))
                #expect((failure(action) == nil) == (message == final))
            }
        }
    }

    /// Whatever is read as a message is written again as the same bytes, but for what it leaves out.
    private func checkRoundTrip(_ message: [UInt8]) {
        if let first = try? ScramClientFirst(message) {
            #expect(first.bytes == message)
            let again = ScramClientFirst(
                flag: first.flag,
                authzid: first.authzid,
                username: first.username,
                nonce: first.nonce
            )
            #expect(message.starts(with: again.bytes))
        }
        if let final = try? ScramClientFinal(message) { #expect(final.bytes == message) }
        if let server = try? ScramServerFirst(message) { #expect(server.bytes == message) }
    }

    private func step(_ name: SASLMechanismName, _ message: [UInt8]) {
        let offer = SASLServerOffer(
            domain: "montague.example",
            enabled: SASLMechanismName.known,
            isProtected: true,
            bindings: [exporter],
            decoy: decoy
        )
        guard var server = try? offer.begin(name) else { return }
        if case .lookup = server.step(.initial(message)) {
            _ = server.step(.credentials(nil))
            #expect(failure(server.step(.response(message))) != nil)
        }
    }

    /// Puts in, takes out, changes or doubles bytes, at a few places.
    private func changed(_ message: [UInt8], _ chance: inout SeededGenerator) -> [UInt8] {
        var message = message
        for _ in 0..<Int.random(in: 1...4, using: &chance) where !message.isEmpty {
            let index = Int.random(in: 0..<message.count, using: &chance)
            let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &chance)]
            switch Int.random(in: 0..<5, using: &chance) {
            case 0: message.remove(at: index)
            case 1: message.insert(byte, at: index)
            case 2: message[index] = byte
            case 3: message[index] ^= 1 << Int.random(in: 0..<8, using: &chance)
            default: message += message[index...]
            }
        }
        return message
    }
}
