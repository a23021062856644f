import Testing

@testable import MartletPluginHost

@Suite struct SettingsSchemaTests {
    private let schema = """
        {"type": "object", "required": ["host"], "properties": {
          "host": {"type": "string"},
          "limit": {"type": "integer", "minimum": 1, "maximum": 10},
          "mode": {"enum": ["open", "closed"]},
          "isPublic": {"type": "boolean"},
          "names": {"type": "array", "items": {"type": "string"}},
          "deep": {"type": "object", "properties": {"rate": {"type": "number"}}}
        }}
        """

    @Test(arguments: [
        #"{"host": "a"}"#,
        #"{"host": "a", "limit": 10, "mode": "open", "isPublic": false, "names": ["x", "y"]}"#,
        #"{"host": "a", "deep": {"rate": 0.5}, "names": []}"#,
    ])
    func `takes what fits`(settings: String) throws {
        let schema = try SettingsSchema(schema)
        #expect(throws: Never.self) { try schema.check(settings) }
    }

    @Test(arguments: [
        (#"{}"#, "host: it must be given"),
        (#"{"host": 1}"#, "host: string is expected, not 1"),
        (#"{"host": "a", "limit": 0}"#, "limit: 0 is below 1"),
        (#"{"host": "a", "limit": 11}"#, "limit: 11 is above 10"),
        (#"{"host": "a", "limit": 1.5}"#, "limit: integer is expected, not 1.5"),
        (
            #"{"host": "a", "mode": "ajar"}"#,
            #"mode: one of "open", "closed" is expected, not "ajar""#
        ),
        (#"{"host": "a", "names": ["x", 2]}"#, "names[1]: string is expected, not 2"),
        (#"{"host": "a", "deep": {"rate": true}}"#, "deep.rate: number is expected, not true"),
        (
            #"{"host": "a", "hots": 1}"#,
            "hots: there is no such setting; known here: deep, host, isPublic, limit, mode, names"
        ),
        (#"[]"#, "object is expected, not an array"),
        (#"{"host": "#, "it is not JSON"),
    ])
    func `says what does not, and where`(settings: String, fault: String) throws {
        let schema = try SettingsSchema(schema)
        let error = #expect(throws: SchemaFault.self) { try schema.check(settings) }
        #expect(error?.description == fault)
    }

    @Test(arguments: ["", "no", "[]", "1"])
    func `is an object`(text: String) {
        #expect(throws: SchemaFault.self) { try SettingsSchema(text) }
    }
}
