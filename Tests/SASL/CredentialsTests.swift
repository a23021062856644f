import MartletCore
import MartletCrypto
import Testing

@testable import MartletSASL

@Suite struct CredentialsTests {
    @Test(arguments: [HashFunction.sha1, .sha256, .sha512])
    func `knows its password and no other`(hash: HashFunction) throws {
        let made = try #require(credentials("wherefore", hash))
        #expect(made.verify(password: "wherefore"))
        for other in ["", "Wherefore", "wherefore ", "therefore"] {
            #expect(!made.verify(password: other))
        }
    }

    @Test func `salts every account anew`() {
        let made = (0..<20).map { _ in credentials("wherefore", .sha256) }
        #expect(Set(made).count == 20)
    }

    @Test func `makes none of an empty password`() {
        #expect(credentials("", .sha256) == nil)
    }

    @Test func `is stored as one line that tells its kind and cost`() throws {
        let made = try #require(ScramExample.all[1].credentials)
        #expect(
            made.text == "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                + "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                + "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
        )
        #expect(made.mechanism == "SCRAM-SHA-256")
    }

    @Test(arguments: [HashFunction.sha1, .sha256, .sha384, .sha512])
    func `is read back as it was written`(hash: HashFunction) throws {
        let made = try #require(credentials("wherefore", hash))
        #expect(ScramCredentials(text: made.text) == made)
    }

    @Test(arguments: [
        ("SCRAM-SHA-256$", "SCRAM-SHA-257$"), ("SCRAM-SHA-256$", "SHA-256$"),
        ("SCRAM-SHA-256$", "SCRAM-SHA-1$"), ("SCRAM-SHA-256$", "scram-sha-256$"),
        ("$4096:", "$0:"), ("$4096:", "$-1:"), ("$4096:", "$ 4096:"), ("$4096:", "$:"),
        ("$4096:", "$10000001:"), ("$4096:", "$99999999999999999999:"), ("$4096:", "$4096"),
        ("W22ZaJ0SNY7soEsUEjb6gQ==", ""), ("W22ZaJ0SNY7soEsUEjb6gQ==", "W22ZaJ0SNY7soEsUEjb6gQ"),
        ("4qY=:", "4qY="), ("4qY=:", "4qY:"), ("WG5d", ""), ("wfPL", ""), ("2dU=", "2dU=:"),
        ("2dU=", "2dU=$"), ("2dU=", "2dU=\n"),
    ])
    func `is read from nothing else`(part: String, change: String) throws {
        let text = try #require(ScramExample.all[1].credentials).text
        let changed = text.replacing(part, with: change)
        #expect(changed != text)
        #expect(ScramCredentials(text: changed) == nil)
    }

    @Test func `shows no key when it is printed`() throws {
        let made = try #require(ScramExample.all[1].credentials)
        #expect(String(describing: made) == "SCRAM-SHA-256$4096")
        #expect(String(reflecting: made) == "SCRAM-SHA-256$4096")
    }
}

@Suite struct SecrecyTests {
    @Test func `prints no password with events, actions and credentials`() {
        let texts: [Any] = [
            SASLServerEvent.initial(bytes("\0romeo\0wherefore")),
            SASLServerEvent.response(bytes("\0romeo\0wherefore")),
            SASLServerAction.verifyPassword(username: "romeo", password: "wherefore"),
            SASLClient.Credential.password(username: "romeo", password: "wherefore"),
            SASLClient(
                [.password(username: "romeo", password: "wherefore")],
                isProtected: true
            ),
        ]
        let number = bytes("wherefore").map { "\($0)" }.joined(separator: ", ")
        for text in texts {
            for printed in ["\(text)", String(reflecting: text)] {
                #expect(!printed.contains("wherefore"))
                #expect(!printed.contains(number))
            }
        }
    }

    @Test func `has all conditions of RFC 6120 §6.5`() {
        #expect(
            SASLFailure.Condition.allCases.map(\.rawValue) == [
                "aborted", "account-disabled", "credentials-expired", "encryption-required",
                "incorrect-encoding", "invalid-authzid", "invalid-mechanism", "malformed-request",
                "mechanism-too-weak", "not-authorized", "temporary-auth-failure",
            ]
        )
    }
}
