/**
 * Makes text from outside safe to print.
 *
 * @module
 * @stability unstable
 * @since 0.1.0
 */

/**
 * Replaces control characters, invisible characters and line breaks by a space. What is left cannot move the cursor,
 * change colours or reverse the direction of writing on the terminal that shows it.
 *
 * @stability unstable
 * @category formatting
 * @since 0.1.0
 */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim()
