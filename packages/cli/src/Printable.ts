/**
 * Text of others, made fit for a terminal.
 *
 * @since 0.1.0
 */

/**
 * Without what moves the cursor, changes colours or turns the direction of writing.
 *
 * @category formatting
 * @since 0.1.0
 */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim()

const longest = 64

/**
 * The same on the room of a cell: 64 characters at most.
 *
 * @category formatting
 * @since 0.1.0
 */
export const cell = (text: string): string => {
  const clean = printable(text)
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean
}
