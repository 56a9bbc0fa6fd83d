// Pseudo-random numbers by position: a seed and a position always give the same number, on any machine.
//
// Effect's `Random` is sequential. A store that computes its operations, and a fault plan that must not depend on the
// order of concurrent requests, need the nth number without the n before it.

const mix = (h: number): number => {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** An integer from 0 to 2^32 - 1 for a seed and one or two positions. */
export const uint32 = (seed: number, a: number, b = 0): number =>
  mix(mix(mix((seed | 0) ^ Math.imul(Math.floor(seed / 0x100000000), 0x27d4eb2f)) + a) + Math.imul(b, 0x9e3779b1))

/** A number from 0 up to, but not including, 1. */
export const unit = (seed: number, a: number, b = 0): number => uint32(seed, a, b) / 0x100000000

/** A 32-bit hash of a text. */
export const hash = (text: string): number => {
  let value = 0
  for (let i = 0; i < text.length; i++) value = uint32(value, text.charCodeAt(i)) | 0
  return value
}
