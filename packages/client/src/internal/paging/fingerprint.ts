// Detects a repeated page without storing the page. Every page pays for it, so the loops are plain.

const prime = 16_777_619

const mix = (hash: number, n: number): number => Math.imul(hash ^ n, prime)

const addNumber = (hash: number, n: number): number => mix(mix(hash, n), n / 0x1_0000_0000)

// Two characters in each step. The last step spreads the upper half, which multiplication alone does not.
const addText = (hash: number, text: string): number => {
  const { length } = text
  let mixed = mix(hash, length)
  let i = 0
  for (; i + 1 < length; i += 2) mixed = mix(mixed, text.charCodeAt(i) | text.charCodeAt(i + 1) << 16)
  if (i < length) mixed = mix(mixed, text.charCodeAt(i))
  return mixed ^ mixed >>> 15
}

type Fields = { readonly [key: string]: unknown }

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null

const add = (hash: number, value: unknown): number => {
  if (typeof value === "number") return addNumber(hash, value)
  if (typeof value === "string") return addText(hash, value)
  return isFields(value) ? addFields(hash, value) : mix(hash, value === null ? -1 : Number(value === true))
}

const addFields = (hash: number, fields: Fields): number => {
  // The one enumerable field of a date. Its keys are not worth listing.
  const { epochMilliseconds } = fields
  if (typeof epochMilliseconds === "number") return addNumber(hash, epochMilliseconds)
  let mixed = hash
  // `Object.values` and `for in` take twice as long and more.
  for (const key of Object.keys(fields)) mixed = add(mixed, fields[key])
  return mixed
}

/** The first and the last id, the count, and an FNV-1a hash of every field; `undefined` for an empty page. */
export const fingerprint = (items: ReadonlyArray<{ readonly id: string }>): string | undefined => {
  const first = items[0]
  const last = items[items.length - 1]
  if (first === undefined || last === undefined) return undefined
  let hash = 0x811c_9dc5
  for (const item of items) hash = add(hash, item)
  return `${first.id} ${last.id} ${items.length} ${(hash >>> 0).toString(36)}`
}
