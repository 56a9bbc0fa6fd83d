import { type Operation, type Page, pageSize, total } from "./workload.ts"

const statuses = ["PROCESSING", "COMPLETED", "CANCELED"] as const

const epoch = Date.UTC(2024, 3, 5, 6, 20)

const operation = (index: number): Operation => {
  const queued = index % 7
  const failed = index % 3
  const created = index % 877
  return {
    id: `comms_operation_01${index.toString(16).padStart(24, "0")}`,
    status: statuses[index % 3] ?? "PROCESSING",
    stats: { total: queued + failed + created, queued, created, failed },
    createdAt: new Date(epoch + index * 1_000).toISOString(),
    updatedAt: new Date(epoch + index * 1_000 + 61_234).toISOString()
  }
}

const token = (page: number): string => btoa(JSON.stringify({ page }))

export const pages: ReadonlyArray<Page> = Array.from({ length: total / pageSize }, (_, page) => ({
  operations: Array.from({ length: pageSize }, (_, index) => operation(page * pageSize + index)),
  pagination: { next: (page + 1) * pageSize < total ? token(page + 1) : null, self: token(page) }
}))
