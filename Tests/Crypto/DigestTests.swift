import MartletCrypto
import Testing

@Suite struct DigestTests {
    @Test(arguments: [
        (HashFunction.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                + "8086072ba1e7cc2358baeca134c825a7"
        ),
        (
            .sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ])
    func `hashes abc as FIPS 180 does`(function: HashFunction, digest: String) {
        #expect(Hex.encode(function.hash(Array("abc".utf8))) == digest)
        #expect(function.byteCount == digest.utf8.count / 2)
    }

    @Test func `hashes nothing`() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(Hex.encode(HashFunction.sha256.hash([])) == empty)
    }

    // RFC 2202 §3 (SHA-1) and RFC 4231 §4.2, §4.3 and §4.7.
    @Test(arguments: [
        (HashFunction.sha1, "Jefe", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            .sha256, "Jefe",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            .sha384, "Jefe",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
                + "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        ),
        (
            .sha512, "Jefe",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        ),
        (
            .sha256, "",
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        ),
    ])
    func `keys a digest as RFC 2104 asks`(function: HashFunction, key: String, digest: String) {
        let message = key.isEmpty ? "" : "what do ya want for nothing?"
        #expect(Hex.encode(function.hmac(key: Array(key.utf8), Array(message.utf8))) == digest)
    }

    // The reference vectors of SipHash-2-4: the bytes 0, 1, 2 … under the key of the bytes 0 to 15.
    @Test(
        arguments: [
            (8, 0x93f5_f579_9a93_2462), (9, 0x9e00_82df_0ba9_e4b0), (14, 0xf723_ca90_8e7a_f2ee),
            (15, 0xa129_ca61_49be_45e5), (16, 0x3f2a_cc7f_57c2_9bdb),
        ] as [(Int, UInt64)]
    )
    func `keys a short hash as SipHash does`(count: Int, hash: UInt64) {
        let function = SipHash(key: 0..<16)
        let message = (8..<count).map { UInt8($0) }
        let made = message.withUnsafeBytes { function.hash(0x0706_0504_0302_0100, $0) }
        #expect(made == hash)
    }

    @Test func `shortens a key that is longer than a block`() {
        let digest = HashFunction.sha256.hmac(
            key: [UInt8](repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        )
        #expect(
            Hex.encode(digest)
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        )
    }

    // RFC 6070 §2 and RFC 7914 §11.
    @Test(arguments: [
        (HashFunction.sha1, "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        (.sha1, "password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
        (.sha1, "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
        (
            .sha1, "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
            "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"
        ),
        (.sha1, "pass\0word", "sa\0lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3"),
        (
            .sha256, "passwd", "salt", 1,
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        ),
        (
            .sha256, "Password", "NaCl", 80000,
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
                + "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"
        ),
    ])
    func `derives keys as the RFCs print them`(
        function: HashFunction,
        password: String,
        salt: String,
        iterations: Int,
        key: String
    ) {
        let derived = function.pbkdf2(
            password: Array(password.utf8),
            salt: Array(salt.utf8),
            iterations: iterations,
            count: key.utf8.count / 2
        )
        #expect(Hex.encode(derived) == key)
    }

    @Test func `compares whole secrets`() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(!constantTimeEquals([1, 2], [1, 2, 3]))
    }

    @Test func `never gives the same random bytes twice`() {
        let tokens = (0..<1000).map { _ in Random.token() }
        #expect(Set(tokens).count == 1000)
        #expect(tokens.allSatisfy { $0.utf8.count == 32 })
        #expect(Random.bytes(0) == [])
    }
}
