import CPlugin
import Testing

@testable import MartletPluginHost

@Suite struct TextTests {
    @Test func `tells the length of what does not fit, and writes nothing`() {
        var buffer = [CChar](repeating: 7, count: 4)
        #expect(copyOut("romeo", &buffer, 4) == 5)
        #expect(buffer == [7, 7, 7, 7])
        #expect(copyOut("rome", &buffer, 4) == 4)
        #expect(buffer == "rome".utf8.map { CChar(bitPattern: $0) })
        #expect(copyOut("", &buffer, 4) == 0)
        #expect(copyOut(nil as String?, &buffer, 4) == Int64(MARTLET_ENOENT))
        #expect(copyOut("romeo", nil, 0) == 5)
    }

    @Test func `repairs what is no text`() {
        let bytes: [UInt8] = [0x61, 0xFF]
        bytes.withUnsafeBytes { #expect(martlet_str($0).string == "a\u{FFFD}") }
    }

    @Test func `takes a length without a pointer for none`() {
        let wrong = martlet_str(ptr: nil, len: 9)
        #expect(wrong.isEmpty && wrong.string.isEmpty && wrong.address == nil)
    }
}
