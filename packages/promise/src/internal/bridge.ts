// Turns the effects and streams of services into promises and async iterables.
import type * as Operations from "@effect-comms/client/Operations"
import * as RetryPolicy from "@effect-comms/client/RetryPolicy"
import { InvalidInput } from "@effect-comms/domain/CommsError"
import { intFrom, makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import type { Operation } from "@effect-comms/domain/Operation"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ClientClosedError } from "../errors.ts"
import type { CallOptions, WaitOptions } from "../options.ts"
import { type Plain, plain } from "./plain.ts"

/** The retry options of the client, which the options of a call override. */
export class Retry extends Context.Service<Retry, RetryPolicy.Options>()("@effect-comms/promise/Retry") {}

const decodeOptions = makeDecoder(
  "TwilioClient",
  "options",
  Schema.Struct({
    timeout: Schema.optional(PositiveDurationFromInput),
    maxAttempts: Schema.optional(intFrom(1))
  })
)

// Node.js warns of more than ten listeners, and many calls can share a signal.
const aborts = new WeakMap<AbortSignal, Deferred.Deferred<never, unknown>>()

const aborted = (signal: AbortSignal): Effect.Effect<never, unknown> => {
  const known = aborts.get(signal)
  if (known !== undefined) return Deferred.await(known)
  const abort = Deferred.makeUnsafe<never, unknown>()
  const end = () => Deferred.doneUnsafe(abort, Exit.fail(signal.reason))
  aborts.set(signal, abort)
  if (signal.aborted) end()
  else signal.addEventListener("abort", end, { once: true })
  return Deferred.await(abort)
}

/** A promise whose work starts when something asks for its value. */
class Lazy<A, Item> implements Promise<A>, AsyncIterable<Item> {
  readonly [Symbol.toStringTag] = "List"
  readonly #start: () => Promise<A>
  readonly #iterable: AsyncIterable<Item>
  #promise: Promise<A> | undefined
  constructor(start: () => Promise<A>, iterable: AsyncIterable<Item>) {
    this.#start = start
    this.#iterable = iterable
  }
  // oxlint-disable-next-line unicorn/no-thenable -- A list that is only iterated must not send the request of one page.
  then<B = A, C = never>(
    onSuccess?: ((value: A) => B | PromiseLike<B>) | null,
    onFailure?: ((reason: unknown) => C | PromiseLike<C>) | null
  ): Promise<B | C> {
    this.#promise ??= this.#start()
    return this.#promise.then(onSuccess, onFailure)
  }
  catch<C = never>(onFailure?: ((reason: unknown) => C | PromiseLike<C>) | null): Promise<A | C> {
    return this.then(undefined, onFailure)
  }
  finally(onEnd?: (() => void) | null): Promise<A> {
    return this.then().finally(onEnd)
  }
  [Symbol.asyncIterator](): AsyncIterator<Item> {
    return this.#iterable[Symbol.asyncIterator]()
  }
}

// The caller has called a constructor, and not the layer below it.
const ofConstructor = (error: unknown): unknown =>
  error instanceof InvalidInput ? new InvalidInput({ ...error, call: "TwilioClient" }) : error

/** Builds the services, and throws if they cannot be built. */
export const make = <R, E>(layer: Layer.Layer<R | Retry, E>) => {
  const runtime = ManagedRuntime.make(layer)
  const built = runtime.runSyncExit(Effect.context<R | Retry>())
  if (Exit.isFailure(built)) throw plain(ofConstructor(Cause.squash(built.cause)))
  const context = built.value
  const closed = Deferred.makeUnsafe<never, ClientClosedError>()

  const policyOf = Effect.fnUntraced(function*(options: CallOptions) {
    const { maxAttempts, timeout } = yield* decodeOptions(options)
    const retry = yield* Retry
    return maxAttempts === undefined && timeout === undefined ? undefined : yield* RetryPolicy.make({
      ...retry,
      maxAttempts: maxAttempts ?? retry.maxAttempts,
      callTimeout: timeout ?? retry.callTimeout
    })
  })

  const end = ({ signal }: CallOptions) =>
    signal === undefined ? Deferred.await(closed) : Effect.raceFirst(Deferred.await(closed), aborted(signal))

  const run = <A, E2>(effect: Effect.Effect<A, E2, R>, options: CallOptions = {}): Promise<Plain<A>> =>
    effect.pipe(
      Effect.provideServiceEffect(RetryPolicy.CurrentRetryPolicy, policyOf(options)),
      Effect.mapBoth({ onFailure: plain, onSuccess: plain }),
      (call) => Effect.raceFirst(end(options), call),
      Effect.runPromiseWith(context)
    )

  const iterate = <A, E2>(stream: Stream.Stream<A, E2, R>, options: CallOptions = {}): AsyncIterable<Plain<A>> =>
    stream.pipe(
      Stream.provideServiceEffect(RetryPolicy.CurrentRetryPolicy, policyOf(options)),
      Stream.map((item) => plain(item)),
      Stream.mapError(plain),
      Stream.interruptWhen(end(options)),
      Stream.toAsyncIterableWith(context)
    )

  return {
    context,
    run,
    list: <Page, E2, Item, E3>(
      page: Effect.Effect<Page, E2, R>,
      items: Stream.Stream<Item, E3, R>,
      options?: CallOptions
    ) => new Lazy(() => run(page, options), iterate(items, options)),
    wait: <A extends Operation, Status extends string>(
      operations: Operations.Operations<A, Status>,
      id: string,
      { onProgress, timeout, ...options }: WaitOptions<Plain<A>> = {}
    ) =>
      decodeOptions({ timeout }).pipe(
        Effect.flatMap(({ timeout }) =>
          operations.watch(id, { timeLimit: timeout }).pipe(
            Stream.tap(({ operation, progress }) =>
              Effect.sync(() => onProgress?.({ operation: plain(operation), ...plain(progress) }))
            ),
            Stream.runLast
          )
        ),
        Effect.flatMap(Effect.fromOption),
        Effect.catchTag("NoSuchElementError", Effect.die),
        Effect.map(({ operation }) => operation),
        (wait) => run(wait, options)
      ),
    close: () => {
      Deferred.doneUnsafe(closed, Exit.fail(new ClientClosedError("ClientClosedError", "The client is closed.")))
      return runtime.dispose()
    }
  }
}

export type Bridge<R> = ReturnType<typeof make<R, unknown>>
