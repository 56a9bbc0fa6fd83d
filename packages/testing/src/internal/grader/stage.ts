// The stage of one scenario: its own emulator, the client, and a record of its requests.
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Emulator from "../../Emulator.ts"
import type * as FaultPlan from "../../FaultPlan.ts"
import type * as Grader from "./model.ts"

/** A request of the client. Times are epoch milliseconds. */
export interface Seen {
  /** Whether it creates a SenderPool. */
  readonly creates: boolean
  readonly at: number
  answeredAt: number
}

export type End = "ended" | "late" | "flood"

/** A call in progress. */
export interface Begun<A> {
  /**
   * Waits for its end, for the time limit after the first request, or until the client has sent more requests than it
   * may. Attended calls have no limit.
   */
  readonly watch: (limit: Duration.Input) => Effect.Effect<End>
  /** The same for a call that may wait longer, with the limit for attended calls too. */
  readonly watchWait: (limit: Duration.Input) => Effect.Effect<End>
  readonly exit: () => Exit.Exit<A, unknown> | undefined
  /** Interrupts the call and waits for its end. */
  readonly interrupt: Effect.Effect<void>
}

export type Stage = Effect.Success<ReturnType<typeof make>>

/** A call of the client, which the controller can abort. */
export type Call<A> = (controller: AbortController) => Effect.Effect<A, unknown>

export interface Options {
  readonly operations: number
  readonly faults: FaultPlan.FaultPlan
  /** The most requests that the client may send. */
  readonly requests: number
  readonly transport: "process" | "port"
  readonly attended: boolean
}

// A client can be a process that starts slowly on a busy machine.
const startLimit = Duration.minutes(1)

// An interrupted promise ends when it settles, after its signal was aborted.
const settle = <A>(promise: PromiseLike<A>, controller: AbortController): Effect.Effect<A, unknown> =>
  Effect.callback((resume) => {
    const settled = promise.then(
      (value) => resume(Effect.succeed(value)),
      (error: unknown) => resume(Effect.fail(error))
    )
    return Effect.andThen(Effect.sync(() => controller.abort()), Effect.promise(() => settled))
  })

const isAsyncIterable = (value: object): value is AsyncIterable<Grader.Identified> => Symbol.asyncIterator in value

const fetchWith = (calls: Grader.Calls) => (id: string): Call<boolean> => (controller) =>
  Effect.suspend(() => {
    const called = calls.fetchOperation(id, controller.signal)
    return Effect.isEffect(called) ? called : settle(called, controller)
  }).pipe(
    // A client may return any value as the operation.
    Effect.map((operation: Partial<Grader.Identified> | undefined) => operation?.id === id)
  )

const listWith = (calls: Grader.Calls): Call<ReadonlySet<string>> => (controller) =>
  Effect.suspend(() => {
    const called = calls.listOperations(controller.signal)
    if (Stream.isStream(called)) return Stream.runCollect(called)
    if (Effect.isEffect(called)) return called
    return isAsyncIterable(called)
      ? Stream.runCollect(Stream.fromAsyncIterable(called, (error) => error))
      : settle(called, controller)
  }).pipe(
    Effect.map((operations) => new Set(Array.from(operations, ({ id }) => id)))
  )

const createWith = (create: NonNullable<Grader.Calls["createSenderPool"]>): Call<unknown> => (controller) =>
  Effect.suspend(() => {
    const called = create("Graded", controller.signal)
    return Effect.isEffect(called) ? called : settle(called, controller)
  })

const connect = (emulator: Context.Context<Emulator.Emulator>, transport: Options["transport"]) => {
  const provided = Layer.succeedContext(emulator)
  if (transport === "process") {
    return Effect.gen(function*() {
      const context = yield* Layer.build(Layer.provide(Emulator.layerHttpClient, provided))
      return {
        baseUrl: Emulator.baseUrl,
        fetch: yield* Effect.provideContext(Emulator.fetch, emulator),
        httpClient: Context.get(context, HttpClient.HttpClient)
      }
    })
  }
  return Effect.gen(function*() {
    const context = yield* Layer.build(
      Layer.provide(Layer.merge(Emulator.layerServer(), FetchHttpClient.layer), provided)
    )
    return {
      baseUrl: Context.get(context, Emulator.Address).url,
      fetch: globalThis.fetch,
      httpClient: Context.get(context, HttpClient.HttpClient)
    }
  }).pipe(Effect.orDie)
}

/** Sets up an emulator and its client until the scope ends. */
export const make = Effect.fnUntraced(function*<E, R>(
  makeClient: (target: Grader.Target) => Grader.Calls | Effect.Effect<Grader.Calls, E, R>,
  options: Options
) {
  const { attended, faults, operations, requests, transport } = options
  const emulator = yield* Effect.orDie(Emulator.make({ faults }))
  const created = yield* Effect.orDie(
    Effect.forEach(Array.from({ length: operations }), () => emulator.create({ total: 1, duration: Duration.zero }))
  )
  const seen: Array<Seen> = []
  const asked = yield* Deferred.make<void>()
  const flood = yield* Deferred.make<void>()
  // After the scenario no request is answered, so that a client still running cannot affect others.
  let over = false
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      over = true
    })
  )
  const answer: Emulator.Service["answer"] = Effect.fnUntraced(function*(request, connection) {
    if (over) return yield* Effect.never
    if (seen.length >= requests) {
      yield* Deferred.succeed(flood, undefined)
      return yield* Effect.never
    }
    const at = yield* Clock.currentTimeMillis
    const creates = request.method === "POST" && request.url.endsWith("/v1/SenderPools")
    const entry: Seen = { creates, at, answeredAt: at }
    seen.push(entry)
    yield* Deferred.succeed(asked, undefined)
    const response = yield* emulator.answer(request, connection)
    entry.answeredAt = yield* Clock.currentTimeMillis
    return response
  })
  const watched = Context.make(Emulator.Emulator, Emulator.Emulator.of({ ...emulator, answer }))
  const ids = created.map(({ id }) => id)
  const target = { ...yield* connect(watched, transport), credentials: Emulator.defaultCredentials, operationIds: ids }
  const made = makeClient(target)
  const calls = Effect.isEffect(made) ? yield* made : made

  const begin = Effect.fnUntraced(function*<A>(
    call: Call<A>
  ): Effect.fn.Return<Begun<A>, never, Scope.Scope> {
    const controller = new AbortController()
    // A client that never ends must not keep the scenario open.
    const fiber = yield* Effect.forkDetach(call(controller))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        controller.abort()
        fiber.interruptUnsafe()
      })
    )
    const started = Deferred.await(asked).pipe(Effect.timeoutOption(attended ? Duration.infinity : startLimit))
    const watchWait = (limit: Duration.Input): Effect.Effect<End> =>
      Effect.raceAllFirst([
        Effect.as(Fiber.await(fiber), "ended" as const),
        Effect.as(Deferred.await(flood), "flood" as const),
        Effect.as(Effect.andThen(started, Effect.sleep(limit)), "late" as const)
      ])
    return {
      watch: (limit) => watchWait(attended ? Duration.infinity : limit),
      watchWait,
      exit: () => fiber.pollUnsafe(),
      interrupt: Fiber.interrupt(fiber)
    }
  })

  return {
    ids,
    seen,
    report: emulator.report,
    fetchOperation: fetchWith(calls),
    listOperations: listWith(calls),
    createSenderPool: calls.createSenderPool && createWith(calls.createSenderPool),
    /** How many SenderPools there are. */
    countPools: Effect.map(emulator.senderPools, ({ length }) => length),
    begin
  }
  // Scenarios must not share layers.
}, Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap))
