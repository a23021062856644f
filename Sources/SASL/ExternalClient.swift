public import MartletCore

/// EXTERNAL as the client sees it (RFC 4422 §A): the certificate speaks.
public struct ExternalClient: SASLClientMechanism {
    public let name = SASLMechanismName.external
    private let authzid: JID?

    public init(authzid: JID? = nil) {
        self.authzid = authzid
    }

    public mutating func begin() throws(SASLClientError) -> [UInt8]? { message }

    public mutating func answer(_ challenge: [UInt8]) throws(SASLClientError) -> [UInt8] {
        guard challenge.isEmpty else { throw .malformedChallenge }
        return message
    }

    public mutating func finish(_ additionalData: [UInt8]?) throws(SASLClientError) {
        try refuseData(additionalData)
    }

    private var message: [UInt8] { authzid.map { Array($0.description.utf8) } ?? [] }
}
