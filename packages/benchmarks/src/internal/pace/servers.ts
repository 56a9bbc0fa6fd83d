// Servers that take a part of the requests. All times are in milliseconds.

/** How a server answers a request that arrives now: 200, or 429 with so many seconds in `Retry-After`. */
export type Server = (request: { readonly at: number; readonly key: number }) => 200 | { readonly retryAfter: number }

export const free: Server = () => 200

/** Refuses the first request. */
export const first = (refusal: { readonly retryAfter: number }): Server => {
  let isFirst = true
  return () => {
    const answer = isFirst ? refusal : 200
    isFirst = false
    return answer
  }
}

const refused = (millis: number) => ({ retryAfter: Math.max(1, Math.ceil(millis / 1000)) })

/** So many requests in a window, which begins with a request, as the emulator counts them. */
export const windowed = (limit: number, window = 1000): Server => {
  let start = -Infinity
  let count = 0
  return ({ at }) => {
    if (at >= start + window) {
      start = at
      count = 0
    }
    if (count >= limit) return refused(start + window - at)
    count++
    return 200
  }
}

/** A bucket that so many tokens a second flow into. */
export const bucket = (perSecond: number, capacity: number): Server => {
  let tokens = capacity
  let last = 0
  return ({ at }) => {
    tokens = Math.min(capacity, tokens + (at - last) * perSecond / 1000)
    last = at
    if (tokens < 1) return refused((1 - tokens) * 1000 / perSecond)
    tokens--
    return 200
  }
}

/** Refuses a share of the requests at random, whatever their number or resource. */
export const noisy = (share: number, seed: number): Server => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = (mixed ^ (mixed >>> 13)) >>> 0
    return mixed / 0x100000000 < share ? { retryAfter: 1 } : 200
  }
}

export const phases = (...list: ReadonlyArray<readonly [until: number, server: Server]>): Server => (request) =>
  (list.find(([until]) => request.at < until)?.[1] ?? free)(request)

export const forKey = (key: number, server: Server, others: Server): Server => (request) =>
  (request.key === key ? server : others)(request)

export const always: Server = () => ({ retryAfter: 1 })

export const inTurn = (): Server => {
  let isRefused = false
  return () => {
    isRefused = !isRefused
    return isRefused ? { retryAfter: 1 } : 200
  }
}
