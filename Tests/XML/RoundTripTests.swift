import Testing

@testable import MartletXML

@Suite struct RoundTripTests {
    @Test(arguments: 0..<500 as Range<UInt64>)
    func `reads what it wrote as the same tree`(seed: UInt64) throws {
        var chance = Seeded(seed)
        let tree = Tree.random(&chance)
        let element = tree.element
        #expect(Tree(element) == tree)
        let read = try Element.parse(element.description)
        #expect(Tree(read) == tree)
        #expect(read == element)
        #expect(read.description == element.description)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `keeps each part of a tree the same, wherever it is copied`(seed: UInt64) throws {
        var chance = Seeded(seed)
        let element = Tree.random(&chance).element
        for part in everything(in: element) {
            let tree = Tree(part)
            #expect(Tree(part.detached()) == tree)
            #expect(part.detached() == part)
            #expect(Tree(try Element.parse(part.description)) == tree)
            for namespace in Tree.namespaces {
                let wrapped = Element("wrapper", in: namespace) {
                    $0.text("before")
                    $0.append(part)
                    $0.append(part)
                }
                let canonical = try Element.parse(wrapped.description)
                #expect(wrapped.children.map(Tree.init) == [tree, tree])
                #expect(canonical == wrapped && canonical.description == wrapped.description)
            }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `sets attributes and keeps all else`(seed: UInt64) throws {
        var chance = Seeded(seed)
        let element = Tree.random(&chance).element
        for part in everything(in: element) {
            var tree = Tree(part)
            tree.attributes = tree.attributes.filter {
                !$0.namespace.isEmpty || !["a", "body"].contains($0.name)
            }
            #expect(Tree(part.setting(["a": nil, "body": nil])) == tree)
            tree.attributes.insert(.init(name: "a", namespace: "", value: "<'\n"))
            let set = part.setting(["a": "<'\n", "body": nil])
            #expect(Tree(set) == tree)
            var bytes: [UInt8] = []
            part.append(to: &bytes, setting: ["a": "<'\n", "body": nil])
            #expect(bytes == Array(set.description.utf8))
            let read = try Element.parse(set.description)
            #expect(Tree(read) == tree && read == set && read.description == set.description)
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `is the same tree when attributes come in another order`(seed: UInt64) throws {
        var chance = Seeded(seed)
        let tree = Tree.random(&chance)
        let rebuilt = Tree(tree.element)  // Sets iterate as they like.
        #expect(rebuilt.element == tree.element)
        var other = tree
        other.content.append(.element(tree))
        #expect(other.element != tree.element)
    }

    private func everything(in element: Element) -> [Element] {
        [element] + element.children.flatMap(everything)
    }
}
