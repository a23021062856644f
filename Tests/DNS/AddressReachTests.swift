import MartletNet
import Testing

@testable import MartletDNS

struct AddressReachTests {
    @Test(arguments: [
        "192.0.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
        "169.253.1.1", "198.20.0.1", "223.255.255.255", "2a00::1", "2001:db9::1",
        "64:ff9b::808:808",
        "2002:808:808::1", "::ffff:8.8.8.8",
    ])
    func `can be reached by anyone`(text: String) throws {
        #expect(try #require(SocketAddress(text, port: 1)).reach == .global)
    }

    @Test(arguments: [
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.255.0.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "192.0.2.7", "198.51.100.7",
        "203.0.113.7", "::1", "fe80::1", "fec0::1", "fc00::1", "fdff::1", "2001:db8::1",
        "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::1", "::ffff:127.0.0.1", "::127.0.0.1",
        "100::1",
    ])
    func `can be reached from near alone`(text: String) throws {
        #expect(try #require(SocketAddress(text, port: 1)).reach == .local)
    }

    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "ff02::1",
        "2002:e000:1::1",
    ])
    func `can be reached by nobody`(text: String) throws {
        #expect(try #require(SocketAddress(text, port: 1)).reach == .none)
    }
}
