// Detects a repeated page without storing the page.
import * as DateTime from "effect/DateTime"

const prime = 16_777_619

const mix = (hash: number, n: number): number => Math.imul(hash ^ n, prime)

const add = (hash: number, value: unknown): number => {
  switch (typeof value) {
    case "number":
      return mix(mix(hash, value), value / 0x1_0000_0000)
    case "string": {
      let mixed = mix(hash, value.length)
      for (let i = 0; i < value.length; i++) mixed = mix(mixed, value.charCodeAt(i))
      return mixed
    }
    case "object":
      if (value === null) return mix(hash, -1)
      if (DateTime.isDateTime(value)) return add(hash, value.epochMilliseconds)
      return Object.values(value).reduce<number>(add, hash)
    default:
      return mix(hash, Number(value === true))
  }
}

/** The first and the last id, the count, and an FNV-1a hash of every field; `undefined` for an empty page. */
export const fingerprint = (items: ReadonlyArray<{ readonly id: string }>): string | undefined => {
  const first = items[0]
  const last = items[items.length - 1]
  return first === undefined || last === undefined
    ? undefined
    : `${first.id} ${last.id} ${items.length} ${(items.reduce<number>(add, 0x811c_9dc5) >>> 0).toString(36)}`
}
