import { TwilioError } from "@effect-comms/domain/TwilioError"
import * as FaultPlan from "../FaultPlan.ts"

/** The documented error of a status, at a field when it is about one. */
export const twilioError = (
  status: keyof typeof FaultPlan.documentedErrors,
  context: string | null = null,
  message?: string
): TwilioError => {
  const [code, documented] = FaultPlan.documentedErrors[status]
  return new TwilioError({ code, message: message ?? documented, infoUrl: `/docs/api/errors/${code}`, context })
}
