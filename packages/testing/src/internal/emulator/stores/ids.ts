// The ids of a store. Each holds its position in scrambled form.
import { uint32 } from "../../seeded.ts"

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const digits = (value: number, length: number): string =>
  length === 0 ? "" : digits(Math.floor(value / 32), length - 1) + alphabet.charAt(value % 32)

const valueOf = (text: string): number => [...text].reduce((value, digit) => value * 32 + alphabet.indexOf(digit), 0)

// The first second of 2024.
const firstTime = 1_704_067_200_000

/** The ids of one type, such as `operation`. */
export const make = (type: string, seed: number) => {
  const prefix = `comms_${type}_`
  const at = (position: number): string =>
    // Like a ULID, an id begins with a time: 10 digits of time, 6 of position, 10 of chance. The time follows from the
    // position, so that a seed always gives the same ids.
    prefix + digits(firstTime + position * 1000, 10) + digits((position ^ uint32(seed, 1)) & 0x3fffffff, 6) +
    digits(uint32(seed, position, 2), 5) + digits(uint32(seed, position, 3), 5)
  return {
    at,
    /** The position of an id. Any other text has a position too, whose id is another one. */
    positionOf: (id: string): number =>
      ((valueOf(id.slice(prefix.length + 10, prefix.length + 16)) ^ uint32(seed, 1)) & 0x3fffffff) >>> 0
  }
}
