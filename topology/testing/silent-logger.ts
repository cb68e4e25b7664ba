import type { Logger } from '../ports.ts'

/** For tests that provoke warnings, which the system's logger would print. */
export const silentLogger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
