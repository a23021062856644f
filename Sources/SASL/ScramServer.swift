internal import MartletCore
internal import MartletCrypto

/// SCRAM as the server sees it, with and without channel binding (RFC 5802, RFC 7677).
public struct ScramServer: SASLServerMechanism {
    public let name: SASLMechanismName
    private let hash: HashFunction
    private let domain: String
    private let decoy: ScramDecoy
    private let bindings: [ChannelBinding]
    private let offersPlus: Bool
    private let serverNonce: [UInt8]
    private var state = State.waiting

    private enum State {
        case waiting
        case looking(ScramClientFirst, JID)
        case challenged(ScramClientFirst, JID, ScramServerFirst, Checked)
        case ended
    }

    /// What the proof is checked against, and whether an account stands behind it.
    private struct Checked {
        let credentials: ScramCredentials
        let isReal: Bool
    }

    /// Waits for the client's first message; nil when the name is not one of SCRAM's.
    ///
    /// `bindings` is what this TLS connection can be bound by. `offersPlus` tells whether the features
    /// offered any mechanism with `-PLUS` (by default, if there are bindings): a client that could
    /// have used one and believes that none was there has been lied to. `nonce` is this side's part,
    /// printable ASCII without commas, random but in tests.
    public init?(
        _ name: SASLMechanismName,
        domain: String,
        decoy: ScramDecoy,
        bindings: [ChannelBinding] = [],
        offersPlus: Bool? = nil,
        nonce: String? = nil
    ) {
        guard let hash = name.scramHash else { return nil }
        self.name = name
        self.hash = hash
        self.domain = domain
        self.decoy = decoy
        self.bindings = bindings
        self.offersPlus = offersPlus ?? !bindings.isEmpty
        serverNonce = nonce.map { Array($0.utf8) } ?? Base64.encodeBytes(Random.bytes(18))
    }

    public mutating func step(_ event: SASLServerEvent) -> SASLServerAction {
        let before = state
        state = .ended
        do {
            switch (before, event) {
            case (.waiting, .initial(nil)):
                state = .waiting
                return .challenge([])
            case (.waiting, .initial(let message?)), (.waiting, .response(let message)):
                return try begin(ScramClientFirst(message))
            case (.looking(let first, let account), .credentials(let stored)):
                return challenge(first, account, stored)
            case (.challenged(let first, let account, let mine, let checked), .response(let reply)):
                let final = try ScramClientFinal(reply)
                return try finish(first, account, mine, final, checked)
            default:
                return .failure(.malformedRequest)
            }
        } catch {
            return .failure(error)
        }
    }

    private mutating func begin(_ first: ScramClientFirst) throws(SASLFailure) -> SASLServerAction {
        try checkFlag(first.flag)
        let account = try account(of: first.username, authzid: first.authzid, domain: domain)
        guard let username = account.localpart else { throw .notAuthorized }
        state = .looking(first, account)
        return .lookup(username: username)
    }

    /// Compares what the client says of channel binding with what it was offered (RFC 5802 §6).
    private func checkFlag(_ flag: ScramBindingFlag) throws(SASLFailure) {
        switch flag {
        case .unsupported:
            guard !name.isPlus else { throw .malformedRequest }
        case .notOffered:
            guard !name.isPlus else { throw .malformedRequest }
            guard !offersPlus else {
                throw SASLFailure(.notAuthorized, "Mechanisms with -PLUS were offered.")
            }
        case .used(let kind):
            guard name.isPlus else { throw .malformedRequest }
            guard bindings.contains(where: { $0.kind == kind }) else {
                throw SASLFailure(.malformedRequest, "The channel binding type is not offered.")
            }
        }
    }

    private mutating func challenge(
        _ first: ScramClientFirst,
        _ account: JID,
        _ stored: ScramCredentials?
    ) -> SASLServerAction {
        let stored = stored?.hash == hash ? stored : nil
        let decoy = decoy.credentials(of: account, hash: hash)
        let checked = Checked(credentials: stored ?? decoy, isReal: stored != nil)
        let mine = ScramServerFirst(
            nonce: first.nonce + serverNonce,
            salt: checked.credentials.salt,
            iterations: checked.credentials.iterations
        )
        state = .challenged(first, account, mine, checked)
        return .challenge(mine.bytes)
    }

    private func finish(
        _ first: ScramClientFirst,
        _ account: JID,
        _ mine: ScramServerFirst,
        _ final: ScramClientFinal,
        _ checked: Checked
    ) throws(SASLFailure) -> SASLServerAction {
        guard final.nonce == mine.nonce,
            constantTimeEquals(final.binding, first.header + data(first.flag)),
            final.proof.count == hash.byteCount
        else { throw .notAuthorized }
        let message = authMessage(first, mine, withoutProof: final.withoutProof)
        let keys = checked.credentials
        let clientKey = xor(final.proof, hash.hmac(key: keys.storedKey, message))
        let signature = hash.hmac(key: keys.serverKey, message)
        guard constantTimeEquals(hash.hash(clientKey), keys.storedKey), checked.isReal else {
            throw .notAuthorized
        }
        return .success(
            SASLIdentity(account, by: name),
            additionalData: Array("v=".utf8) + Base64.encodeBytes(signature)
        )
    }

    private func data(_ flag: ScramBindingFlag) -> [UInt8] {
        guard case .used(let kind) = flag else { return [] }
        return bindings.first { $0.kind == kind }?.data ?? []
    }
}

/// What both sides sign (RFC 5802 §3).
func authMessage(
    _ clientFirst: ScramClientFirst,
    _ serverFirst: ScramServerFirst,
    withoutProof: [UInt8]
) -> [UInt8] {
    let count = clientFirst.bare.count + serverFirst.bytes.count + withoutProof.count + 2
    var message: [UInt8] = []
    message.reserveCapacity(count)
    message += clientFirst.bare
    message.append(UInt8(ascii: ","))
    message += serverFirst.bytes
    message.append(UInt8(ascii: ","))
    message += withoutProof
    return message
}
