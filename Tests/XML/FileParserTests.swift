import Testing

@testable import MartletXML

@Suite struct FileParserTests {
    private static let small = XMLLimits(
        stanzaBytes: 1_000,
        tagBytes: 70_000,
        depth: 4,
        elements: 6,
        attributes: 4,
        attributeBytes: 100,
        nameBytes: 20
    )

    /// What a file says, a line for each event, and its fault as the last.
    private static func said(
        _ bytes: [UInt8],
        pieces: Int = .max,
        limits: XMLLimits = small
    ) throws -> [String] {
        let parser = try #require(
            FileParser(
                containers: ["{urn:f}file", "{urn:f}box", "{urn:f}list", "{}plain"],
                lists: ["{urn:f}list"],
                asideNamespace: "urn:aside",
                limits: limits
            )
        )
        var events: [FileEvent] = []
        var fault: FileFault?
        var rest = bytes[...]
        while !rest.isEmpty, fault == nil {
            fault = rest.prefix(pieces).withUnsafeBytes { parser.read($0, into: &events) }
            rest = rest.dropFirst(pieces)
        }
        fault = fault ?? parser.finish(into: &events)
        let count = events.count
        // A fault stays, whatever comes.
        if let fault {
            let again = bytes.withUnsafeBytes { parser.read($0, into: &events) }
            #expect(again == fault)
            #expect(parser.finish(into: &events) == fault)
        }
        #expect(events.count == count)
        return events.map(line) + (fault.map { ["\($0.kind) in line \($0.line)"] } ?? [])
    }

    private static func said(_ text: String, limits: XMLLimits = small) throws -> [String] {
        try said(Array(text.utf8), limits: limits)
    }

    private static func line(_ event: FileEvent) -> String {
        let aside = event.aside.isEmpty ? "" : " \(event.aside.sorted { $0.key < $1.key })"
        return switch event.kind {
        case .opened(let element): "\(event.line): opened \(element)\(aside)"
        case .element(let element): "\(event.line): \(element)\(aside)"
        case .closed: "\(event.line): closed"
        }
    }

    private static let sample = """
        <?xml version='1.0'?><!-- what was kept -->
        <file xmlns='urn:f' xmlns:m='urn:aside' version='1'>
          <box m:n='7' name='é'>
            <thing m:n='8'>a &amp; <b xmlns='urn:b' m:n='9'/></thing>
            <list><box>
              <thing/></box><?hint not read?><m:x/></list>
          </box>
          <other:box xmlns:other='urn:o'><box xmlns='urn:f'/></other:box>
        </file>
        """

    @Test func `tells containers by parts and others whole, cut anywhere`() throws {
        let bytes = Array(Self.sample.utf8)
        let whole = try Self.said(bytes, limits: .standard)
        #expect(
            whole == [
                "2: opened <file xmlns='urn:f' version='1'/>",
                "3: opened <box xmlns='urn:f' name='é'/> [(key: \"n\", value: \"7\")]",
                "4: <thing xmlns='urn:f'>a &amp; <b xmlns='urn:b' xmlns:n0='urn:aside' n0:n='9'/>"
                    + "</thing> [(key: \"n\", value: \"8\")]",
                "5: opened <list xmlns='urn:f'/>",
                "5: <box xmlns='urn:f'>\n      <thing/></box>",
                "6: <x xmlns='urn:aside'/>",
                "6: closed", "7: closed",
                "8: <box xmlns='urn:o'><box xmlns='urn:f'/></box>",
                "9: closed",
            ]
        )
        for pieces in 1...9 {
            #expect(try Self.said(bytes, pieces: pieces, limits: .standard) == whole)
        }
    }

    /// Every cut ends in a fault, and what came before it is what the whole says.
    @Test func `finds that a file is cut off wherever it is`() throws {
        let bytes = Array(Self.sample.utf8)
        let whole = try Self.said(bytes, limits: .standard)
        for count in 0..<bytes.count {
            let part = try Self.said(Array(bytes[..<count]), limits: .standard)
            #expect(part.last?.hasPrefix("notWellFormed in line") == true, "\(count)")
            #expect(whole.starts(with: part.dropLast()), "\(count)")
        }
    }

    @Test(arguments: [
        "<!DOCTYPE file><file xmlns='urn:f'/>",
        "<!DOCTYPE file SYSTEM 'file:///etc/passwd'><file xmlns='urn:f'/>",
        "<!DOCTYPE file PUBLIC 'x' 'http://x.example/'><file xmlns='urn:f'/>",
        "<!DOCTYPE file [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><file xmlns='urn:f'>&b;</file>",
        "<!DOCTYPE file [<!ENTITY % a SYSTEM 'file:///etc/passwd'>%a;]><file xmlns='urn:f'/>",
        "<!DOCTYPE file [<!ATTLIST file version CDATA '9'>]><file xmlns='urn:f'/>",
    ])
    func `refuses a document type before anything is read of it`(text: String) throws {
        #expect(try Self.said(text) == ["restrictedXML in line 1"])
    }

    @Test(arguments: [
        ("<file xmlns='urn:f'>\n&lol;</file>", "restrictedXML"),
        ("<file xmlns='urn:f'>\n<x>&lol;</x></file>", "restrictedXML"),
        ("<file xmlns='urn:f'>\n<x></y></file>", "notWellFormed"),
        ("<file xmlns='urn:f'>\n<x a='1' a='2'/></file>", "notWellFormed"),
        ("<file xmlns='urn:f'>\n<x>\u{1}</x></file>", "notWellFormed"),
        ("<file xmlns='urn:f'>\n<p:x/></file>", "badNamespacePrefix"),
        ("<file xmlns='urn:f'>\ntext</file>", "badFormat"),
    ])
    func `says where a file is at fault`(text: String, kind: String) throws {
        let opened = "1: opened <file xmlns='urn:f'/>"
        #expect(try Self.said(text) == [opened, "\(kind) in line 2"])
    }

    @Test func `takes nothing behind the end`() throws {
        let told = ["1: opened <file xmlns='urn:f'/>", "1: closed"]
        #expect(try Self.said("<file xmlns='urn:f'/>\n<!-- end -->\n") == told)
        let more = try Self.said("<file xmlns='urn:f'/><file xmlns='urn:f'/>")
        #expect(more == told + ["notWellFormed in line 1"])
    }

    @Test func `reads UTF-8 and UTF-16, and no bytes that are neither`() throws {
        let start = Array("<file xmlns='urn:f'><x>".utf8)
        let end = Array("</x></file>".utf8)
        for wrong: [UInt8] in [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80],
        ] {
            let told = try Self.said(start + wrong + end)
            #expect(told.last == "notWellFormed in line 1", "\(wrong)")
        }
        let wide = Array("<file xmlns='urn:f'/>".utf16).flatMap {
            [UInt8($0 >> 8), UInt8($0 & 255)]
        }
        let told = ["1: opened <file xmlns='urn:f'/>", "1: closed"]
        #expect(try Self.said([0xFE, 0xFF] + wide) == told)
        #expect(try Self.said(wide) == told)
        #expect(try Self.said([0xEF, 0xBB, 0xBF] + Array("<file xmlns='urn:f'/>".utf8)) == told)
    }

    /// Just allowed, and the same with a little more; each stands in a container.
    private static let bounds: [(allowed: String, refused: String, limit: String)] = [
        ("<a><a><a/></a></a>", "<a><a><a><a/></a></a></a>", "depth"),
        ("<a><a/><a/><a/><a/><a/></a>", "<a><a/><a/><a/><a/><a/><a/></a>", "elements"),
        ("<a a='' b='' c='' d=''/>", "<a a='' b='' c='' d='' e=''/>", "attributes"),
        (
            "<a a='\(String(repeating: "x", count: 99))'/>",
            "<a a='\(String(repeating: "x", count: 100))'/>", "attributeBytes"
        ),
        (
            "<box a='\(String(repeating: "x", count: 99))'/>",
            "<box a='\(String(repeating: "x", count: 100))'/>", "attributeBytes"
        ),
        ("<box><box><box/></box></box>", "<box><box><box><box/></box></box></box>", "depth"),
        (
            "<\(String(repeating: "a", count: 20))/>", "<\(String(repeating: "a", count: 21))/>",
            "nameBytes"
        ),
        (
            "<a>\(String(repeating: "x", count: 900))</a>",
            "<a>\(String(repeating: "x", count: 1_001))</a>", "stanzaBytes"
        ),
    ]

    @Test(arguments: bounds.indices)
    func `stops one past each bound`(index: Int) throws {
        let (allowed, refused, limit) = Self.bounds[index]
        let told = try Self.said("<file xmlns='urn:f'>\(allowed)</file>")
        #expect(told.last == "1: closed")
        let stopped = try Self.said("<file xmlns='urn:f'>\(refused)</file>")
        #expect(stopped.last == "limit(MartletXML.XMLLimits.Limit.\(limit)) in line 1")
    }

    /// An attribute, a name or a comment that never ends costs no more than a tag may.
    @Test(arguments: ["<x a='", "<x", "<!--", "<?x ", "<![CDATA[", "<x a='&#"])
    func `does not gather what has no end`(start: String) throws {
        let parser = try #require(
            FileParser(containers: ["{}f"], asideNamespace: "", limits: Self.small)
        )
        var events: [FileEvent] = []
        let piece = [UInt8](repeating: UInt8(ascii: "1"), count: 10_000)
        var fault = Array("<f>\(start)".utf8).withUnsafeBytes { parser.read($0, into: &events) }
        var count = 0
        while fault == nil, count < 1_000_000 {
            fault = piece.withUnsafeBytes { parser.read($0, into: &events) }
            count += piece.count
        }
        #expect(fault != nil)
        #expect(count <= 70_000 + 65_536 + piece.count)
    }

    @Test func `reads a file that is longer than any bound`() throws {
        let boxes = String(repeating: "<box><x a='1'>text</x></box>\n", count: 5_000)
        let told = try Self.said("<file xmlns='urn:f'>\n\(boxes)</file>")
        #expect(told.count == 15_002)
        #expect(told.last == "5002: closed")
    }
}
