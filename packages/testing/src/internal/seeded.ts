// Chance by position: the same seed and position give the same number, in any order and on every machine.
//
// Effect's `Random` gives one number after another. A store of a million operations that holds none of them, and a
// fault plan whose answers do not depend on which of two requests came first, need the nth number without the n before.

const mix = (h: number): number => {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A whole number from 0 to 2^32 - 1 for a seed and a path of positions. */
export const uint32 = (seed: number, a: number, b = 0): number =>
  mix(mix(mix((seed | 0) ^ Math.imul(Math.floor(seed / 0x100000000), 0x27d4eb2f)) + a) + Math.imul(b, 0x9e3779b1))

/** A number from 0 up to, and without, 1. */
export const unit = (seed: number, a: number, b = 0): number => uint32(seed, a, b) / 0x100000000
