import MartletCore
import MartletXML

extension StreamError {
    /// What a parser's fault is on the wire (RFC 6120 §4.9.3).
    init(_ fault: XMLError) {
        switch fault.kind {
        case .notWellFormed: self.init(.notWellFormed)
        case .restrictedXML: self.init(.restrictedXML)
        case .badNamespacePrefix: self.init(.badNamespacePrefix)
        case .unsupportedEncoding: self.init(.unsupportedEncoding)
        case .badFormat: self.init(.badFormat)
        case .outOfMemory: self.init(.resourceConstraint)
        case .limit(let limit): self.init(.policyViolation, "over the limit: \(limit.rawValue)")
        }
    }
}
