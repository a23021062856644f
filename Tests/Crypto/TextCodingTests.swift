import MartletCrypto
import Testing

@Suite struct TextCodingTests {
    // RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `writes and reads base64 as RFC 4648 prints it`(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(plain.utf8))
    }

    @Test(arguments: [
        "=", "==", "===", "====", "Z", "Zg", "Zg=", "Zg===", "Z===", "Zm9v=", "Zm9vZg", "=Zm9",
        "Zm=v", "Zg==Zg==", "Zm9v Zm9", "Zm9v\n", " Zm9v", "Zm9vYmF\n", "Zm9\0", "Zm-_", "Zm9é",
        "Zh==", "Zm9=", "Zm8=\n", "Zg=\n", "Zm8*",
    ])
    func `refuses what is not canonical base64`(coded: String) {
        #expect(Base64.decode(coded) == nil)
    }

    @Test func `reads back every byte at every length`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
        let all = Array(UInt8.min...UInt8.max)
        #expect(Base64.decode(Base64.encode(all)) == all)
        #expect(Hex.decode(Hex.encode(all)) == all)
    }

    @Test func `takes exactly the 64 digits of base64`() {
        let accepted = (UInt8.min...UInt8.max).filter {
            Base64.decode([$0, $0, $0, $0]) != nil
        }
        #expect(accepted.count == 64)
    }

    @Test(arguments: ["0", "0g", "g0", "0x", " 0", "00 ", "é"])
    func `refuses what is not hexadecimal`(coded: String) {
        #expect(Hex.decode(coded) == nil)
    }

    @Test func `reads hexadecimal digits of either case`() {
        #expect(Hex.decode("00fFAb") == [0, 255, 171])
    }
}
