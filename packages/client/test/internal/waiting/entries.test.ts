import type { SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Result, Schedule } from "effect"
import * as Entries from "../../../src/internal/waiting/entries.ts"
import * as History from "../../../src/internal/waiting/history.ts"
import { operationIdOf, operationOf, unavailable, unavailableFor } from "../../utils/polls.ts"

type Operation = SenderPoolOperation.SenderPoolOperation

const success = Result.succeed(operationOf({ created: 1 }))

const step = () => assert.fail("The schedule is not asked here")

const make = () => {
  const entries = Entries.make<Operation>()
  const enter = (of: number, key: unknown = "", seen?: History.History) =>
    Entries.enter(entries, { id: operationIdOf(of), key, schedule: Schedule.forever, seen })
  /** Enters a waiter that wants a poll. */
  const asking = (of: number, key: unknown = "") => {
    const place = enter(of, key)
    Entries.ask(place, 1)
    return place
  }
  /** The numbers of the operations in each batch that is due, and when the next poll is due. */
  const due = (now: number) => {
    const { batches, next } = Entries.takeDue(entries, now)
    return { batches, keys: batches.map((batch) => batch.map(({ id }) => Number(id.slice(-4)))), next }
  }
  /** Polls one operation that is due. */
  const poll = (of: number, now: number, result: Parameters<typeof Entries.settle<Operation>>[4] = success) => {
    const [batch = []] = due(now).batches
    return Entries.settle(entries, batch, operationIdOf(of), now, result)
  }
  return { entries, enter, asking, due, poll }
}

/** Gives a waiter an interval, as its schedule would after a poll. */
const wait = (place: Entries.Place<Operation>, from: number, millis: number | undefined) =>
  Entries.beginInterval(place, step, from, millis === undefined ? undefined : Duration.millis(millis))

describe("takeDue", () => {
  it("has nothing without a waiter that wants a poll", () => {
    const { due, enter } = make()
    enter(1)
    assert.deepEqual(due(0), { batches: [], keys: [], next: Infinity })
  })

  it("takes a new operation at once, and only one time", () => {
    const { asking, due } = make()
    asking(1)
    assert.deepEqual(due(5).keys, [[1]])
    assert.deepEqual(due(5), { batches: [], keys: [], next: Infinity })
  })

  it("takes the earliest of several timers", () => {
    const { asking, due, poll } = make()
    const [slow, fast] = [asking(1, "slow"), asking(1, "fast")]
    poll(1, 0)
    wait(slow, 0, 10_000)
    wait(fast, 0, 2000)
    assert.strictEqual(due(0).next, 2000)
    Entries.ask(fast, -1)
    assert.strictEqual(due(0).next, 10_000)
    assert.deepEqual(due(10_000).keys, [[1]])
  })

  it("ignores a timer whose schedule is over", () => {
    const { asking, due, poll } = make()
    const place = asking(1)
    poll(1, 0)
    wait(place, 0, undefined)
    assert.strictEqual(due(1e9).next, Infinity)
  })

  it("adds operations from the second half of their interval, once there are three", () => {
    const { asking, due, entries } = make()
    const places = [1, 2, 3, 4].map((of) => asking(of))
    for (const batch of due(0).batches) for (const { id } of batch) Entries.settle(entries, batch, id, 0, success)
    for (const [index, place] of places.entries()) wait(place, 0, [1000, 1900, 2000, 2100][index])
    assert.deepEqual(due(999), { batches: [], keys: [], next: 1000 })
    assert.deepEqual(due(1000).keys, [[1, 2, 3]])
  })

  it("takes operations one by one, each at its time, when there are only two", () => {
    const { asking, due, entries } = make()
    const places = [1, 2].map((of) => asking(of))
    for (const batch of due(0).batches) for (const { id } of batch) Entries.settle(entries, batch, id, 0, success)
    for (const [index, place] of places.entries()) wait(place, 0, [1000, 1001][index])
    assert.deepEqual(due(1000).keys, [[1]])
    assert.deepEqual(due(1001).keys, [[2]])
  })

  it("says when an operation was created, if that is known", () => {
    const { due, enter } = make()
    const createdAt = (place: Entries.Place<Operation>) => {
      Entries.ask(place, 1)
      return due(0).batches.map((batch) => batch.map(({ createdAt }) => createdAt))
    }
    const operation = operationOf()
    assert.deepEqual(createdAt(enter(1)), [[undefined]])
    assert.deepEqual(createdAt(enter(2, "", History.begin({ at: 0, operation }))), [[
      DateTime.toEpochMillis(operation.createdAt)
    ]])
  })
})

describe("settle", () => {
  it("numbers the results, and counts failures in a row", () => {
    const { asking, poll } = make()
    const place = asking(1)
    assert.deepEqual(poll(1, 0)?.number, 1)
    assert.deepEqual(poll(1, 1000, Result.fail(unavailable)), {
      number: 2,
      at: 1000,
      result: Result.fail(unavailable),
      history: History.begin({ at: 0, operation: operationOf({ created: 1 }) })
    })
    poll(1, 2000, Result.fail(unavailable))
    assert.strictEqual(place.entry.polled.failures, 2)
    poll(1, 3000)
    assert.strictEqual(place.entry.polled.failures, 0)
  })

  it("allows the next poll after 100 ms, or after the Retry-After, and after a day at most", () => {
    const pauses = [success, Result.fail(unavailableFor("10 millis")), Result.fail(unavailableFor("30 seconds"))]
    const nexts = [...pauses, Result.fail(unavailableFor("3650 days"))].map((result) => {
      const { asking, due, poll } = make()
      asking(1)
      poll(1, 0, result)
      return due(0).next
    })
    assert.deepEqual(nexts, [100, 100, 30_000, 86_400_000])
  })

  it("takes one result for each operation of a batch, and none of another batch", () => {
    const { asking, due, entries } = make()
    const place = asking(1)
    const id = operationIdOf(1)
    const [batch = []] = due(0).batches
    assert.isUndefined(Entries.settle(entries, [...batch], id, 0, success))
    assert.isUndefined(Entries.settle(entries, batch, operationIdOf(2), 0, success))
    assert.strictEqual(Entries.settle(entries, batch, id, 0, success)?.number, 1)
    assert.isUndefined(Entries.settle(entries, batch, id, 0, success))
    Entries.leave(entries, place)
    asking(1)
    due(0)
    assert.isUndefined(Entries.settle(entries, batch, id, 0, success))
  })
})

describe("abandon", () => {
  it("gives the operations without a result, which are due again", () => {
    const { asking, due, entries } = make()
    const places = [1, 2, 3, 4].map((of) => asking(of))
    const [batch = []] = due(0).batches
    Entries.settle(entries, batch, operationIdOf(1), 0, success)
    for (const place of places.slice(1, 2)) Entries.leave(entries, place)
    assert.deepEqual(Entries.abandon(entries, batch), [operationIdOf(3), operationIdOf(4)])
    assert.strictEqual(entries.inProgress.size, 0)
    assert.deepEqual(due(0).keys, [[3], [4]])
  })
})

describe("leave", () => {
  it("removes an operation with its last waiter", () => {
    const { enter, entries } = make()
    const [one, two, other] = [enter(1), enter(1), enter(1, "other")]
    for (const place of [one, other]) {
      Entries.leave(entries, place)
      assert.strictEqual(entries.byId.size, 1)
    }
    assert.deepEqual([...two.entry.slots.keys()], [""])
    Entries.leave(entries, two)
    assert.strictEqual(entries.byId.size, 0)
  })

  it("gives a batch that no waiter needs any more", () => {
    const { asking, due, entries } = make()
    const [one, again, two, three] = [asking(1), asking(1), asking(2), asking(3)]
    const [batch = []] = due(0).batches
    assert.lengthOf(batch, 3)
    Entries.settle(entries, batch, operationIdOf(3), 0, success)
    assert.deepEqual([one, three, again].map((place) => Entries.leave(entries, place)), [
      undefined,
      undefined,
      undefined
    ])
    assert.strictEqual(Entries.leave(entries, two), batch)
    assert.strictEqual(entries.inProgress.size, 0)
  })
})

describe("follow", () => {
  it("asks the schedule one time about each poll, with what is known", () => {
    const { asking, poll } = make()
    const place = asking(1)
    const first = poll(1, 0) ?? assert.fail("The operation was due")
    assert.deepEqual(Entries.follow(place, first)?.poll, {
      polls: 1,
      failures: 0,
      progress: History.toProgress(History.begin({ at: 0, operation: operationOf({ created: 1 }) }))
    })
    assert.isUndefined(Entries.follow(place, first))
  })

  it("does not count a poll in the first half of the interval", () => {
    const { asking, enter, poll } = make()
    const [place] = [enter(1, "slow"), asking(1, "fast")]
    wait(place, 0, 1000)
    const early = poll(1, 499) ?? assert.fail("The operation was due")
    assert.isUndefined(Entries.follow(place, early))
    const late = poll(1, 600) ?? assert.fail("The operation was due")
    assert.strictEqual(Entries.follow(place, late)?.poll.polls, 2)
  })

  it("continues the schedule that has begun, until the only waiter begins again", () => {
    const { asking, enter, entries, poll } = make()
    const place = asking(1)
    wait(place, 0, 100)
    const first = poll(1, 100) ?? assert.fail("The operation was due")
    assert.strictEqual(Entries.follow(place, first)?.step, step)
    const other = enter(1)
    Entries.restart(place)
    assert.isUndefined(Entries.follow(place, first))
    Entries.leave(entries, other)
    Entries.restart(place)
    const again = Entries.follow(place, first)
    assert.deepEqual([again?.poll.polls, again?.step], [1, undefined])
  })
})
