/// PLAIN as the client sees it (RFC 4616): the password itself, for TLS to hide.
public struct PlainClient: SASLClientMechanism {
    public let name = SASLMechanismName.plain
    private let username: String
    private let password: String

    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    public mutating func begin() throws(SASLClientError) -> [UInt8]? { try message() }

    public mutating func answer(_ challenge: [UInt8]) throws(SASLClientError) -> [UInt8] {
        guard challenge.isEmpty else { throw .malformedChallenge }
        return try message()
    }

    public mutating func finish(_ additionalData: [UInt8]?) throws(SASLClientError) {
        try refuseData(additionalData)
    }

    private func message() throws(SASLClientError) -> [UInt8] {
        guard let password = preparePassword(password), !password.utf8.contains(0),
            !username.isEmpty, !username.utf8.contains(0)
        else { throw .unusablePassword }
        return [0] + Array(username.utf8) + [0] + Array(password.utf8)
    }
}
