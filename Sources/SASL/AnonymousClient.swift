/// ANONYMOUS as the client sees it (RFC 4505), without a trace.
public struct AnonymousClient: SASLClientMechanism {
    public let name = SASLMechanismName.anonymous

    public init() {}

    public mutating func begin() throws(SASLClientError) -> [UInt8]? { nil }

    public mutating func answer(_ challenge: [UInt8]) throws(SASLClientError) -> [UInt8] {
        guard challenge.isEmpty else { throw .malformedChallenge }
        return []
    }

    public mutating func finish(_ additionalData: [UInt8]?) throws(SASLClientError) {
        try refuseData(additionalData)
    }
}
