import MartletNet
import Testing

struct PostBoxTests {
    @Test func `wakes its owner once for all that stands in it`() {
        let box = PostBox<Int>()
        // It cannot be copied, and so not be seen by the macro.
        let (first, second) = (box.append(1), box.append(2))
        let both = box.take()
        let none = box.take()
        let third = box.append(3)
        #expect([first, second, third] == [true, false, true])
        #expect(both == [1, 2])
        #expect(none == [])
    }
}
