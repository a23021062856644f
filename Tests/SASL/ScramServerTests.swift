import MartletCore
import MartletCrypto
import Testing

@testable import MartletSASL

@Suite struct ScramServerTests {
    @Test(arguments: ScramExample.all)
    func `answers as the RFCs print it`(example: ScramExample) throws {
        var server = try #require(
            ScramServer(
                example.name,
                domain: "example.com",
                decoy: decoy,
                nonce: example.serverNonce
            )
        )
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
}
