import * as Command from "effect/cli/Command"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"

export const doctor = Command.make(
  "doctor",
  { format: Format.flag },
  Handler.lazy(() => import("../run/doctor.ts"))
).pipe(
  Command.withDescription(
    "Say what is configured and from where, whether the API answers and takes the credentials, and how its clock stands"
  ),
  Command.withExamples([{ command: "comms doctor --env-file .env", description: "With the variables of a file" }])
)
