import MartletCrypto

/// The client's keys of accounts that have logged in before; for one thread.
final class ScramKeyCache {
    private var salted: [String: [UInt8]] = [:]

    func saltedPassword(_ hash: HashFunction, _ salt: [UInt8], _ iterations: Int) -> [UInt8]? {
        let key = "\(hash.rawValue) \(iterations) \(Base64.encode(salt))"
        if let known = salted[key] { return known }
        let password = Array(Population.password.utf8)
        let derived = hash.pbkdf2(password: password, salt: salt, iterations: iterations)
        salted[key] = derived
        return derived
    }
}

/// SCRAM without channel binding, as a client does it (RFC 5802 §3), with the costly part cached.
struct ScramLogin {
    private let hash: HashFunction
    private let bare: String
    private let keys: ScramKeyCache

    init(_ hash: HashFunction, username: String, keys: ScramKeyCache) {
        self.hash = hash
        self.keys = keys
        bare = "n=\(username),r=\(Random.token())"
    }

    var first: [UInt8] { Array("n,,\(bare)".utf8) }

    /// The answer to the server's first message; nil when that is none.
    func final(_ challenge: [UInt8]) -> [UInt8]? {
        let message = String(decoding: challenge, as: UTF8.self)
        let fields = message.split(separator: ",").map { $0.dropFirst(2) }
        guard fields.count == 3, let salt = Base64.decode(String(fields[1])),
            let iterations = Int(fields[2]),
            let salted = keys.saltedPassword(hash, salt, iterations)
        else { return nil }
        let withoutProof = "c=biws,r=\(fields[0])"
        let clientKey = hash.hmac(key: salted, Array("Client Key".utf8))
        let authMessage = Array("\(bare),\(message),\(withoutProof)".utf8)
        let signature = hash.hmac(key: hash.hash(clientKey), authMessage)
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        return Array("\(withoutProof),p=\(Base64.encode(proof))".utf8)
    }
}
