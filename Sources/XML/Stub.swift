public let contentNamespace = "jabber:client"
public struct Element: Sendable, Equatable {
    public init(_ name: String, in namespace: String = contentNamespace, _ attributes: KeyValuePairs<String, String?> = [:], _ content: (inout ElementWriter) -> Void = { _ in }) { fatalError() }
    public var name: String { fatalError() }
    public var namespace: String { fatalError() }
    public func isNamed(_ name: String, in namespace: String) -> Bool { fatalError() }
    public func attribute(_ name: String) -> String? { fatalError() }
    public func attribute(_ name: String, in namespace: String) -> String? { fatalError() }
    public var attributes: [(name: String, namespace: String?, value: String)] { fatalError() }
    public var children: [Element] { fatalError() }
    public var firstChild: Element? { fatalError() }
    public func child(_ name: String, in namespace: String) -> Element? { fatalError() }
    public var text: String { fatalError() }
    public var language: String? { fatalError() }
    public func withAttributeBytes<R>(_ name: StaticString, _ body: (UnsafeRawBufferPointer?) -> R) -> R { fatalError() }
    public func appendContent(to: inout [UInt8]) { fatalError() }
    public func append(to: inout [UInt8]) { fatalError() }
    public func detached() -> Element { fatalError() }
    public var description: String { fatalError() }
}
public struct ElementWriter {
    public mutating func attribute(_ name: String, _ value: String?) {}
    public mutating func attribute(_ name: String, in ns: String, _ value: String?) {}
    public mutating func text(_ t: String) {}
    public mutating func element(_ name: String, in namespace: String, _ attributes: KeyValuePairs<String, String?> = [:], _ content: (inout ElementWriter) -> Void = { _ in }) {}
    public mutating func append(_ e: Element) {}
}
public struct Match: Sendable, CustomStringConvertible {
    public init(_ text: String) throws {}
    public func matches(_ e: Element) -> Bool { fatalError() }
    public func mayMatch(root: String) -> Bool { fatalError() }
    public func payloadNamespaces(root: String) -> [String]? { fatalError() }
    public var description: String { "" }
}
