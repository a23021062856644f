import Testing

@testable import MartletPluginKit

@Suite struct DataFormTests {
    init() { FakeCore.install() }

    private func read(_ fields: String, type: String = "submit") throws -> DataForm? {
        let xml = XML(
            trusting: "<q xmlns='urn:q'><x xmlns='jabber:x:data' type='\(type)'>\(fields)</x></q>"
        )
        let carrier = try #require(Stanza(.iq, type: .set, to: nil, id: "1", xml))
        return try DataForm(in: try #require(carrier.payload), of: "urn:x")
    }

    private static let formType =
        "<field var='FORM_TYPE' type='hidden'><value>urn:x</value></field>"

    @Test func `reads fields with one value, several or none`() throws {
        let form = try #require(
            try read(
                Self.formType + "<field var='a'><value>1</value></field>"
                    + "<field var='b'><value>1</value><value>2</value></field>"
                    + "<field var='c'/><field var='d'><value/></field>"
            )
        )
        #expect(form["a"] == "1")
        #expect(form.values["b"] == ["1", "2"])
        #expect(form.values["c"] == [])
        #expect(form["d"] == nil)
        #expect(form["e"] == nil)
        #expect(form.values["FORM_TYPE"] == nil)
    }

    @Test(
        arguments: [
            ("1", true), ("true", true), ("0", false), ("false", false), ("", nil),
        ] as [(String, Bool?)]
    )
    func `reads yes or no`(text: String, value: Bool?) throws {
        let field = "<field var='a'><value>\(text)</value></field>"
        let form = try #require(try read(Self.formType + field))
        #expect(try form.boolean("a") == value)
        #expect(try form.boolean("b") == nil)
    }

    @Test func `refuses what is neither yes nor no`() throws {
        let field = "<field var='a'><value>maybe</value></field>"
        let form = try #require(try read(Self.formType + field))
        #expect(throws: StanzaError.self) { try form.boolean("a") }
    }

    @Test(arguments: [
        "", "<field var='FORM_TYPE'><value>urn:y</value></field>", "<field var='FORM_TYPE'/>",
        "<field><value>1</value></field>",
    ])
    func `refuses forms of another type, and fields without a name`(fields: String) {
        let error = #expect(throws: StanzaError.self) { try read(fields) }
        #expect(error?.condition == .badRequest)
    }

    @Test(arguments: ["form", "result", "cancel", ""])
    func `refuses forms that were not filled in`(type: String) {
        #expect(throws: StanzaError.self) { try read(Self.formType, type: type) }
    }

    @Test func `finds none where there is none`() throws {
        let carrier = try #require(
            Stanza(.iq, type: .set, to: nil, id: "1", XML("q", in: "urn:q"))
        )
        #expect(try DataForm(in: try #require(carrier.payload), of: "urn:x") == nil)
    }
}
