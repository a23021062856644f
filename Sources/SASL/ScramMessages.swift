internal import MartletCrypto

/// How the initiating entity stands to channel binding (RFC 5802 §7, `gs2-cbind-flag`).
package enum ScramBindingFlag: Hashable, Sendable {
    /// `n`: it cannot bind.
    case unsupported
    /// `y`: it could, and believes that the server cannot.
    case notOffered
    /// `p=`: it binds in this way.
    case used(ChannelBinding.Kind)

    var text: String {
        switch self {
        case .unsupported: "n"
        case .notOffered: "y"
        case .used(let kind): "p=" + kind.rawValue
        }
    }
}

/// `n,a=authzid,n=username,r=nonce` (RFC 5802 §7, `client-first-message`).
package struct ScramClientFirst: Hashable, Sendable {
    package let flag: ScramBindingFlag
    package let authzid: String?
    package let username: String
    package let nonce: [UInt8]
    /// The message up to and with its second comma.
    package let header: [UInt8]
    /// The message behind that.
    package let bare: [UInt8]

    package init(_ message: [UInt8]) throws(SASLFailure) {
        let comma = UInt8(ascii: ",")
        guard let first = message.firstIndex(of: comma),
            let second = message[(first + 1)...].firstIndex(of: comma)
        else { throw .malformedRequest }
        flag = try Self.flag(message[..<first])
        authzid = try Self.authzid(message[(first + 1)..<second])
        header = Array(message[...second])
        bare = Array(message[(second + 1)...])

        var attributes = try ScramAttributes(message[(second + 1)...])
        try attributes.refuseMandatoryExtension()
        guard let name = SASLName.decode(try attributes.next("n")) else { throw .malformedRequest }
        username = name
        nonce = try checkedNonce(try attributes.next("r"))
        try attributes.skipExtensions()
    }

    init(flag: ScramBindingFlag, authzid: String?, username: String, nonce: [UInt8]) {
        self.flag = flag
        self.authzid = authzid
        self.username = username
        self.nonce = nonce
        let name = authzid.map { Array("a=".utf8) + SASLName.encode($0) } ?? []
        header = Array("\(flag.text),".utf8) + name + [UInt8(ascii: ",")]
        bare = Array("n=".utf8) + SASLName.encode(username) + Array(",r=".utf8) + nonce
    }

    var bytes: [UInt8] { header + bare }

    private static func flag(_ field: ArraySlice<UInt8>) throws(SASLFailure) -> ScramBindingFlag {
        if field.elementsEqual("n".utf8) { return .unsupported }
        if field.elementsEqual("y".utf8) { return .notOffered }
        guard field.starts(with: "p=".utf8), let name = text(field.dropFirst(2)) else {
            throw .malformedRequest
        }
        return .used(ChannelBinding.Kind(rawValue: name))
    }

    private static func authzid(_ field: ArraySlice<UInt8>) throws(SASLFailure) -> String? {
        guard !field.isEmpty else { return nil }
        guard field.starts(with: "a=".utf8), let name = SASLName.decode(field.dropFirst(2)) else {
            throw .malformedRequest
        }
        return name
    }
}

/// `r=nonce,s=salt,i=iterations` (RFC 5802 §7, `server-first-message`).
package struct ScramServerFirst: Hashable, Sendable {
    package let nonce: [UInt8]
    package let salt: [UInt8]
    package let iterations: Int
    package let bytes: [UInt8]

    package init(_ message: [UInt8]) throws(SASLFailure) {
        bytes = message
        var attributes = try ScramAttributes(message[...])
        try attributes.refuseMandatoryExtension()
        nonce = try checkedNonce(try attributes.next("r"))
        guard let salt = Base64.decode(try attributes.next("s")), !salt.isEmpty,
            let iterations = decimal(try attributes.next("i"))
        else { throw .malformedRequest }
        self.salt = salt
        self.iterations = iterations
        try attributes.skipExtensions()
    }

    init(nonce: [UInt8], salt: [UInt8], iterations: Int) {
        self.nonce = nonce
        self.salt = salt
        self.iterations = iterations
        var bytes: [UInt8] = []
        bytes.reserveCapacity(nonce.count + 64)
        bytes += "r=".utf8
        bytes += nonce
        bytes += ",s=".utf8
        bytes += Base64.encodeBytes(salt)
        bytes += ",i=".utf8
        bytes += String(iterations).utf8
        self.bytes = bytes
    }
}

/// `c=binding,r=nonce,p=proof` (RFC 5802 §7, `client-final-message`).
package struct ScramClientFinal: Hashable, Sendable {
    /// The gs2 header again and, behind it, the channel binding's data.
    package let binding: [UInt8]
    package let nonce: [UInt8]
    package let proof: [UInt8]
    package let withoutProof: [UInt8]

    package init(_ message: [UInt8]) throws(SASLFailure) {
        var attributes = try ScramAttributes(message[...])
        let encodedProof = try attributes.last("p")
        guard let binding = Base64.decode(try attributes.next("c")),
            let proof = Base64.decode(encodedProof)
        else { throw .malformedRequest }
        self.binding = binding
        self.proof = proof
        nonce = try checkedNonce(try attributes.next("r"))
        try attributes.skipExtensions()
        withoutProof = Array(message[..<(encodedProof.startIndex - 3)])
    }

    init(binding: [UInt8], nonce: [UInt8], proof: (_ withoutProof: [UInt8]) -> [UInt8]) {
        self.binding = binding
        self.nonce = nonce
        withoutProof = Array("c=\(Base64.encode(binding)),r=".utf8) + nonce
        self.proof = proof(withoutProof)
    }

    var bytes: [UInt8] { withoutProof + Array(",p=\(Base64.encode(proof))".utf8) }
}

/// `v=signature` or `e=error` (RFC 5802 §7, `server-final-message`).
package enum ScramServerFinal: Hashable, Sendable {
    case signature([UInt8])
    case error(String)

    package init(_ message: [UInt8]) throws(SASLFailure) {
        var attributes = try ScramAttributes(message[...])
        if message.starts(with: "e=".utf8) {
            guard let error = text(try attributes.next("e")) else { throw .malformedRequest }
            self = .error(error)
        } else {
            guard let signature = Base64.decode(try attributes.next("v")) else {
                throw .malformedRequest
            }
            self = .signature(signature)
        }
        try attributes.skipExtensions()
    }
}
