"""Who has an account, and who knows whom."""

import typing


class People(typing.NamedTuple):
    """`user0`, `user1` …, in groups of so many who all know each other; 0 when nobody does."""

    count: int
    group: int = 0

    @property
    def kept_as(self):
        return f"people-{self.count}-{self.group}"

    def names(self):
        return [f"user{number}" for number in range(self.count)]

    def contacts(self, name):
        number = int(name.removeprefix("user"))
        first = number // self.group * self.group if self.group else number
        beyond = min(first + self.group, self.count)
        return [f"user{other}" for other in range(first, beyond) if other != number]
