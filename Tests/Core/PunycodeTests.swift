import Testing

@testable import MartletCore

/// The samples of RFC 3492 §7.1.
@Suite struct PunycodeTests {
    static let samples = [
        ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
        ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
        ("他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb"),
        ("Pročprostěnemluvíčesky", "Proprostnemluvesky-uyb24dma41a"),
        ("למההםפשוטלאמדבריםעברית", "4dbcagdahymbxekheh6e0a7fei0b"),
        ("3年B組金八先生", "3B-ww4c5e180e575a65lsy2b"),
        ("安室奈美恵-with-SUPER-MONKEYS", "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n"),
        ("Hello-Another-Way-それぞれの場所", "Hello-Another-Way--fc4qua05auwb3674vfr0b"),
        ("ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v"),
        ("MajiでKoiする5秒前", "MajiKoi5-783gue6qz075azm5e"),
        ("パフィーdeルンバ", "de-jg4avhby1noc0d"),
        ("そのスピードで", "d9juau41awczczp"),
    ]

    @Test(arguments: samples)
    func `encodes and decodes`(text: String, encoded: String) {
        let scalars = Scalars(text.unicodeScalars)
        #expect(Punycode.encode(scalars).map { String(decoding: $0, as: UTF8.self) } == encoded)
        #expect(Punycode.decode(Array(encoded.utf8)) == scalars)
    }

    @Test(arguments: [
        "a", "99999999", "a-", "ab-9", "\u{FC}-a", "-", "--", "a-B", "zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "a-99999999999999999999999999999999999999999", "mlaaaaaaaaaaa",
    ])
    func `reads nothing out of what it would not write`(encoded: String) {
        let decoded = Punycode.decode(Array(encoded.utf8))
        let again = decoded.flatMap { Punycode.encode($0) }
        #expect(
            decoded == nil || decoded?.allSatisfy(\.isASCII) == true || again == Array(encoded.utf8)
        )
    }

    @Test func `refuses what no label could hold`() {
        #expect(Punycode.encode(Scalars(repeating: "\u{FC}", count: 64)) == nil)
        #expect(Punycode.decode([UInt8](repeating: UInt8(ascii: "a"), count: 64)) == nil)
    }
}
