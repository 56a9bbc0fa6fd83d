// Decides when an account's next request may be sent: pure functions from a state and an event to the next state. Times
// are in milliseconds of the monotonic clock, and rates in requests per millisecond.

export interface Limits {
  readonly maxConcurrency: number
  /** The limit that the program knows, if it knows one. */
  readonly limit: { readonly requests: number; readonly window: number } | undefined
}

export interface Request {
  readonly sentAt: number
  readonly resource: string
}

export interface Outcome {
  /** Undefined if the request ended without a response. */
  readonly status: number | undefined
  /** The wait that the server asked for. */
  readonly asked: number
  /** The number of waiting calls. */
  readonly waiting: number
}

export type Decision =
  | { readonly _tag: "Send"; readonly state: State }
  | { readonly _tag: "Wait"; readonly for: number; readonly parked?: "account" | "resource" }

interface Answer extends Request {
  readonly isRefused: boolean
}

/** What the queue learned from a refusal. */
interface Lesson {
  /** The rate from `from` on. It is constant for `hold`, and then grows. */
  readonly rate: number
  readonly from: number
  readonly hold: number
  /** Whether nothing limited the rate before. */
  readonly isFirst: boolean
  /** The refused request, and the time of its response. */
  readonly refused: Request
  readonly at: number
  /** The rate at which it was sent, and whether that was lower than at the previous refusal. */
  readonly refusedRate: number
  readonly isLowered: boolean
}

export interface State {
  /** When the requests in progress were sent. */
  readonly inProgress: ReadonlyArray<number>
  /** How many requests may be in progress. It starts small, so that the first refusal hits few requests. */
  readonly window: number
  /** The time of the last turn, and the number of intervals from it to the next one. */
  readonly turn: { readonly at: number; readonly spread: number }
  /** When the last requests were sent, as many as the known limit allows. */
  readonly sent: ReadonlyArray<number>
  readonly parkedUntil: number
  /** When the cooldowns of single resources end. */
  readonly parkedResources: ReadonlyMap<string, number>
  readonly lesson: Lesson | undefined
  /** When the account was last refused. */
  readonly refusedAt: number
  /** How many refusals in a row did not follow the rate. */
  readonly strikes: number
  /** The last responses, in the order of their arrival. */
  readonly answers: ReadonlyArray<Answer>
}

const second = 1000
const minute = 60 * second

const initialWindow = 4
const successesPerStep = 4

// Older responses do not count. Nor do older requests in progress: their process has probably been killed.
const memory = minute
const maxAnswers = 1024

// A longer `Retry-After` is cut to a day. A mistake of the server would otherwise stop the account until a restart.
const maxPark = 24 * 60 * minute

// The rate is 5 % below what the server accepted. It is constant for a while if two refusals agree: long enough that a
// cooldown of a second costs little, short enough that a raised limit is found within half a minute. A first refusal
// that several requests share keeps it for a shorter time.
const margin = 0.95
const hold = 18 * second
const shortHold = 6 * second
const growthTime = 1.8 * second
// Grown 400 times, a rate limits nothing.
const maxGrowth = 6
// At least one request is sent every 20 seconds, whatever was refused.
const slowest = 1 / (20 * second)

// After two refusals that did not follow the rate, refusals count as random and park only their own resource. If a
// quarter of the last 32 responses are refusals, they are not random, and more of them have to show that again.
const maxStrikes = 2
const recent = 32
const shareOfMany = 0.25
const strikesAfterMany = -3

// A known limit applies to a window that is 5 % longer, because delays on the network change the distances of requests.
const windowMargin = 1.05

// Timers fire late. The next turn makes up for up to this many milliseconds.
const lateness = 5

// How soon to ask again when another request has to end first, at an unknown time.
const pollInterval = 100

export const initial = ({ maxConcurrency }: Limits): State => ({
  inProgress: [],
  window: Math.min(initialWindow, maxConcurrency),
  turn: { at: -Infinity, spread: 1 },
  sent: [],
  parkedUntil: -Infinity,
  parkedResources: new Map(),
  lesson: undefined,
  refusedAt: -Infinity,
  strikes: 0,
  answers: []
})

/** The rate at which requests are sent now. Undefined if it is not limited. */
export const rateAt = ({ lesson }: State, now: number): number | undefined => {
  if (lesson === undefined) return undefined
  const age = Math.max(0, now - lesson.from)
  const growth = (1 - margin) * Math.min(age, lesson.hold) / hold + (Math.max(0, age - lesson.hold) / growthTime) ** 2
  return growth > maxGrowth ? undefined : lesson.rate * Math.exp(growth)
}

const inProgressAt = ({ inProgress }: State, now: number): ReadonlyArray<number> =>
  inProgress.filter((sentAt) => now - sentAt < memory)

/** Whether more requests may be in progress. */
export const hasRoom = (state: State, now: number): boolean =>
  inProgressAt(state, now).length < Math.floor(state.window)

/** Decides whether a request for a resource is sent now. `random` is a number from 0 to 1. */
export const take = (
  { limit }: Limits,
  state: State,
  resource: string,
  now: number,
  random: number
): Decision => {
  if (state.parkedUntil > now) return { _tag: "Wait", for: state.parkedUntil - now, parked: "account" }
  const resourceUntil = state.parkedResources.get(resource) ?? now
  if (resourceUntil > now) return { _tag: "Wait", for: resourceUntil - now, parked: "resource" }

  const inProgress = inProgressAt(state, now)
  if (inProgress.length >= Math.floor(state.window)) return { _tag: "Wait", for: pollInterval }

  const rate = rateAt(state, now)
  const turnAt = rate === undefined ? now : state.turn.at + state.turn.spread / rate
  const oldest = limit === undefined ? undefined : state.sent.at(-limit.requests)
  const limitedUntil = limit === undefined || oldest === undefined ? now : oldest + windowMargin * limit.window
  const at = Math.max(turnAt, limitedUntil)
  // The rate can grow before a distant turn, so the wait is at most a second.
  if (at > now) return { _tag: "Wait", for: Math.min(at - now, second) }

  return {
    _tag: "Send",
    state: {
      ...state,
      inProgress: [...inProgress, now],
      // The jitter separates processes that were refused together.
      turn: { at: Math.max(turnAt, now - lateness), spread: 0.975 + 0.05 * random },
      sent: limit === undefined ? state.sent : [...state.sent, now].slice(-limit.requests)
    }
  }
}

/** A request has ended. */
export const settle = (limits: Limits, state: State, request: Request, outcome: Outcome, now: number): State => {
  const index = state.inProgress.indexOf(request.sentAt)
  const inProgress = state.inProgress.filter((_, n) => n !== index)
  if (outcome.status === undefined) return { ...state, inProgress }

  const isRefused = outcome.status === 429 || outcome.status === 503
  const answered = {
    ...(isRefused ? refuse(limits, state, request, outcome, now) : state),
    inProgress,
    answers: [...state.answers.slice(state.answers.length < maxAnswers ? 0 : maxAnswers / 2), { ...request, isRefused }]
  }
  return outcome.status < 500 && !isRefused
    ? { ...answered, window: Math.min(limits.maxConcurrency, state.window + 1 / successesPerStep) }
    : answered
}

const refuse = (limits: Limits, state: State, request: Request, outcome: Outcome, now: number): State => {
  const until = now + Math.min(outcome.asked, maxPark)
  if (isOwn(state, request, now)) return parkResource(state, request, until, now)
  if (isChance(state, state.strikes, now)) {
    return { ...parkResource(state, request, until, now), refusedAt: now }
  }

  const parkedUntil = outcome.asked > 0 ? Math.max(state.parkedUntil, until) : state.parkedUntil
  if (request.sentAt > state.refusedAt) return learn(limits, state, request, outcome, parkedUntil, now)

  // It was in progress together with the request that was refused before. Both refusals are one event.
  const { lesson } = state
  return lesson?.isFirst === true
    ? { ...state, parkedUntil, lesson: { ...lesson, hold: shortHold } }
    : { ...state, parkedUntil }
}

const parkResource = (state: State, { resource }: Request, until: number, now: number): State => ({
  ...state,
  parkedResources: new Map([...state.parkedResources].filter(([, until]) => until > now)).set(resource, until)
})

// Whether the resource was refused before, and hardly any other resource since.
const isOwn = ({ answers }: State, { resource }: Request, now: number): boolean => {
  const before = answers.filter((answer) => answer.resource === resource).slice(-3).find(({ isRefused }) => isRefused)
  if (before === undefined || now - before.sentAt > memory) return false
  const others = answers.filter((answer) => answer.sentAt >= before.sentAt && answer.resource !== resource)
  return others.length >= 2 && others.filter(({ isRefused }) => isRefused).length <= others.length / 10
}

const isChance = ({ answers, refusedAt }: State, strikes: number, now: number): boolean => {
  const last = answers.slice(-recent)
  return strikes >= maxStrikes && now - refusedAt < memory && last.length >= recent / 2 &&
    last.filter(({ isRefused }) => isRefused).length < shareOfMany * last.length
}

// Whether the last refusal came although the rate was lower, and all requests sent after the refused one were accepted.
const isStrike = ({ answers, lesson }: State): boolean => {
  if (lesson === undefined || !lesson.isLowered) return false
  const later = answers.filter(({ sentAt }) => sentAt > lesson.refused.sentAt && sentAt <= lesson.at)
  return later.length > 0 && later.every(({ isRefused }) => !isRefused)
}

const learn = (
  { maxConcurrency }: Limits,
  state: State,
  request: Request,
  { asked, status, waiting }: Outcome,
  parkedUntil: number,
  now: number
): State => {
  const { lesson, refusedAt } = state
  const { sentAt } = request
  const rate = rateAt(state, sentAt)
  const passes = state.answers.filter(({ isRefused }) => !isRefused)
  // When nothing is accepted, one request at a time tests whether the server is available again.
  const smallest = passes.some((pass) => pass.sentAt > refusedAt) ? Math.min(initialWindow, maxConcurrency) : 1
  const refused = { ...state, parkedUntil, refusedAt: now, window: Math.max(smallest, state.window / 2) }

  const span = Math.min(Math.max(second, asked), minute)
  const time = rate === undefined || lesson === undefined
    ? span
    : Math.min(span, Math.max(span / 2, sentAt - lesson.from))
  const taken = passes.filter((pass) => pass.sentAt > sentAt - time && pass.sentAt <= sentAt).length / time
  // One refusal of sequential calls teaches nothing yet. A limit would refuse the next calls too.
  const isAlone = state.inProgress.length <= 1 && waiting === 0 && now - refusedAt > 10 * second
  if (status !== 429 || taken === 0 || (isAlone && rate === undefined)) return refused

  const from = Math.max(now, parkedUntil)
  const common = { from, refused: request, at: now, isFirst: rate === undefined, refusedRate: rate ?? taken }
  if (rate === undefined || lesson === undefined) {
    const rate = Math.max(slowest, margin * taken)
    return { ...refused, strikes: 0, lesson: { ...common, rate, hold: 0, isLowered: false } }
  }
  const strikes = state.strikes >= maxStrikes
    ? strikesAfterMany
    : isStrike(state)
    ? state.strikes + 1
    : Math.min(state.strikes, Math.max(0, state.strikes - 1))
  if (isChance(state, strikes, now)) {
    const next = { ...state, refusedAt: now, strikes, lesson: { ...lesson, from: now, hold: 0 } }
    return parkResource(next, request, now + Math.min(asked, maxPark), now)
  }
  // If the rate has grown, the limit is between the two rates.
  const hasGrown = rate > 1.5 * lesson.rate
  return {
    ...refused,
    strikes,
    lesson: {
      ...common,
      rate: Math.max(slowest, margin * taken, hasGrown ? Math.sqrt(rate * lesson.rate) : rate / 2),
      hold: !hasGrown && taken > 0.8 * lesson.rate ? hold : 0,
      isLowered: rate < 0.97 * lesson.refusedRate
    }
  }
}
