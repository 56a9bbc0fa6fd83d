import { vi } from "vitest"

// Only a test that hangs reaches this limit: it is a hundred times what the slowest test takes.
vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 1_800_000 })
