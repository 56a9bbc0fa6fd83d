import { assert, describe, it } from "@effect/vitest"
import * as Learner from "../../../src/internal/flow/learner.ts"

const free: Learner.Limits = { maxConcurrency: 64, limit: undefined }

/** An account, and what happens to it. */
const account = (limits: Learner.Limits = free) => {
  let state = Learner.initial(limits)
  return {
    get state() {
      return state
    },
    decide: (now: number, resource = "a") => Learner.take(limits, state, resource, now, 0.5),
    send: (now: number, resource = "a"): boolean => {
      const decision = Learner.take(limits, state, resource, now, 0.5)
      if (decision._tag === "Send") state = decision.state
      return decision._tag === "Send"
    },
    end: (
      request: Learner.Request,
      now: number,
      { asked = 0, status = 200, waiting = 1 }: Partial<Learner.Outcome> = {}
    ) => {
      state = Learner.settle(limits, state, request, { status, asked, waiting }, now)
    },
    lose: (sentAt: number, now: number) => {
      state = Learner.settle(limits, state, { sentAt, resource: "a" }, { status: undefined, asked: 0, waiting: 0 }, now)
    }
  }
}

type Account = ReturnType<typeof account>

/** Sends as many requests as go in a time, each answered at once, and returns how many. */
const flow = (
  account: Account,
  from: number,
  until: number,
  options: { readonly resource?: string; readonly answer?: (n: number, at: number) => number } = {}
): number => {
  let sent = 0
  for (let now = from; now < until; now++) {
    while (account.send(now, options.resource)) {
      sent++
      const status = options.answer?.(sent, now) ?? 200
      account.end({ sentAt: now, resource: options.resource ?? "a" }, now, { status, asked: status === 200 ? 0 : 1000 })
      if (status !== 200 || (sent > 10_000)) break
    }
  }
  return sent
}

/** Ten requests passed within a second, and the eleventh was refused. */
const taught = (limits: Learner.Limits = free): Account => {
  const it = account(limits)
  for (let n = 0; n < 10; n++) {
    it.send(n * 50)
    it.end({ sentAt: n * 50, resource: "a" }, n * 50 + 20)
  }
  it.send(500)
  it.send(501)
  it.end({ sentAt: 500, resource: "a" }, 520, { status: 429, asked: 1000 })
  it.end({ sentAt: 501, resource: "a" }, 521, { status: 429, asked: 1000 })
  return it
}

const perSecond = (account: Account, now: number) => 1000 * (Learner.rateAt(account.state, now) ?? Infinity)

describe("the window", () => {
  it("begins with four requests and grows by one with every four successes", () => {
    const it = account()
    for (let n = 0; n < 4; n++) assert.isTrue(it.send(n))
    assert.deepEqual(it.decide(4), { _tag: "Wait", for: 100 })
    for (let n = 0; n < 4; n++) it.end({ sentAt: n, resource: "a" }, 10)
    for (let n = 0; n < 5; n++) assert.isTrue(it.send(20 + n))
    assert.isFalse(it.send(30))
  })

  it("is no larger than the limit on concurrency", () => {
    const it = account({ ...free, maxConcurrency: 2 })
    assert.deepEqual([it.send(0), it.send(0), it.send(0)], [true, true, false])
  })

  it("has room again when a request ends without an answer", () => {
    const it = account({ ...free, maxConcurrency: 1 })
    it.send(0)
    it.lose(0, 10)
    assert.isTrue(it.send(10))
  })

  it("has room again a minute after a request that never ends", () => {
    const it = account({ ...free, maxConcurrency: 1 })
    it.send(0)
    assert.isFalse(it.send(59_999))
    assert.isTrue(it.send(60_000))
  })

  it("grows with neither refusals nor server errors", () => {
    const it = account()
    for (let n = 0; n < 40; n++) {
      it.send(n * 10)
      it.end({ sentAt: n * 10, resource: "a" }, n * 10 + 1, { status: n % 2 === 0 ? 500 : 503 })
    }
    assert.isAtMost(it.state.window, 4)
  })
})

describe("a cooldown", () => {
  it("parks the account for as long as the server asks, and a day at most", () => {
    const it = account()
    it.send(0)
    it.end({ sentAt: 0, resource: "a" }, 10, { status: 503, asked: 5000 })
    assert.deepEqual(it.decide(20, "b"), { _tag: "Wait", for: 4990, parked: "account" })
    it.send(6000)
    it.end({ sentAt: 6000, resource: "a" }, 6000, { status: 503, asked: 1e12 })
    assert.deepEqual(it.decide(6000, "b"), { _tag: "Wait", for: 86_400_000, parked: "account" })
  })

  it("is extended and never cut", () => {
    const it = account()
    it.send(0)
    it.send(1)
    it.end({ sentAt: 0, resource: "a" }, 10, { status: 429, asked: 5000 })
    it.end({ sentAt: 1, resource: "a" }, 20, { status: 429, asked: 1000 })
    assert.deepEqual(it.decide(20), { _tag: "Wait", for: 4990, parked: "account" })
  })
})

describe("a rate", () => {
  it("is what the server took, less five per cent", () => {
    assert.closeTo(perSecond(taught(), 1521), 9.5, 0.01)
  })

  it("is held for a while, then grows until it limits nothing", () => {
    const it = taught()
    assert.isAtMost(perSecond(it, 1521 + 6000), 9.7)
    assert.isAtLeast(perSecond(it, 1521 + 8000), 20)
    assert.strictEqual(perSecond(it, 1521 + 12_000), Infinity)
  })

  it("is held for longer when a second refusal agrees", () => {
    const it = taught()
    for (let now = 2000; now < 3000; now += 100) {
      it.send(now)
      it.end({ sentAt: now, resource: "a" }, now)
    }
    it.send(3000)
    it.end({ sentAt: 3000, resource: "b" }, 3000, { status: 429, asked: 1000 })
    assert.isAtMost(perSecond(it, 4000 + 17_000), 10.1)
    assert.isAtLeast(perSecond(it, 4000 + 21_000), 20)
  })

  it("counts from the turn before, at the rate of now", () => {
    const it = taught()
    assert.isTrue(it.send(2000))
    assert.isFalse(it.send(2090))
    assert.isTrue(it.send(2106))
  })

  it("is never slower than a request every 20 seconds", () => {
    const it = account()
    let now = 0
    for (let n = 0; n < 50; n++) {
      it.send(now)
      it.send(now)
      it.end({ sentAt: now, resource: "a" }, now)
      it.end({ sentAt: now, resource: "b" }, now + 1, { status: 429, asked: 60_000 })
      now += 80_000
      assert.isAtLeast(perSecond(it, now), 0.05)
    }
  })

  it("is not learnt from one refusal among calls that follow one another", () => {
    const it = account()
    for (let n = 0; n < 10; n++) {
      it.send(n * 50)
      it.end({ sentAt: n * 50, resource: "a" }, n * 50 + 20, { waiting: 0 })
    }
    it.send(500)
    it.end({ sentAt: 500, resource: "a" }, 520, { status: 429, asked: 1000, waiting: 0 })
    assert.strictEqual(perSecond(it, 1521), Infinity)
  })

  it("is not learnt from 503", () => {
    const it = account()
    for (let n = 0; n < 10; n++) {
      it.send(n * 50)
      it.end({ sentAt: n * 50, resource: "a" }, n * 50 + 20)
    }
    it.send(500)
    it.end({ sentAt: 500, resource: "a" }, 520, { status: 503, asked: 1000 })
    assert.strictEqual(perSecond(it, 1521), Infinity)
  })

  it("falls within seconds when the limit falls to a fiftieth", () => {
    const it = account()
    let window = -1
    let taken = 0
    const answer = (limit: number) => (_: number, at: number) => {
      if (Math.floor(at / 1000) !== window) {
        window = Math.floor(at / 1000)
        taken = 0
      }
      taken++
      return taken > limit ? 429 : 200
    }
    flow(it, 0, 20_000, { answer: answer(100) })
    flow(it, 20_000, 35_000, { answer: answer(2) })
    assert.isAtMost(perSecond(it, 35_000), 3)
  })
})

describe("a known limit", () => {
  it("is kept in every window, and a window's requests need not keep a distance", () => {
    const it = account({ maxConcurrency: 64, limit: { requests: 10, window: 1000 } })
    assert.strictEqual(flow(it, 0, 1000), 10)
    assert.strictEqual(flow(it, 1000, 2000), 10)
    assert.strictEqual(flow(it, 2000, 2100), 0)
  })
})

const refusedTwice = (): Account => {
  const it = account()
  it.send(0, "bad")
  it.end({ sentAt: 0, resource: "bad" }, 10, { status: 429, asked: 1000 })
  for (const at of [1010, 1020, 1030]) {
    it.send(at, "good")
    it.end({ sentAt: at, resource: "good" }, at + 5)
  }
  it.send(1100, "bad")
  it.end({ sentAt: 1100, resource: "bad" }, 1110, { status: 429, asked: 7000 })
  return it
}

describe("a resource that is refused on its own", () => {
  it("parks itself and no other", () => {
    const it = refusedTwice()
    assert.deepEqual(it.decide(1120, "bad"), { _tag: "Wait", for: 6990, parked: "resource" })
    assert.strictEqual(it.decide(1120, "good")._tag, "Send")
  })

  it("parks the account when the others are refused too", () => {
    const it = refusedTwice()
    it.send(1200, "good")
    it.end({ sentAt: 1200, resource: "good" }, 1210, { status: 429, asked: 1000 })
    assert.deepEqual(it.decide(1210, "other"), { _tag: "Wait", for: 1000, parked: "account" })
  })
})

/** Up to 32 requests in progress for 31 resources. Every so many are refused, however slowly they are sent. */
const chance = (it: Account, from: number, until: number, every: number) => {
  const flying: Array<{ sentAt: number; resource: string; refused: boolean }> = []
  let sent = 0
  let next = 0
  for (let now = from; now < until; now++) {
    while (flying[0] !== undefined && flying[0].sentAt + 200 <= now) {
      const request = flying.shift()
      if (request === undefined) break
      it.end(request, now, request.refused ? { status: 429, asked: 1000 } : {})
    }
    for (let tries = 0; flying.length < 32 && tries < 2; tries++) {
      const resource = `r${next++ % 31}`
      if (it.send(now, resource)) flying.push({ sentAt: now, resource, refused: ++sent % every === 0 })
    }
  }
  return sent
}

describe("refusals by chance", () => {
  it("stop slowing requests down when slowing down does not stop them", () => {
    const it = account()
    chance(it, 0, 60_000, 20)
    assert.isAtLeast(chance(it, 60_000, 70_000, 20), 1000)
  })

  it("count again when they become many", () => {
    const it = account()
    chance(it, 0, 60_000, 20)
    assert.isAtMost(chance(it, 60_000, 70_000, 1), 100)
  })
})
