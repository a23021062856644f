import Testing

/// Certificates made with OpenSSL's own program (all with `CN=victim.example`, valid for a century), and
/// what it prints of them.
struct CertificateSample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let pem: String
    var dnsNames: [String] = []
    var xmppAddresses: [String] = []
    var srvNames: [String] = []
    let serverEndPoint: String?

    static let all = [
        CertificateSample(
            testDescription: "Names of all kinds, some of which XMPP has no use for.",
            pem: """
                -----BEGIN CERTIFICATE-----
                MIICIDCCAcigAwIBAgIUJFvBGT5Pk65cYH+IpZ+DvyjYS94wCgYIKoZIzj0EAwIw
                GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
                NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
                zj0CAQYIKoZIzj0DAQcDQgAE1BxGpjrPVqZzYbCEcUtMTqbYqqgBFHFS1oO5HbaD
                6u3guwPxtKA7m2/WruWlVvp7RxrmuCgs7t//5Ca91kwQOqOB6zCB6DCBxgYDVR0R
                BIG+MIG7ghIqLm1vbnRhZ3VlLmV4YW1wbGWCDlZlcm9uYS5FeGFtcGxlhwR/AAAB
                gQthQGIuZXhhbXBsZaAkBggrBgEFBQcIBaAYDBZyb21lb0Btb250YWd1ZS5leGFt
                cGxloB0GCCsGAQUFBwgFoBEMD2NhcHVsZXQuZXhhbXBsZaArBggrBgEFBQcIB6Af
                Fh1feG1wcC1zZXJ2ZXIubW9udGFndWUuZXhhbXBsZaAQBgMqAwSgCQwHaWdub3Jl
                ZDAdBgNVHQ4EFgQUgnkGgHAPHQ/4veqBKLFUNCGuOicwCgYIKoZIzj0EAwIDRgAw
                QwIgC2CmM0pLb8ibCH57Nw5t3AZpmvzIFW1nradDUVITy40CHwjldyIfqF45dFX1
                7KguMOXJXhdRW1GJVk6r8H4V4Xk=
                -----END CERTIFICATE-----
                """,
            dnsNames: ["*.montague.example", "Verona.Example"],
            xmppAddresses: ["romeo@montague.example", "capulet.example"],
            srvNames: ["_xmpp-server.montague.example"],
            serverEndPoint: "3ebad2cd417734a6c7960c8a05ad8451147e8e592588be1f03c80777b1a2b6f6"
        ),
        CertificateSample(
            testDescription:
                "Signed with SHA-1, with `victim.example` as its common name and no other name.",
            pem: """
                -----BEGIN CERTIFICATE-----
                MIIBYDCCAQegAwIBAgIUXPrqva+/BwQpkDJbeQ27BM/R6wIwCQYHKoZIzj0EATAZ
                MRcwFQYDVQQDDA52aWN0aW0uZXhhbXBsZTAgFw0yNjExMjEwNTMyMDRaGA8yMTI2
                MTAyODA1MzIwNFowGTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwWTATBgcqhkjO
                PQIBBggqhkjOPQMBBwNCAATdM2lqVVi5pdFNxQX4RqlmtSMX+sw840fkah/Cxunw
                8xgf5QJon50r24a4Go8kdWFJ7mQdAhtYWWjQH2NEAjgcoywwKjAJBgNVHRMEAjAA
                MB0GA1UdDgQWBBRAOjxQiFbZHYnXbAdWOKZiK8PCHzAJBgcqhkjOPQQBA0gAMEUC
                IQCedCvC/9ItsDerD5oAJG/WANfoYUFW3fchwwliRvJbIAIgWeTy4t/yW8brz4AU
                c7nvH9pPbUwmN7DAMmzh1QThy1g=
                -----END CERTIFICATE-----
                """,
            serverEndPoint: "74d4059d9ee6ecdc1a47e70f0d80a1aa8d9026080253d470e98f9b63d4990160"
        ),
        CertificateSample(
            testDescription: "Signed with ECDSA and SHA-384.",
            pem: """
                -----BEGIN CERTIFICATE-----
                MIIBcjCCARigAwIBAgIUIayMbo/ANM/RxQfCBr/9G+LEXJowCgYIKoZIzj0EAwMw
                GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
                NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
                zj0CAQYIKoZIzj0DAQcDQgAEkEMiBSvsALzIIrOC7AalsUxgWPCoRn8Gw70zlDaz
                jzAqN9sHreGLmkpqW1GMjLRQh4saDE4D25VckuwAqz0/1qM8MDowGQYDVR0RBBIw
                EIIOdmVyb25hLmV4YW1wbGUwHQYDVR0OBBYEFCqUHvCGVQw5udLIaWz92+KydM7p
                MAoGCCqGSM49BAMDA0gAMEUCIQDliplh1sXqHu9UaGa1hlYPtJEHKrgD0P2E/1uT
                OItPlwIgeVmj0mQU8/+dnmxfQifjitbyPEFSbp7w5ECCXfa/Wp4=
                -----END CERTIFICATE-----
                """,
            dnsNames: ["verona.example"],
            serverEndPoint: "5fc5e1dd54a30ce4157cd40a3033e89d75770a76be1d28c9ec4f2618d7a6e564"
                + "52c3a56d3b2b1df989ede7dfa31ae6a0"
        ),
        CertificateSample(
            testDescription: "Signed with ECDSA and SHA-512.",
            pem: """
                -----BEGIN CERTIFICATE-----
                MIIBcTCCARigAwIBAgIUBg+5HXP40gqN1vcF+m2AHWI1CBkwCgYIKoZIzj0EAwQw
                GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
                NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
                zj0CAQYIKoZIzj0DAQcDQgAETfs6ctQ1PBextliwhMAgVfQCg5+wAGPTWVcS0iZx
                r99PTeRKaL4kgXXx1HIaVz2w6FDG+qiMfC+pW4RFgbF7UaM8MDowGQYDVR0RBBIw
                EIIOdmVyb25hLmV4YW1wbGUwHQYDVR0OBBYEFHQk7CmNbt8oqC+fJLp9suSNvLwR
                MAoGCCqGSM49BAMEA0cAMEQCIGgxQrbt8jl1VU8/aZcbY1tjfcCGlx7BOx+J5Lqt
                HleJAiAx1VQguvvq7xjgJqiKm6iQdsEx2ifsifXc2QX9rCZf0g==
                -----END CERTIFICATE-----
                """,
            dnsNames: ["verona.example"],
            serverEndPoint: "f3b9305899c1a7ac74f6264052063225d8c2f42fbed4f27c4128073795bd6fce"
                + "43c11d873da50fdc2ad5b72752f1eca901e75b3a05e5d5341020d6752d99420f"
        ),
        CertificateSample(
            testDescription: "Signed with Ed25519, which has no digest of its own.",
            pem: """
                -----BEGIN CERTIFICATE-----
                MIIBMTCB5KADAgECAhQ3q9g8hKWP/zX2CKHwpDVPBtSIkTAFBgMrZXAwGTEXMBUG
                A1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEyNjEwMjgw
                NTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMCowBQYDK2VwAyEAu1sr
                tVNwAWqb8hb5NXsAFktWeSB91/PVVKfAKy0vXN2jPDA6MBkGA1UdEQQSMBCCDnZl
                cm9uYS5leGFtcGxlMB0GA1UdDgQWBBThZo2iozwVvkv0PExFyfou9Sz3kTAFBgMr
                ZXADQQAbp/dGGBQ7Voc3Bnns4ZqOkNmhHTumvVgsWGWhy93DkRktRO4h+MCDvhxm
                euOKNT7/XbnPv/ElLTGlUrJAIQQP
                -----END CERTIFICATE-----
                """,
            dnsNames: ["verona.example"],
            serverEndPoint: nil
        ),
    ]

    /// Names that no certificate may have.
    static let malformed = [
        // A `dNSName` with NUL inside.
        """
        -----BEGIN CERTIFICATE-----
        MIIBdzCCARygAwIBAgIUC5OLK2T8xHYrqD11VnVGx95/H1owCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
        NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEXJ87SuaFeSP4C8MtIE7gjbmIJzJpGp/sqcgIMuW4
        z5Dc2wHxNQEmBqaB5gdXfwTsgHQGKBzq3CnB5fsb9iaSpaNAMD4wHQYDVR0RBBYw
        FIISYS5leGFtcGxlAC5iLmV4YW1wMB0GA1UdDgQWBBQGVh6ptCh+Gqgq7jmGtS0T
        rIvfCjAKBggqhkjOPQQDAgNJADBGAiEAlJDCFwm4BntcBUPg0msTg7Sp3mXtdf4q
        pzzJ+d0ssUcCIQDY0pd3CYsPP2Ro45gL0RG0If+S55ZTXMA5NNPKqf7s1g==
        -----END CERTIFICATE-----
        """,
        // An XMPP address with NUL inside.
        """
        -----BEGIN CERTIFICATE-----
        MIIBezCCASKgAwIBAgIUOXDHvUm6GcDi5q0xA2TsEx3dFS4wCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
        NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEcTwd/J/pMePqRTdfpVgZh8AhpWbh+N/2Yv906Q0I
        GuPxX0731FC30kuasBaqHs01DjNoL1Ruda0VfPK8djzs+KNGMEQwIwYDVR0RBBww
        GqAYBggrBgEFBQcIBaAMDAphQGIuYwAuZC5lMB0GA1UdDgQWBBRkmFGM03WqHl6P
        qa6BccKigBqdWDAKBggqhkjOPQQDAgNHADBEAiAM2jEpG2hJRFopc5YhHdKsvaNf
        p1CNExGZO/IkUr+WHAIgdUl+KloOoUgiaXf2QqC48WdrN2pHceVFsF8qniGzz3s=
        -----END CERTIFICATE-----
        """,
        // An XMPP address that is an IA5String.
        """
        -----BEGIN CERTIFICATE-----
        MIIBiDCCAS6gAwIBAgIUEnCgHeyeA49MucbUEdN2/wRenL0wCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
        NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAE7s8ZNg038IWDNLY8VSHVM3t1haex+d3m9oA0lm9i
        t5zAvKswZr+aZalPkmgAuBCe8geasWvfIWQex1Gu2G6rzaNSMFAwLwYDVR0RBCgw
        JqAkBggrBgEFBQcIBaAYFhZyb21lb0Btb250YWd1ZS5leGFtcGxlMB0GA1UdDgQW
        BBSU2nUmLJ+gK80EJ4b738/bBQ29/jAKBggqhkjOPQQDAgNIADBFAiBtg7WlhCfp
        KcXJBw2b/NyT2C671BPS+iOfH5/tThoeFQIhAJAhDtWjtlzJWZnBAcqwqAXZCMoO
        Nb/E3Ecb2yWi+uLD
        -----END CERTIFICATE-----
        """,
        // A service name that is a UTF8String.
        """
        -----BEGIN CERTIFICATE-----
        MIIBjzCCATWgAwIBAgIUdu36t67rsSq8hwReSh1nzHn2WV0wCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
        NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAET+MiAxUsaO36a5J0d5HycN98fxTaJJ8s4dw1npfi
        5QCHmVgOhpbuoMQ4qocRfCHAxuLp260POYbH5O1ECuGVYKNZMFcwNgYDVR0RBC8w
        LaArBggrBgEFBQcIB6AfDB1feG1wcC1zZXJ2ZXIubW9udGFndWUuZXhhbXBsZTAd
        BgNVHQ4EFgQU40+Gmhe63Il/39Nb8vK7GpYzYpEwCgYIKoZIzj0EAwIDSAAwRQIg
        en/mq01cxdqS+OXuS8pU37kgdva3ycooLWEmgpmOYikCIQCG1K20606XOpmqYZ72
        WIlclmdPVr5ca0gUxjdmM9aOVg==
        -----END CERTIFICATE-----
        """,
        // An empty `dNSName`.
        """
        -----BEGIN CERTIFICATE-----
        MIIBZDCCAQqgAwIBAgIUAqCNMUNZGoVjnc+D/9yrjpUTsjAwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
        NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEr3n+lMfj76fYLf3zQgAm9DciO9DeONgMSK56tSLd
        fxqflA9k1ZLEH0l8MtZQ9Y1vWRKbjxK+XEfG431Z+/uCbKMuMCwwCwYDVR0RBAQw
        AoIAMB0GA1UdDgQWBBT9DNZ2mnQvjdzzYiYQk+sk+KUEAjAKBggqhkjOPQQDAgNI
        ADBFAiBLyLtsqySCfrvHtt1fRO68/46sqoUg1UkOBdkE6zCkSgIhAJoOU1TVW0WC
        Ow1eO7WiNssX2S4uCUIvcJVgLW0MDD37
        -----END CERTIFICATE-----
        """,
        // An XMPP address with an overlong NUL.
        """
        -----BEGIN CERTIFICATE-----
        MIIBdzCCARygAwIBAgIUMvxvgVN9Ra6iwWWNxKGg3gjuEFswCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
        NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEKKdvBffenNdbqbn1YCxKdexYchHYTcSgMoHYOKGR
        XLGB3x7sl1LS2QcjkrpXGl4fwP+Dhkw8HovUXDNrf/rmK6NAMD4wHQYDVR0RBBYw
        FKASBggrBgEFBQcIBaAGDARhwIBiMB0GA1UdDgQWBBRvDCEHDTrxjEWRMrnS7J61
        nRyIzjAKBggqhkjOPQQDAgNJADBGAiEAlPdcNDiA2xbI7XREmRRxh3JfsSeASZVO
        wJoY7F9Ybj8CIQD17nvZV2PRpKk5hkTlFaoDLLK8cX43MjZebfjKigMlNA==
        -----END CERTIFICATE-----
        """,
        // An extension that is no list of names.
        """
        -----BEGIN CERTIFICATE-----
        MIIBZDCCAQqgAwIBAgIUOVtCnXcHJVUNmO4TtPeVhDcS0IMwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
        NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAE2yDO6e7XsCsugsQVSKMiRJrDi88u6JHjLJK7xCrS
        3/dG4hbPtthkcWLd684ekedjxNHFfOshlUSUji1ECHApQaMuMCwwCwYDVR0RBAQE
        AgECMB0GA1UdDgQWBBRsPYTsvL6M3WBI2AsP4w64j4j2LTAKBggqhkjOPQQDAgNI
        ADBFAiBSnIXZgVLsD7ZU9CbFY3yZSYn/KoFBOA8sXoXrvTidyQIhAJM4bp+rB/Eb
        NsS8maq2KeyumwCe6DlG7m0NxIL1IgsI
        -----END CERTIFICATE-----
        """,
        // A `dNSName` with a blank.
        """
        -----BEGIN CERTIFICATE-----
        MIIBbDCCARGgAwIBAgIUIJzUrRsrLn9zdV5Sd4O7VV4y2KYwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdmljdGltLmV4YW1wbGUwIBcNMjYxMTIxMDUzMjA0WhgPMjEy
        NjEwMjgwNTMyMDRaMBkxFzAVBgNVBAMMDnZpY3RpbS5leGFtcGxlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEofOoDkutHs4AMNQYDu2Oe+GZLVXqBLcHXHx6k03v
        63e+9NDPYU+zV5bGvYxhq1nUWRtpbEFr1L6Z/1uUW///ZKM1MDMwEgYDVR0RBAsw
        CYIHYSBiLmMuZDAdBgNVHQ4EFgQUh+5IWv7Ai1iz0EzimirlwwDJP3QwCgYIKoZI
        zj0EAwIDSQAwRgIhAOj4uuPVISdFLPGQjY3TSTxyFBDMknIh/IH5AI3lrtWIAiEA
        xhsc1aCWyJ8+Jfkj/rBq1YslPbz47iCA8PI7+0Optag=
        -----END CERTIFICATE-----
        """,
    ]
}
