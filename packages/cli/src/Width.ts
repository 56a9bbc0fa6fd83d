// The width of text on a terminal.
import * as CliOutput from "effect/cli/CliOutput"

/** The columns of a terminal that a text takes. */
export const widthOf = (text: string): number =>
  // Most text is ASCII, and needs no segmenter.
  /^[ -~]*$/.test(text) ? text.length : CliOutput.displayWidth(text)

/** The longest beginning of a text, or its longest end, that is at most this wide. */
export const cut = (text: string, width: number, side: "start" | "end"): string => {
  const segments = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
  let kept = ""
  let room = width
  while (segments.length > 0) {
    const segment = (side === "start" ? segments.shift() : segments.pop()) ?? ""
    room -= widthOf(segment)
    if (room < 0) break
    kept = side === "start" ? kept + segment : segment + kept
  }
  return kept
}
