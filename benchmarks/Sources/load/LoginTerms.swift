import ArgumentParser
import MartletCrypto
import MartletNet

/// How a client of the generator logs in.
struct LoginTerms {
    enum Mechanism: String, ExpressibleByArgument, CaseIterable {
        case anonymous = "ANONYMOUS"
        case plain = "PLAIN"
        case scramSHA1 = "SCRAM-SHA-1"
        case scramSHA256 = "SCRAM-SHA-256"

        var hash: HashFunction? {
            switch self {
            case .anonymous, .plain: nil
            case .scramSHA1: .sha1
            case .scramSHA256: .sha256
            }
        }
    }

    let target: Target
    let mechanism: Mechanism
    /// Made for TLS alone; trusts every certificate, since it is our own that is measured.
    let context: TLSContext?
    /// Derived keys, so that the generator does not spend its core on PBKDF2.
    let keys = ScramKeyCache()

    init(_ target: Target, _ mechanism: Mechanism) throws {
        self.target = target
        self.mechanism = mechanism
        var settings = TLSClientSettings()
        settings.verifiesPeer = false
        context = target.tls == .none ? nil : try TLSContext(client: settings)
    }
}
