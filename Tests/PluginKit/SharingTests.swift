import MartletPluginKit
import Testing

@Suite struct SharingTests {
    @Test func `gives what is equal to the last the same place`() {
        let sharing = Sharing<XML>()
        let first = sharing.shared(XML("a"))
        #expect(sharing.shared(XML("a")) === first)
        let other = sharing.shared(XML("b"))
        #expect(other !== first)
        #expect((first.value, other.value) == (XML("a"), XML("b")))
        #expect(sharing.shared(XML("b")) === other)
    }
}
