// When an account's next request may be sent: a state, an event, and the state after it. All times are milliseconds of
// a clock that only runs forward, and all rates are requests a millisecond.

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
  /** None when the request ended without an answer. */
  readonly status: number | undefined
  /** The wait that the server asked for. */
  readonly asked: number
  /** How many calls wait. */
  readonly waiting: number
}

export type Decision =
  | { readonly _tag: "Send"; readonly state: State }
  | { readonly _tag: "Wait"; readonly for: number; readonly parked?: "account" | "resource" }

interface Answer extends Request {
  readonly isRefused: boolean
}

/** What a refusal taught. */
interface Lesson {
  /** The rate that is sent from `from` on. It is held for a while, and then it grows. */
  readonly rate: number
  readonly from: number
  readonly hold: number
  /** Whether nothing limited the rate before. */
  readonly isFirst: boolean
  /** The refused request, and when its answer came. */
  readonly refused: Request
  readonly at: number
  /** The rate at which it was sent, and whether that was lower than the one of the refusal before. */
  readonly refusedRate: number
  readonly isLowered: boolean
}

export interface State {
  /** When the requests in progress were sent. */
  readonly inProgress: ReadonlyArray<number>
  /** How many requests may be in progress. It begins small, so that the first refusal finds few of them. */
  readonly window: number
  /** The last turn, and how many intervals after it the next one comes. */
  readonly turn: { readonly at: number; readonly spread: number }
  /** When the last requests were sent, as many as the known limit allows. */
  readonly sent: ReadonlyArray<number>
  readonly parkedUntil: number
  /** Until when the requests for a resource wait that is refused on its own. */
  readonly parkedResources: ReadonlyMap<string, number>
  readonly lesson: Lesson | undefined
  /** When the account was last refused. */
  readonly refusedAt: number
  /** How many refusals in a row did not follow the rate. */
  readonly strikes: number
  /** The last answers, in the order in which they came. */
  readonly answers: ReadonlyArray<Answer>
}

const second = 1000
const minute = 60 * second

const initialWindow = 4
const successesPerStep = 4

// What is older than this is forgotten, requests in progress included: their process ended without a word.
const memory = minute
const maxAnswers = 1024

// A refusal that asks for ages must not stop an account until the program ends: it is asked again after a day.
const maxPark = 24 * 60 * minute

// A rate is 5 % less than the server took. When two refusals agree, it is held: a second of cooldown for the next
// refusal then costs little, and a limit that was raised is still found within half a minute. A first refusal that
// several requests share holds it for a shorter time.
const margin = 0.95
const hold = 18 * second
const shortHold = 6 * second
const growthTime = 1.8 * second
// Grown 400 times, a rate limits nothing.
const maxGrowth = 6
// However much is refused, a request is sent every 20 seconds.
const slowest = 1 / (20 * second)

// After two refusals that did not follow the rate, refusals are chance and park only their own resource, unless a
// quarter of the last 32 answers are refusals. Then they were not chance, and it takes more of them to believe that
// again.
const maxStrikes = 2
const recent = 32
const shareOfMany = 0.25
const strikesAfterMany = -3

// A known limit is kept over a little more than its window, since networks do not keep distances exactly.
const windowMargin = 1.05

// Timers wake late. What they lose is made up for, this much at once.
const lateness = 5

// How soon to ask again when another request has to end first, and nothing says when.
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

/** The rate at which requests are sent now, or none when nothing limits it. */
export const rateAt = ({ lesson }: State, now: number): number | undefined => {
  if (lesson === undefined) return undefined
  const age = Math.max(0, now - lesson.from)
  const growth = (1 - margin) * Math.min(age, lesson.hold) / hold + (Math.max(0, age - lesson.hold) / growthTime) ** 2
  return growth > maxGrowth ? undefined : lesson.rate * Math.exp(growth)
}

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

  const inProgress = state.inProgress.filter((sentAt) => now - sentAt < memory)
  if (inProgress.length >= Math.floor(state.window)) return { _tag: "Wait", for: pollInterval }

  const rate = rateAt(state, now)
  const turnAt = rate === undefined ? now : state.turn.at + state.turn.spread / rate
  const oldest = limit === undefined ? undefined : state.sent.at(-limit.requests)
  const limitedUntil = limit === undefined || oldest === undefined ? now : oldest + windowMargin * limit.window
  const at = Math.max(turnAt, limitedUntil)
  // The rate may have grown before a turn that is far off.
  if (at > now) return { _tag: "Wait", for: Math.min(at - now, second) }

  return {
    _tag: "Send",
    state: {
      ...state,
      inProgress: [...inProgress, now],
      // Processes that were refused together do not stay in step.
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

  // It was in progress together with the request that was refused before: the same event, and the surer for it.
  const { lesson } = state
  return lesson?.isFirst === true
    ? { ...state, parkedUntil, lesson: { ...lesson, hold: shortHold } }
    : { ...state, parkedUntil }
}

const parkResource = (state: State, { resource }: Request, until: number, now: number): State => ({
  ...state,
  parkedResources: new Map([...state.parkedResources].filter(([, until]) => until > now)).set(resource, until)
})

// Most of the resource's last requests were refused, and hardly any of the others since.
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

// The rate had been lowered before the last refusal, and still it came, and requests that were sent after it passed.
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
  // When nothing passes, one request at a time asks whether the server is back.
  const smallest = passes.some((pass) => pass.sentAt > refusedAt) ? Math.min(initialWindow, maxConcurrency) : 1
  const refused = { ...state, parkedUntil, refusedAt: now, window: Math.max(smallest, state.window / 2) }

  const span = Math.min(Math.max(second, asked), minute)
  const time = rate === undefined || lesson === undefined
    ? span
    : Math.min(span, Math.max(span / 2, sentAt - lesson.from))
  const taken = passes.filter((pass) => pass.sentAt > sentAt - time && pass.sentAt <= sentAt).length / time
  // Calls that follow one another, and one refusal: a limit would be met again soon, so nothing is known yet.
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
  // A rate that had grown is too high, and the one that it grew from too low: the truth is between them.
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
