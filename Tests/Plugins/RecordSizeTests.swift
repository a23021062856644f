import CPlugin
import Foundation
import Testing

@testable import MartletPluginHost

/// What the host takes for the whole of a structure, against the header that was released first; and
/// structures that are smaller or larger than ours.
@Suite(.timeLimit(.minutes(5))) struct RecordSizeTests {
    private static let records: [(name: String, firstSize: Int)] = [
        ("hook", martlet_hook.firstSize), ("iq", martlet_iq.firstSize),
        ("item", martlet_item.firstSize), ("outcome", martlet_outcome.firstSize),
        ("operation", martlet_operation.firstSize), ("filter", martlet_filter.firstSize),
        ("auth", martlet_auth.firstSize), ("head", martlet_head.firstSize),
        ("stream", martlet_stream.firstSize), ("server", martlet_server.firstSize),
        ("draft", martlet_draft.firstSize), ("edit", martlet_edit.firstSize),
    ]

    @Test func `the least that is read is what version 1.0 had`() async throws {
        let workshop = try Workshop()
        let source = workshop.folder.appending(path: "sizes.c")
        let program = workshop.folder.appending(path: "sizes").path
        let released = Workshop.root.appending(path: "Sources/C/Plugin/released")
        let lines = Self.records.map {
            "    printf(\"\($0.name) %zu\\n\", sizeof(martlet_\($0.name)));\n"
        }
        let text =
            "#include \"martlet_plugin_1_0.h\"\n#include <stdio.h>\nint main(void)\n{\n"
            + lines.joined() + "}\n"
        try text.write(to: source, atomically: true, encoding: .utf8)
        _ = try await Workshop.run("cc", ["-I", released.path, "-o", program, source.path])
        let said = try await Workshop.run(program, [])
        #expect(
            said == Self.records.map { "\($0.name) \($0.firstSize)\n" }.joined()
        )
    }

    @Test func `what an older plugin does not know of is zero`() throws {
        var wide = [UInt64](repeating: .max, count: MemoryLayout<martlet_head>.size / 8)
        try wide.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt32(martlet_head.firstSize), as: UInt32.self)
            let read = try #require(martlet_head(reading: bytes.baseAddress))
            #expect(read.kind == .max)
            bytes.storeBytes(of: UInt32(martlet_head.firstSize - 1), as: UInt32.self)
            #expect(martlet_head(reading: bytes.baseAddress) == nil)
        }
        #expect(martlet_head(reading: nil) == nil)
    }

    @Test func `a newer plugin is given what we know, and no more is written`() {
        var room = [UInt64](repeating: 7, count: 32)
        var told = martlet_head()
        told.kind = 3
        let isTold = room.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt32(256), as: UInt32.self)
            return told.write(to: bytes.assumingMemoryBound(to: martlet_head.self).baseAddress)
        }
        #expect(isTold)
        let words = MemoryLayout<martlet_head>.size / 8
        #expect(room[words...].allSatisfy { $0 == 7 })
        #expect(room[0] == UInt64(256) | UInt64(3) << 32)
    }
}
