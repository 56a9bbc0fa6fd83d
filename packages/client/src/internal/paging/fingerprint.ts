// Tells a page that comes again, word for word, without keeping it.

const prime = 16_777_619

const mix = (hash: number, n: number): number => Math.imul(hash ^ n, prime)

const add = (hash: number, part: string | number): number => {
  if (typeof part === "number") return mix(mix(hash, part), part / 0x1_0000_0000)
  let mixed = mix(hash, part.length)
  for (let i = 0; i < part.length; i++) mixed = mix(mixed, part.charCodeAt(i))
  return mixed
}

/** What an item is told by: its id first, then its state. */
export type Parts = readonly [id: string, ...state: ReadonlyArray<string | number>]

/** The first id and the last, the count, and a hash (FNV-1a) over all parts. A page with nothing in it has none. */
export const fingerprint = <A>(items: ReadonlyArray<A>, toParts: (item: A) => Parts): string | undefined => {
  let first: string | undefined
  let last: string | undefined
  let hash = 0x811c_9dc5
  for (const item of items) {
    const parts = toParts(item)
    last = parts[0]
    first ??= last
    for (const part of parts) hash = add(hash, part)
  }
  return first === undefined || last === undefined
    ? undefined
    : `${first} ${last} ${items.length} ${(hash >>> 0).toString(36)}`
}
