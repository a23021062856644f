import MartletNet
import Testing

struct PostBoxTests {
    @Test func `wakes its owner once for all that stands in it`() {
        let box = PostBox<Int>()
        #expect(box.append(1))
        #expect(!box.append(2))
        #expect(box.take() == [1, 2])
        #expect(box.take() == [])
        #expect(box.append(3))
    }
}
