import MartletCrypto
import Testing

@testable import MartletSASL

/// Text as bytes, for messages written as the RFCs print them.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

let decoy = ScramDecoy(secret: bytes("a secret of sixteen bytes or more"), iterations: 4096)

let scramNames: [SASLMechanismName] = [.scramSHA1, .scramSHA256, .scramSHA512]

/// One conversation that an RFC prints.
struct ScramExample: Sendable, CustomTestStringConvertible {
    let name: SASLMechanismName
    let salt: String
    let clientNonce: String
    let serverNonce: String
    let clientFirst: String
    let serverFirst: String
    let clientFinal: String
    let serverFinal: String

    var testDescription: String { name.rawValue }

    /// RFC 5802 §5 and RFC 7677 §3: the user is `user`, the password `pencil`, 4096 rounds.
    static let all = [
        ScramExample(
            name: .scramSHA1,
            salt: "QSXCR+Q6sek8bf92",
            clientNonce: "fyko+d2lbbFgONRv9qkxdawL",
            serverNonce: "3rfcNHYJY1ZVvWVs7j",
            clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            serverFirst:
                "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            clientFinal: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                + "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
        ),
        ScramExample(
            name: .scramSHA256,
            salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
            clientNonce: "rOprNGfwEbeRWgbNEkqO",
            serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            clientFinal: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        ),
    ]

    var credentials: ScramCredentials? {
        guard let hash = name.scramHash, let salt = Base64.decode(salt) else { return nil }
        return ScramCredentials.derive(
            password: "pencil",
            hash: hash,
            salt: salt,
            iterations: 4096
        )
    }
}

let exporter = ChannelBinding(.tlsExporter, [UInt8](0..<32))
let endPoint = ChannelBinding(.tlsServerEndPoint, [UInt8](32..<64))

func failure(_ action: SASLServerAction) -> SASLFailure.Condition? {
    guard case .failure(let failure) = action else { return nil }
    return failure.condition
}

func challengeData(_ action: SASLServerAction) -> [UInt8]? {
    guard case .challenge(let bytes) = action else { return nil }
    return bytes
}

func credentials(_ password: String, _ hash: HashFunction) -> ScramCredentials? {
    ScramCredentials.derive(password: password, hash: hash, iterations: 4096)
}
