import MartletNet
import Testing

struct PostBoxTests {
    @Test func `wakes its owner once for all that stands in it`() {
        let box = PostBox<Int>()
        let wakes = [box.append(1), box.append(2)]
        let taken = [box.take(), box.take()]
        let wakesAgain = box.append(3)
        #expect(wakes == [true, false] && taken == [[1, 2], []] && wakesAgain)
    }
}
