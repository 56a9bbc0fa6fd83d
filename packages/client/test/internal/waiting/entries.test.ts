import type { SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Result, Schedule } from "effect"
import * as Batches from "../../../src/internal/waiting/batches.ts"
import * as Entries from "../../../src/internal/waiting/entries.ts"
import * as History from "../../../src/internal/waiting/history.ts"
import * as Places from "../../../src/internal/waiting/places.ts"
import { operationIdOf, operationOf, unavailable, unavailableFor } from "../../utils/polls.ts"

type Operation = SenderPoolOperation.SenderPoolOperation

const success = Result.succeed(operationOf({ created: 1 }))

const make = () => {
  const entries = Entries.make<Operation>()
  /** Enters a wait. Its results are kept, "over" for the end of its schedule. */
  const enter = (of: number, key: unknown = "", isAsking = true, seen?: History.History) => {
    const taken: Array<number | "over"> = []
    const listener: Entries.Listener<Operation> & { isAsking: boolean } = {
      isAsking,
      missed: [],
      take: (_, result) => void taken.push(result === undefined ? "over" : result.number),
      fail: () => assert.fail("Nothing fails here")
    }
    const rhythm = { key, schedule: Schedule.forever, position: 0 }
    return { taken, listener, place: Places.enter(entries, { id: operationIdOf(of), rhythm, seen }, listener) }
  }
  /** The numbers of the operations in each batch that is due, and when the next poll is due. */
  const due = (now: number) => {
    const batches = Batches.takeDue(entries, now)
    return {
      batches,
      keys: batches.map(({ targets }) => targets.map(({ id }) => Number(id.slice(-4)))),
      next: entries.next
    }
  }
  const settle = (
    batch: Entries.Batch<Operation> | undefined,
    of: number,
    at: number,
    result: Parameters<typeof Batches.settle<Operation>>[4] = success
  ) => batch === undefined ? undefined : Batches.settle(entries, batch, operationIdOf(of), at, result)
  /** Polls everything that is due. */
  const poll = (now: number, result?: Parameters<typeof Batches.settle<Operation>>[4]) => {
    const { batches, keys } = due(now)
    for (const [n, batch] of batches.entries()) for (const key of keys[n] ?? []) settle(batch, key, now, result)
    return keys
  }
  /** Gives the rounds whose schedules are asked a delay. */
  const delay = (millis: number | undefined, now: number) => {
    const rounds = Places.takeAsked(entries)
    for (const round of rounds) {
      Places.proceed(round, millis === undefined ? undefined : Duration.millis(millis), now)
    }
    return rounds.length
  }
  return { entries, enter, due, settle, poll, delay }
}

describe("takeDue", () => {
  it("has nothing without a wait that asks", () => {
    const { due, enter } = make()
    enter(1, "", false)
    assert.deepEqual(due(0), { batches: [], keys: [], next: Infinity })
  })

  it("takes a new operation at once, and only one time", () => {
    const { due, enter } = make()
    enter(1)
    assert.deepEqual(due(5).keys, [[1]])
    assert.deepEqual(due(5), { batches: [], keys: [], next: Infinity })
  })

  it("takes all operations of a round at its time", () => {
    const { delay, due, enter, poll } = make()
    for (const  of of[1, 2, 3, 4]) enter(of)
    assert.deepEqual(poll(0), [[1, 2, 3, 4]])
    assert.strictEqual(delay(1000, 0), 1)
    assert.deepEqual(due(999), { batches: [], keys: [], next: 1000 })
    assert.deepEqual(due(1000).keys, [[1, 2, 3, 4]])
  })

  it("takes the earliest of several rounds", () => {
    const { delay, due, enter, poll } = make()
    enter(1, "slow")
    poll(0)
    delay(10_000, 0)
    const fast = enter(1, "fast")
    delay(2000, 0)
    assert.strictEqual(due(0).next, 2000)
    fast.listener.isAsking = false
    assert.strictEqual(due(0).next, 10_000)
    assert.deepEqual(due(10_000).keys, [[1]])
  })

  it("adds rounds in the second half of their interval, once there are three operations", () => {
    const { delay, due, enter, poll } = make()
    for (const [n, millis] of [1000, 1900, 2000, 2100].entries()) {
      enter(n + 1, n)
      poll(0)
      delay(millis, 0)
    }
    assert.deepEqual(due(999), { batches: [], keys: [], next: 1000 })
    assert.deepEqual(due(1000).keys, [[1, 2, 3]])
  })

  it("takes operations one by one, each at its time, when there are only two", () => {
    const { delay, due, enter, poll } = make()
    for (const [n, millis] of [1000, 1001].entries()) {
      enter(n + 1, n)
      poll(0)
      delay(millis, 0)
    }
    assert.deepEqual(due(1000).keys, [[1]])
    assert.deepEqual(due(1001).keys, [[2]])
  })

  it("does not take other rounds while a batch is in progress, but for five seconds at most", () => {
    const { due, enter, settle } = make()
    for (const  of of[1, 2, 3, 4]) enter(of)
    const [batch] = due(0).batches
    enter(5)
    assert.deepEqual(due(100), { batches: [], keys: [], next: 5000 })
    settle(batch, 1, 200)
    assert.deepEqual(due(200).keys, [])
    settle(batch, 2, 300)
    assert.deepEqual(due(300).keys, [[5]])
    for (const  of of[6, 7, 8]) enter(of)
    assert.deepEqual(due(400).keys, [[6, 7, 8]])
    enter(9)
    assert.deepEqual(due(5399).keys, [])
    assert.deepEqual(due(5400).keys, [[9]])
  })

  it("says when an operation was created, if that is known", () => {
    const { due, enter } = make()
    const operation = operationOf()
    enter(1)
    enter(2, "", true, History.begin({ at: 0, operation }))
    assert.deepEqual(due(0).batches.flatMap(({ targets }) => targets.map(({ createdAt }) => createdAt)), [
      undefined,
      DateTime.toEpochMillis(operation.createdAt)
    ])
  })
})

describe("settle", () => {
  it("numbers the results, and counts failures in a row", () => {
    const { due, enter, settle } = make()
    const { place, taken } = enter(1)
    const [first] = due(0).batches
    assert.strictEqual(settle(first, 1, 0)?.number, 1)
    place.round.dueAt = 1000
    const [second] = due(1000).batches
    assert.deepEqual(settle(second, 1, 1000, Result.fail(unavailable)), {
      number: 2,
      at: 1000,
      result: Result.fail(unavailable),
      history: History.begin({ at: 0, operation: operationOf({ created: 1 }) })
    })
    place.round.dueAt = 2000
    settle(due(2000).batches[0], 1, 2000, Result.fail(unavailable))
    assert.strictEqual(place.entry.polled.failures, 2)
    place.round.dueAt = 3000
    settle(due(3000).batches[0], 1, 3000)
    assert.strictEqual(place.entry.polled.failures, 0)
    assert.deepEqual(taken, [1, 2, 3, 4])
  })

  it("allows the next poll after 100 ms, or after the Retry-After, and after a day at most", () => {
    const pauses = [success, Result.fail(unavailableFor("10 millis")), Result.fail(unavailableFor("30 seconds"))]
    const nexts = [...pauses, Result.fail(unavailableFor("3650 days"))].map((result) => {
      const { delay, due, enter, poll } = make()
      enter(1)
      poll(0, result)
      delay(0, 0)
      return due(0).next
    })
    assert.deepEqual(nexts, [100, 100, 30_000, 86_400_000])
  })

  it("takes one result for each operation of a batch, and none of another batch", () => {
    const { due, enter, entries, settle } = make()
    const { place } = enter(1)
    const [batch] = due(0).batches
    assert.isUndefined(settle(batch === undefined ? undefined : { ...batch }, 1, 0))
    assert.isUndefined(settle(batch, 2, 0))
    assert.strictEqual(settle(batch, 1, 0)?.number, 1)
    assert.isUndefined(settle(batch, 1, 0))
    Places.leave(entries, place, 0)
    enter(1)
    due(0)
    assert.isUndefined(settle(batch, 1, 0))
  })

  it("asks the schedule when all but two operations have a result", () => {
    const { delay, due, enter, entries, settle } = make()
    for (const  of of[1, 2, 3, 4]) enter(of)
    const [batch] = due(0).batches
    settle(batch, 1, 10)
    assert.strictEqual(delay(1000, 10), 0)
    settle(batch, 2, 20)
    assert.strictEqual(delay(1000, 20), 1)
    assert.deepEqual(due(1020).keys, [[1], [2]])
    settle(batch, 3, 30)
    settle(batch, 4, 40)
    assert.lengthOf([...entries.inProgress], 2)
  })
})

describe("a wait that joins", () => {
  it("shares the round of the operation if it has the same key", () => {
    const { delay, enter, poll } = make()
    const one = enter(1)
    poll(0)
    delay(1000, 0)
    assert.strictEqual(enter(1).place.round, one.place.round)
    assert.notStrictEqual(enter(2).place.round, one.place.round)
    assert.notStrictEqual(enter(1, "other").place.round, one.place.round)
  })

  it("gets the last result if it is recent enough for its schedule, and begins it again if not", () => {
    const { delay, due, enter, poll } = make()
    enter(1)
    poll(0)
    delay(60_000, 0)
    const patient = enter(1, "patient")
    delay(9000, 9000)
    assert.deepEqual(patient.taken, [1])
    const impatient = enter(1, "impatient")
    delay(5000, 9000)
    assert.deepEqual([impatient.taken, impatient.place.round.position], [[], 0])
    assert.deepEqual(due(9000).keys, [[1]])
  })

  it("is polled by the batch in progress, which counts for its round", () => {
    const { delay, due, enter, entries, settle } = make()
    enter(1)
    const [batch] = due(0).batches
    const later = enter(1, "later")
    assert.isFalse(Places.ask(entries, later.place.round, 100))
    settle(batch, 1, 200)
    assert.deepEqual(later.taken, [1])
    assert.strictEqual(delay(1000, 200), 2)
    assert.strictEqual(due(200).next, 1200)
  })
})

describe("a wait that asks again", () => {
  it("gets a newer result, or learns that its schedule is over", () => {
    const { delay, enter, poll } = make()
    const slow = enter(1)
    poll(0)
    slow.listener.isAsking = false
    delay(1000, 0)
    enter(1, "other")
    delay(1000, 0)
    poll(1000)
    assert.deepEqual(slow.taken, [1])
    Places.catchUpAll(slow.listener, 1000)
    assert.deepEqual(slow.taken, [1, 2])
    Places.catchUpAll(slow.listener, 1000)
    assert.deepEqual(slow.taken, [1, 2])
    delay(undefined, 1000)
    slow.place.round.isOver = true
    Batches.miss(slow.place)
    Places.catchUpAll(slow.listener, 1000)
    assert.deepEqual(slow.taken, [1, 2, "over"])
  })
})

describe("proceed", () => {
  it("tells every wait of a round that its schedule is over", () => {
    const { delay, due, enter, poll } = make()
    const waits = [1, 2, 3].map((of) => enter(of))
    poll(0)
    delay(undefined, 0)
    assert.deepEqual(waits.map(({ taken }) => taken), [[1, "over"], [1, "over"], [1, "over"]])
    assert.strictEqual(due(1e9).next, Infinity)
  })
})

describe("abandon", () => {
  it("gives the waits without a result, whose operations are due again", () => {
    const { due, enter, entries, settle } = make()
    const places = [1, 2, 3, 4, 5].map((of) => enter(of).place)
    const [batch = assert.fail("Nothing is due")] = due(0).batches
    settle(batch, 1, 0)
    for (const place of places.slice(1, 2)) Places.leave(entries, place, 0)
    assert.deepEqual(Batches.abandon(entries, batch), places.slice(2))
    assert.strictEqual(entries.inProgress.size, 0)
    assert.deepEqual(due(100).keys, [[1, 3, 4, 5]])
  })
})

describe("leave", () => {
  it("removes an operation with its last wait, and a round with its last operation", () => {
    const { enter, entries } = make()
    const [one, two, other] = [enter(1).place, enter(1).place, enter(1, "other").place]
    for (const place of [one, other]) {
      Places.leave(entries, place, 0)
      assert.strictEqual(entries.byId.size, 1)
    }
    assert.deepEqual([...entries.forming.keys()], [""])
    Places.leave(entries, two, 0)
    assert.deepEqual([entries.byId.size, entries.forming.size], [0, 0])
  })

  it("gives a batch that no wait needs any more", () => {
    const { due, enter, entries, settle } = make()
    const [one, again, two, three] = [enter(1).place, enter(1).place, enter(2).place, enter(3).place]
    const [batch] = due(0).batches
    assert.lengthOf(batch?.targets ?? [], 3)
    settle(batch, 3, 0)
    assert.deepEqual([one, three, again].map((place) => Places.leave(entries, place, 0)), [
      undefined,
      undefined,
      undefined
    ])
    assert.strictEqual(Places.leave(entries, two, 0), batch)
    assert.strictEqual(entries.inProgress.size, 0)
  })
})

describe("the input of a schedule", () => {
  it("has the polls, the failures and the progress of one operation", () => {
    const { due, enter, settle } = make()
    const { place } = enter(1)
    settle(due(0).batches[0], 1, 0)
    assert.deepEqual(Places.toPoll(place.round), {
      polls: 1,
      failures: 0,
      progress: History.toProgress(History.begin({ at: 0, operation: operationOf({ created: 1 }) })),
      operations: 1
    })
  })

  it("has the progress of the operation that ends first, and no failures unless all failed", () => {
    const { delay, due, enter, settle } = make()
    const { place } = enter(1)
    for (const  of of[2, 3]) enter(of)
    const [first] = due(0).batches
    for (const  of of[1, 2, 3]) settle(first, of, 0, Result.succeed(operationOf({ key: of })))
    delay(1000, 0)
    const [second] = due(1000).batches
    settle(second, 1, 1000, Result.fail(unavailable))
    settle(second, 2, 1000, Result.succeed(operationOf({ key: 2, created: 1 })))
    settle(second, 3, 1000, Result.succeed(operationOf({ key: 3, created: 5 })))
    const { failures, operations, polls, progress } = Places.toPoll(place.round)
    assert.deepEqual([polls, failures, operations, progress?.settled], [2, 0, 3, 5])
    delay(1000, 1000)
    const [third] = due(2000).batches
    for (const  of of[1, 2, 3]) settle(third, of, 2000, Result.fail(unavailable))
    assert.strictEqual(Places.toPoll(place.round).failures, 1)
  })
})
