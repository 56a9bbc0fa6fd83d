export const total = 100_000

export const pageSize = 1_000

export const path = "/v1/SenderPools/Operations"

export interface Operation {
  readonly id: string
  readonly status: string
  readonly stats: {
    readonly total: number
    readonly queued: number
    readonly created: number
    readonly failed: number
  }
  readonly createdAt: string
  readonly updatedAt: string
}

export interface Page {
  readonly operations: ReadonlyArray<Operation>
  readonly pagination: { readonly next: string | null; readonly self: string }
}
