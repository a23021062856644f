import TestSupport
import Testing

@testable import MartletCrypto

/// A server with certificates for keys of different kinds.
@Suite(.timeLimit(.minutes(5)))
struct MixedKeyTests {
    /// What was shown to whom asked for `name`, of a client that would rather see ECDSA.
    private func shown(to name: String, with identities: TLSIdentities) throws -> [UInt8]? {
        var settings = TLSClientSettings()
        settings.verifiesPeer = false
        let there = try TLSContext(server: TLSServerSettings(identities: identities))
        let here = try TLSContext(client: settings)
        var talk = try TLSTests.Conversation(here, there, name: name)
        try talk.settle()
        let info = try #require(talk.client.info)
        #expect(info.serverEndPoint == talk.server.info?.serverEndPoint)
        return info.peerCertificates.first
    }

    @Test func `shows a domain's RSA certificate though the fallback has ECDSA`() throws {
        let rsa = try TLSIdentity(certificatePEM: Self.rsaCertificate, keyPEM: Self.rsaKey)
        let usual = try #require(TestIdentity.romeo.identity)
        let identities = TLSIdentities(["verona.example": rsa], fallback: usual)
        #expect(try shown(to: "verona.example", with: identities) == rsa.certificateDER)
        #expect(try shown(to: "montague.example", with: identities) == usual.certificateDER)
    }

    @Test func `shows a domain's ECDSA certificate though the fallback has RSA`() throws {
        let rsa = try TLSIdentity(certificatePEM: Self.rsaCertificate, keyPEM: Self.rsaKey)
        let own = try #require(TestIdentity.romeo.identity)
        let identities = TLSIdentities(["montague.example": own], fallback: rsa)
        #expect(try shown(to: "montague.example", with: identities) == own.certificateDER)
        #expect(try shown(to: "verona.example", with: identities) == rsa.certificateDER)
    }

    /// Of `verona.example`, until 2126.
    private static let rsaCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIDMDCCAhigAwIBAgIUE0bt2EZ+yiNuk3D6JoEvMQYbvg4wDQYJKoZIhvcNAQEL
        BQAwGTEXMBUGA1UEAwwOdmVyb25hLmV4YW1wbGUwIBcNMjYxMTIxMTQ1MzExWhgP
        MjEyNjEwMjgxNDUzMTFaMBkxFzAVBgNVBAMMDnZlcm9uYS5leGFtcGxlMIIBIjAN
        BgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnIRHEJXCcIKQ3QzWOP3FZPMFUtLM
        CgnZ4FfcFZjcWzPbB4BfcBhHad6vtBvn2Di0+9mogXoNLY4foFZLXULpoNmIWkq7
        z5D5X0pgBrz1MXuH/xzPcGQv5IoQ9ezoQEdi77uR0Qe/wjWfeL6Fp9JGT0yiX/Hx
        Fryol8+dad5uiX+nFKr4vv+JbOKiGqcudhaqdG2pzF1WW2OTwqFlRk+ZJWVUUnNp
        akadMOcyi/jMe4Kocq0ESzJJJhciUp5VQbbVgrT3lFBr5+pjIXKM2xadTygzAeJ/
        C2fB1c0BnucBSwdVpST/ieC9iahn4d7a4DJEZzvH8terfkLJiM46QDd4LQIDAQAB
        o24wbDAdBgNVHQ4EFgQUjnZ9KkYSu/9DpHeBfbtefIF+66swHwYDVR0jBBgwFoAU
        jnZ9KkYSu/9DpHeBfbtefIF+66swDwYDVR0TAQH/BAUwAwEB/zAZBgNVHREEEjAQ
        gg52ZXJvbmEuZXhhbXBsZTANBgkqhkiG9w0BAQsFAAOCAQEAEB0zdsIcJTM37uIP
        qP5Uq1VqeowKn0sAAjrJ6Rvm93cgMsqI7Wm+LiLoKzPxQxfiOtZLBbic8vS4ixmx
        LhEOIR8SptDmEL6JtSt1RFdS1ckMVGdgyPH6owDiPofGMUZ42ICYaI1xqLkymK3h
        +Z3mBAsawNknXAgl+rtMAXsy9xJxJvJWxWhS0eh2vFl9/POsuojLiKxJ1nmt1OXx
        SZRsBcXtYbm8uVTAtUTrSIN2bF/wOia4dArzV2xM1z0xgsNRCNGeLO4Ji4JSTbMN
        rbY4a33HU/p2paGI+mv8UPYMtxD86DimNwiQBWpRVMAHRNS1JGwmvxsQL0LIsBOn
        fv/acw==
        -----END CERTIFICATE-----
        """

    /// Made for this test, and good for nothing else.
    private static let rsaKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCchEcQlcJwgpDd
        DNY4/cVk8wVS0swKCdngV9wVmNxbM9sHgF9wGEdp3q+0G+fYOLT72aiBeg0tjh+g
        VktdQumg2YhaSrvPkPlfSmAGvPUxe4f/HM9wZC/kihD17OhAR2Lvu5HRB7/CNZ94
        voWn0kZPTKJf8fEWvKiXz51p3m6Jf6cUqvi+/4ls4qIapy52Fqp0banMXVZbY5PC
        oWVGT5klZVRSc2lqRp0w5zKL+Mx7gqhyrQRLMkkmFyJSnlVBttWCtPeUUGvn6mMh
        cozbFp1PKDMB4n8LZ8HVzQGe5wFLB1WlJP+J4L2JqGfh3trgMkRnO8fy16t+QsmI
        zjpAN3gtAgMBAAECggEAISNCdoj2m2KRcDO9EWDtT5PCb0gxKfju97gyYSI1mVuv
        xnVP/4gsaoZa1fvIiPdsnhv1uMASFTCPkp9ionK9yy/zVgaXn/k2Sw4QqayNDzZz
        0zgS1V1o5G6065SGkcFreY1RcJu+5kv7IRHZc3AqMbTsdfrgC+vSmB29WsJczeBz
        x2vGJIqXm1A82aa1oUmOsw8eGhnAUGw2l5cGim6EjSGoRv+AMzyheY2ewCg6EFBY
        /1xV8Z3vOOP6O6INJNG9ZTqx7IgnZRCjrlLH84YCFvSMCVhiWioi4zDTWwfYC0d/
        RczSRwuGpvisTzdddzRXenDwk3kbUyKhBs32rQSnwQKBgQDKpGMwZX9LlH22MBMv
        uTCjybGIGqeL9ItrepFt3hkRkLfgf2WBqY+eesVZlGMcUMHqthUyohvGUsyh/O9h
        gomyuj2cysY2SiJp81fgEFeMGBkeXvG0zEanl421OyiHK0EYjRjTjKsZCZejRgbD
        bMbSEqfgQ9kliktEGvXkj5AdTQKBgQDFuq/6ArfRnt7j2xaiAAZN3ynQCAoUfixx
        5ldFvuOWwx78IOqgKcoa494Ta498Jac1y3nSv/olv9m5hulSeGoP9KR/mYEiLOn4
        xl74k/z21SJXo40HRLOL9itTXcWY58KTTeaWk3MkLD37tgoiH249BhNPR92j5tmV
        XJg9k5bWYQKBgCshdA8v+zkeAOfPMbY9p3GlE0lRywmJ4kbdDqkg1Zscf1akJvnD
        GlNz9B9N6w5yzeNkH/zn7ht3MiDkUhsiCqbk5wpBSpDxlIOSjMifEdM6qdYCBVYj
        CILRShMh5U1n0nIkTf1w+lXY6dKRrAzaUTMTT3H3XveTiNOVHXMpb1YdAoGAJBuz
        hzR33Q/mJDYeK/dVL2NRf2v4a0WfWC14QoRZi26WefSI5Da9caurImDCEynNH0XJ
        OXNVew9N81NvyF+0/rTuVV7y9gq9r3CKZ1qfF3RUkSyM1Ib3QtfxkYfOTd4E6mGP
        em/y1ug9aXoU36Zdu0cgv5mgIA5ILb57DsOlCAECgYEAx/3Le//FMgKroHMcMaE3
        aHQSYVB/A5Q+wLqaPSPn90lOY2u28KIpduF6EfW1WZlccKmguudFIbkF35zE5T4d
        PYfBW7tZLeoBWpRqupwA9ijbsH/140N99rNXOCorgigPvC9yAJcBZkuJIB09BTkg
        SStip0h4dcVZv7mKHHzxiKo=
        -----END PRIVATE KEY-----
        """
}
