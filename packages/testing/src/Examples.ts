/**
 * The examples that the API's documentation prints, as JSON values.
 *
 * @module
 * @see https://www.twilio.com/docs/comms/api/sender-pools
 * @since 0.1.0
 */

/**
 * The example of fetching an operation.
 *
 * @category examples
 * @since 0.1.0
 */
export const senderPoolOperation = {
  id: "comms_operation_01h9krwprkeee8fzqspvwy6nq8",
  status: "COMPLETED",
  stats: { total: 1, queued: 0, created: 1, failed: 0 },
  createdAt: "2024-04-05T06:20:00Z",
  updatedAt: "2024-04-05T06:20:00Z"
} as const

/**
 * The example of listing operations. Its second operation is COMPLETED with 111 of 888 items queued, and has the same
 * id as the first.
 *
 * @category examples
 * @since 0.1.0
 */
export const senderPoolOperationPage = {
  operations: [
    senderPoolOperation,
    { ...senderPoolOperation, stats: { total: 888, queued: 111, created: 777, failed: 0 } }
  ],
  pagination: {
    next: null,
    self:
      "eyJTSyI6IkEjMDFqbmVoYm5xYWZmNDlrazUxZHA1bmN5bXciLCJTSzEiOiJBI2FjdGl2YXRlZCMyMDI1LTAzLTAzVDE3OjM3OjQ3WiMwMWpuZWhibnFhZmY0OWtrNTFkcDVuY3ltdyIsIlBLIjoiQyNBQzYwMzg4ODJiZDY5ZWIyNGM4YzU4ZGI5NjE4NjE3OTE4I0EifQ=="
  }
} as const

const envelope = <const Code extends number, const Message extends string>(code: Code, message: Message) =>
  ({ errors: [{ code, message, infoUrl: `/docs/api/errors/${code}`, context: "null" }] }) as const

/**
 * The examples of error answers, by status.
 *
 * @category examples
 * @since 0.1.0
 */
export const errors = {
  400: envelope(20404, "Not Found"),
  404: envelope(20404, "The resource was not found."),
  409: envelope(77701, "Account not ready. Please retry according to the Retry-After response header."),
  429: envelope(20429, "Too many requests. Please retry according to the Retry-After response header."),
  500: envelope(20500, "Internal server error."),
  503: envelope(20503, "Service unavailable.")
} as const
