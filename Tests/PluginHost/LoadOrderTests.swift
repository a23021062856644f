import Testing

@testable import MartletPluginHost

@Suite struct LoadOrderTests {
    private struct Part: Needing {
        let name: String
        let needs: [InterfaceNeed]
        let provides: [String]

        init(_ name: String, needs: String = "", provides: String = "") {
            self.name = name
            self.needs = needs.split(separator: " ").map(InterfaceNeed.init)
            self.provides = provides.split(separator: " ").map(String.init)
        }
    }

    private func sort(_ parts: Part...) -> (ordered: [String], faults: [String]) {
        let (ordered, faults) = LoadOrder.sort(parts, offered: ["martlet.store/1"])
        return (ordered.map(\.name), faults.map(\.description))
    }

    @Test func `starts by name where nobody needs anybody`() {
        #expect(sort(Part("b"), Part("a"), Part("c")).ordered == ["a", "b", "c"])
    }

    @Test func `starts who offers before who needs`() {
        let sorted = sort(
            Part("a", needs: "muc/1"),
            Part("muc", needs: "martlet.store/1", provides: "muc/1")
        )
        #expect(sorted.ordered == ["muc", "a"])
        #expect(sorted.faults.isEmpty)
    }

    @Test func `waits for what is only wished for, if somebody offers it`() {
        #expect(sort(Part("a", needs: "x/1?"), Part("b", provides: "x/1")).ordered == ["b", "a"])
        #expect(sort(Part("a", needs: "x/1?")).ordered == ["a"])
    }

    @Test func `says what nobody offers`() {
        let sorted = sort(Part("a", needs: "x/1 martlet.store/1"), Part("b"))
        #expect(sorted.ordered == ["b"])
        #expect(sorted.faults == ["plugin a: nobody offers what it needs: x/1"])
    }

    @Test func `breaks off a circle, and goes on with the rest`() {
        let sorted = sort(
            Part("a", needs: "y/1", provides: "x/1"),
            Part("b", needs: "x/1", provides: "y/1"),
            Part("c")
        )
        #expect(sorted.ordered == ["c"])
        #expect(
            sorted.faults == [
                "plugin a: it needs y/1 of b, which did not start or needs it in turn",
                "plugin b: it needs x/1 of a, which did not start or needs it in turn",
            ]
        )
    }
}
