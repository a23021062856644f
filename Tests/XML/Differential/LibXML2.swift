import Glibc

/// The calls of libxml2's reader (`libxml/xmlreader.h`) that a test needs.
///
/// SwiftPM is linked with that library, so every machine that builds has it, though not its headers.
struct LibXML2: Sendable {
    typealias Reader = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias Open = @convention(c) (Text?, CInt, Text?, Text?, CInt) -> Reader?
    typealias Free = @convention(c) (Reader) -> Void
    /// Given what was passed along, and an `xmlError`.
    typealias Complaint = @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?) -> Void
    typealias Complain =
        @convention(c) (Reader, Complaint?, UnsafeMutableRawPointer?) -> Void
    typealias Number = @convention(c) (Reader) -> CInt
    typealias Name = @convention(c) (Reader) -> Text?

    let open: Open
    let free: Free
    let complain: Complain
    let read: Number
    let nodeType: Number
    let isEmpty: Number
    let nextAttribute: Number
    let isDeclaration: Number
    let localName: Name
    let namespace: Name
    let value: Name

    static let shared = LibXML2()

    private init?() {
        let names = ["libxml2.so.2", "libxml2.so.16"]
        guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW) }).first else {
            return nil
        }
        func find<F>(_ name: String, as type: F.Type) -> F? {
            dlsym(library, name).map { unsafeBitCast($0, to: type) }
        }
        guard let open = find("xmlReaderForMemory", as: Open.self),
            let free = find("xmlFreeTextReader", as: Free.self),
            let complain = find("xmlTextReaderSetStructuredErrorHandler", as: Complain.self),
            let read = find("xmlTextReaderRead", as: Number.self),
            let nodeType = find("xmlTextReaderNodeType", as: Number.self),
            let isEmpty = find("xmlTextReaderIsEmptyElement", as: Number.self),
            let nextAttribute = find("xmlTextReaderMoveToNextAttribute", as: Number.self),
            let isDeclaration = find("xmlTextReaderIsNamespaceDecl", as: Number.self),
            let localName = find("xmlTextReaderConstLocalName", as: Name.self),
            let namespace = find("xmlTextReaderConstNamespaceUri", as: Name.self),
            let value = find("xmlTextReaderConstValue", as: Name.self)
        else { return nil }
        // Before several threads use it.
        find("xmlInitParser", as: (@convention(c) () -> Void).self)?()
        (self.open, self.free, self.complain, self.read) = (open, free, complain, read)
        (self.nodeType, self.isEmpty) = (nodeType, isEmpty)
        (self.nextAttribute, self.isDeclaration) = (nextAttribute, isDeclaration)
        (self.localName, self.namespace, self.value) = (localName, namespace, value)
    }
}
