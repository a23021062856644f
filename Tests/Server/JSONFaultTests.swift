import MartletServer
import Testing

struct JSONFaultTests {
    @Test(arguments: [
        ("", "1, column 1: it ends too early"),
        ("{", "1, column 2: a key in quotes is expected"),
        ("{} x", "1, column 4: nothing may follow here"),
        (#"{"a" 1}"#, #"1, column 6: ':' is expected after "a""#),
        (#"{"a": 1 "b": 2}"#, "1, column 9: ',' or '}' is expected"),
        ("{\"a\": 1,\n}", "2, column 1: a key in quotes is expected"),
        ("{\"a\": 1,\n \"a\": 2}", #"2, column 2: the key "a" is there twice"#),
        ("[1 2]", "1, column 4: ',' or ']' is expected"),
        ("[# none\n]", "1, column 2: it has no comments"),
        ("{\n// none\n}", "2, column 1: it has no comments"),
        (#"{"a": yes}"#, "1, column 7: 'yes' is no value"),
        (#"{"a": 01}"#, "1, column 7: '01' is no value"),
        (#"{"a": 0x1F}"#, "1, column 7: '0x1F' is no value"),
        (#"{"a": 1e999}"#, "1, column 7: '1e999' is no value"),
        (#"{"a": 'b'}"#, "1, column 7: a value is expected"),
        (#"{"a"#, "1, column 2: a string has no end"),
        ("{\"a\n\": 1}", "1, column 4: a string has a line break or a control character in it"),
        (#"{"\x": 1}"#, "1, column 5: an unknown escape in a string"),
        (#"{"\u+123"}"#, "1, column 5: four digits are expected after \\u"),
        (#"{"\ud800": 1}"#, "1, column 9: half a character in a string"),
    ])
    func `shows where a file is not JSON`(text: String, message: String) {
        let error = #expect(throws: ConfigError.self) { try Configuration(text) }
        let wanted =
            "line " + message.replacing(": ", with: ": the file is not JSON: ", maxReplacements: 1)
        #expect(error?.description == wanted)
    }

    @Test func `does not follow arrays without end`() {
        let text = String(repeating: "[", count: 1_000_000)
        let error = #expect(throws: ConfigError.self) { try Configuration(text) }
        #expect(error?.reason == "the file is not JSON: it is nested too deeply")
    }

    @Test(arguments: [
        (#""\u0041\u00e9""#, "Aé"), (#""\ud83d\ude00""#, "😀"),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""schön""#, "schön"),
    ])
    func `reads what strings may have in them`(json: String, text: String) throws {
        let configuration = try Configuration(#"{"adminSocket": "# + json + "}")
        #expect(configuration.settings.adminSocket == text)
    }

    @Test(arguments: [("4e0", 4), ("40E-1", 4), ("4.0", 4), ("0", 0)])
    func `reads whole numbers however they are written`(json: String, number: Int) throws {
        #expect(try Configuration(#"{"shards": \#(json)}"#).settings.shards == number)
    }
}
