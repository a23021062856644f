/// One entry of a document's tape: 24 bytes that say where in its bytes something stands.
///
/// An element comes first, then its namespace if it declares one, then its attributes (each new
/// prefix before the attribute that needs it), then its content. References between entries are
/// distances, so that a piece of tape can be copied into another document.
struct Node: BitwiseCopyable {
    enum Kind: UInt8 { case element, namespace, prefix, attribute, text }

    struct Flags: OptionSet {
        let rawValue: UInt8
        /// The value has references in it.
        static let isEscaped = Flags(rawValue: 1)
        /// The attribute has the prefix `xml`, which nobody declares.
        static let isXML = Flags(rawValue: 2)
    }

    var kind: Kind
    var flags: Flags = []
    /// How long the name is, without a prefix.
    var nameCount: UInt16 = 0
    /// An element's `<`; where the name of an attribute or prefix begins; where a text begins.
    var start: UInt32
    /// Where an element's content, or a value between its quotes, begins.
    ///
    /// An element without content has its end here.
    var contentStart: UInt32
    /// Just past an element's last `>`, a value's last character, or a text.
    var end: UInt32
    /// How many entries an element is, itself included.
    var span: UInt32 = 1
    /// How far away the `.namespace` or `.prefix` entry of its namespace is; zero is none.
    ///
    /// An element without one is in the content namespace, an attribute in no namespace.
    var namespace: Int32 = 0

    var value: Range<Int> { Int(contentStart)..<Int(end) }

    /// Where an element's name is: it has no prefix, so it follows the `<`.
    var elementName: Range<Int> { Int(start) + 1..<Int(start) + 1 + Int(nameCount) }

    var attributeName: Range<Int> { Int(start)..<Int(start) + Int(nameCount) }

    /// What stands between an element's start tag and its end tag.
    var content: Range<Int> {
        contentStart == end
            ? Int(end)..<Int(end) : Int(contentStart)..<Int(end) - Int(nameCount) - 3
    }

    /// Whether this is an attribute without a namespace.
    var isPlainAttribute: Bool {
        kind == .attribute && namespace == 0 && !flags.contains(.isXML)
    }

    mutating func shift(by distance: Int) {
        start = UInt32(Int(start) + distance)
        contentStart = UInt32(Int(contentStart) + distance)
        end = UInt32(Int(end) + distance)
    }
}
