public struct Match: Sendable, CustomStringConvertible {
    public init(_ text: String) throws {}
    public func matches(_ e: Element) -> Bool { fatalError() }
    public func mayMatch(root: String) -> Bool { fatalError() }
    public func payloadNamespaces(root: String) -> [String]? { fatalError() }
    public var description: String { "" }
}
