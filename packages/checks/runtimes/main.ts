// Runs the program of the input.
import * as Program from "./program.js"
import * as WithPromises from "./promise.js"

export const main = (input: Program.Input): Promise<Program.Output> =>
  input.withPromises ? WithPromises.main(input) : Program.main(input)
